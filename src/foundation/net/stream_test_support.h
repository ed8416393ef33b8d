// For tests of everything that speaks over a Stream: a worker to run a coroutine on, a loopback listener,
// certificates.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "foundation/net/stream.h"
#include "foundation/net/stream_native.h"
#include "foundation/net/worker.h"

namespace valetkey::net::testing {

inline Task<void> run_then_stop(std::function<Task<void>(Worker&)>& body, Worker& worker) {
  co_await body(worker);
  worker.stop();
}

inline Task<void> fail_after(Worker& worker, Millis limit) {
  co_await sleep_for(limit);
  ADD_FAILURE() << "the test did not end within " << limit << " ms";
  worker.stop();
}

// Runs the coroutine on a worker of its own, in this thread, until it ends.
inline void run_task(std::function<Task<void>(Worker&)> body, Millis limit = 20 * kSecond) {
  Worker worker(0);
  worker.spawn(run_then_stop(body, worker));
  worker.spawn(fail_after(worker, limit));
  worker.run();
}

class Listener {
 public:
  explicit Listener(Worker& worker)
      : acceptor_(worker.executor(), asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
  unsigned short port() const { return acceptor_.local_endpoint().port(); }
  Task<Stream> accept() {
    auto stream = co_await try_accept();
    EXPECT_TRUE(stream.ok());
    co_return std::move(*stream);
  }
  // An error once the listener is closed or gone.
  Task<Result<Stream>> try_accept() {
    auto [failure, socket] =
        co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable_t<Executor>()));
    if (failure) co_return Error{Code::cancelled, failure.message(), "accept"};
    co_return stream_from_socket(std::move(socket));
  }
  void close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor_;
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "valetkey-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct Certificate {
  std::string chain_file;
  std::string key_file;
};

// Self-signed, P-256. `names` e.g. "DNS:localhost,IP:127.0.0.1"; valid from a day ago until `seconds_left`
// from now.
inline Certificate make_certificate(const TemporaryFolder& folder, const std::string& label,
                                    const char* names, long seconds_left = 3600) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), static_cast<long>(steady_micros()));
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), seconds_left);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(label.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(certificate, key, EVP_sha256());
  Certificate files{folder.file(label + ".crt"), folder.file(label + ".key")};
  std::FILE* out = std::fopen(files.chain_file.c_str(), "w");
  PEM_write_X509(out, certificate);
  std::fclose(out);
  out = std::fopen(files.key_file.c_str(), "w");
  PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(out);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

}  // namespace valetkey::net::testing
