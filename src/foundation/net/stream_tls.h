// Private to the stream: what a TlsContext holds. Locks around the kept sessions; the rest is read-only once
// built.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "foundation/net/stream.h"

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

namespace valetkey::net {

struct TlsContext::Native {
  static constexpr size_t kMaxSessions = 256;

  Native(ssl_ctx_st* owned, bool is_server) : context(owned), server(is_server) {}
  ~Native();
  Native(const Native&) = delete;
  Native& operator=(const Native&) = delete;

  // Client side: the newest session per host:port.
  void keep_session(const std::string& key, ssl_session_st* owned);
  void offer_session(const std::string& key, ssl_st* ssl);
  void forget_session(const std::string& key);

  ssl_ctx_st* context;
  const bool server;

 private:
  std::mutex mutex_;
  std::map<std::string, ssl_session_st*> sessions_;
};

// The last OpenSSL error of this thread as text, and the queue emptied.
std::string take_openssl_error();

}  // namespace valetkey::net
