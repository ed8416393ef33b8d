#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstring>

#include "foundation/net/stream_native.h"
#include "foundation/net/stream_tls.h"

namespace valetkey::net {
namespace {

constexpr unsigned char kProtocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};  // ALPN, RFC 7301

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned offered_length, void*) {
  unsigned char* match = nullptr;
  int found = SSL_select_next_proto(&match, length, kProtocols, sizeof kProtocols, offered, offered_length);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *chosen = match;
  return SSL_TLSEXT_ERR_OK;
}

// Takes over the session (1) or leaves it (0).
int on_new_session(SSL* ssl, SSL_SESSION* session) {
  auto* stream = static_cast<Stream::Native*>(SSL_get_app_data(ssl));
  if (stream == nullptr || stream->session_key.empty()) return 0;
  stream->tls->native().keep_session(stream->session_key, session);
  return 1;
}

void set_common_options(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
  // Buffers are freed while a connection is idle: they are 34 KB otherwise.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
}

Error setup_error(const std::string& what) {
  return Error{Code::invalid_argument, what + ": " + take_openssl_error(), "tls"};
}

}  // namespace

std::string take_openssl_error() {
  char text[160] = "no detail";
  if (unsigned long code = ERR_peek_last_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

TlsContext::Native::~Native() {
  for (auto& [key, session] : sessions_) SSL_SESSION_free(session);
  SSL_CTX_free(context);
}

void TlsContext::Native::keep_session(const std::string& key, SSL_SESSION* owned) {
  std::lock_guard lock(mutex_);
  auto& slot = sessions_[key];
  if (slot != nullptr) SSL_SESSION_free(slot);
  slot = owned;
  if (sessions_.size() <= kMaxSessions) return;
  auto victim = sessions_.begin();
  if (victim->first == key) ++victim;
  SSL_SESSION_free(victim->second);
  sessions_.erase(victim);
}

// Hands out a copy: a session object is not to be shared by threads that use it.
void TlsContext::Native::offer_session(const std::string& key, SSL* ssl) {
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(key);
  if (found == sessions_.end() || SSL_SESSION_is_resumable(found->second) == 0) return;
  SSL_SESSION* copy = SSL_SESSION_dup(found->second);
  if (copy == nullptr) return;
  SSL_set_session(ssl, copy);
  SSL_SESSION_free(copy);
}

void TlsContext::Native::forget_session(const std::string& key) {
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(key);
  if (found == sessions_.end()) return;
  SSL_SESSION_free(found->second);
  sessions_.erase(found);
}

TlsContext::TlsContext(std::unique_ptr<Native> native) : native_(std::move(native)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::server(const std::string& chain_file,
                                                       const std::string& key_file) {
  auto native = std::make_unique<Native>(SSL_CTX_new(TLS_server_method()), true);
  SSL_CTX* context = native->context;
  if (context == nullptr) return setup_error("context");
  set_common_options(context);
  if (SSL_CTX_use_certificate_chain_file(context, chain_file.c_str()) != 1) return setup_error(chain_file);
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return setup_error(key_file);
  if (SSL_CTX_check_private_key(context) != 1) return setup_error(key_file + " does not fit " + chain_file);
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("valetkey"), 8);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(native)));
}

Result<std::shared_ptr<TlsContext>> TlsContext::client(const std::string& ca_file) {
  auto native = std::make_unique<Native>(SSL_CTX_new(TLS_client_method()), false);
  SSL_CTX* context = native->context;
  if (context == nullptr) return setup_error("context");
  set_common_options(context);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) return setup_error("system roots");
  } else if (SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
    return setup_error(ca_file);
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, on_new_session);
  SSL_CTX_set_alpn_protos(context, kProtocols, sizeof kProtocols);
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(native)));
}

}  // namespace valetkey::net
