// STARTTLS: the certificate is verified, and only then is a password or a mail said.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <csignal>

#include "foundation/mail/mailer.h"
#include "foundation/mail/smtp_server_test_support.h"
#include "foundation/net/stream_test_support.h"

namespace valetkey::mail {
namespace {

class TlsWire final : public Wire {
 public:
  explicit TlsWire(SSL* tls) : tls_(tls) {}
  ~TlsWire() override { SSL_free(tls_); }
  ssize_t read(char* data, size_t size) override { return SSL_read(tls_, data, static_cast<int>(size)); }
  void write(const std::string& bytes) override {
    SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
  }

 private:
  SSL* tls_;
};

class MailerTlsTest : public testing::Test {
 protected:
  MailerTlsTest() { std::signal(SIGPIPE, SIG_IGN); }
  ~MailerTlsTest() override { SSL_CTX_free(context_); }

  // What a server with this certificate offers.
  Secure with(const net::testing::Certificate& certificate) {
    SSL_CTX_use_certificate_chain_file(context_, certificate.chain_file.c_str());
    SSL_CTX_use_PrivateKey_file(context_, certificate.key_file.c_str(), SSL_FILETYPE_PEM);
    return [this](int socket) -> std::unique_ptr<Wire> {
      SSL* tls = SSL_new(context_);
      SSL_set_fd(tls, socket);
      if (SSL_accept(tls) == 1) return std::make_unique<TlsWire>(tls);
      SSL_free(tls);
      return nullptr;
    };
  }
  static MailerOptions options_for(const ScriptedSmtpServer& server, const std::string& ca_file) {
    MailerOptions options;
    options.smtp_url = server.url();
    options.from = "no-reply@example.com";
    options.user = "operator";
    options.password = Secret(std::string("PLANTED"));
    options.ca_file = ca_file;
    options.first_pause = 20;
    return options;
  }
  static Message some_mail() { return {"ada@example.com", "Welcome", Secret(std::string("text"))}; }

  net::testing::TemporaryFolder folder_;
  SSL_CTX* context_ = SSL_CTX_new(TLS_server_method());
};

TEST_F(MailerTlsTest, AMailGoesThroughAVerifiedConnection) {
  const auto certificate = net::testing::make_certificate(folder_, "good", "IP:127.0.0.1");
  ScriptedSmtpServer server(with(certificate));
  auto mailer = make_smtp_mailer(options_for(server, certificate.chain_file));
  ASSERT_TRUE(mailer->send(some_mail()).ok());
  EXPECT_EQ(server.wait_for_mails(1).size(), 1u) << server.said();
  EXPECT_NE(server.said().find("AUTH PLAIN"), std::string::npos);
}

TEST_F(MailerTlsTest, NothingIsSaidToAServerThatIsSomebodyElse) {
  const auto other = net::testing::make_certificate(folder_, "other", "IP:127.0.0.1");
  for (const auto& certificate : {net::testing::make_certificate(folder_, "unknown", "IP:127.0.0.1"),
                                  net::testing::make_certificate(folder_, "elsewhere", "DNS:mail.example"),
                                  net::testing::make_certificate(folder_, "expired", "IP:127.0.0.1", -60)}) {
    const bool is_trusted = certificate.chain_file.find("unknown") == std::string::npos;
    ScriptedSmtpServer server(with(certificate));
    auto mailer = make_smtp_mailer(options_for(server, (is_trusted ? certificate : other).chain_file));
    ASSERT_TRUE(mailer->send(some_mail()).ok());
    while (server.connections() < 2) std::this_thread::yield();
    mailer.reset();
    EXPECT_EQ(server.said().find("AUTH"), std::string::npos) << certificate.chain_file;
    EXPECT_EQ(server.said().find("MAIL"), std::string::npos) << certificate.chain_file;
    EXPECT_NE(server.said().find("STARTTLS"), std::string::npos) << certificate.chain_file;
  }
}

}  // namespace
}  // namespace valetkey::mail
