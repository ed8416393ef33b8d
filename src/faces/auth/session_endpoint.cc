#include "faces/auth/session_endpoint.h"

#include "foundation/base/json.h"

namespace valetkey::faces {
namespace {

Result<SessionPass> pass_of_request(const Auth& face, const http::Request& request) {
  VK_TRY(SessionPass pass, verify_session_pass(face.ring, bearer_token(request.headers.get("authorization")),
                                               face.clock.now_seconds()));
  if (!pass.credential.app.empty()) return Error{Code::unauthorized, "pass of an app", "auth"};
  return pass;
}

// A failing store must not look like a bad pass: clients drop the pass on 401.
http::Response refusal(const Error& error) {
  if (error.code == Code::unauthorized) return auth_error(401, "unauthorized");
  return auth_error(503, "The server cannot check the session right now.");
}

}  // namespace

Task<void> revoke_session(const Auth& face, http::Exchange& exchange) {
  auto pass = pass_of_request(face, exchange.request());
  if (!pass.ok()) {
    co_await exchange.send(refusal(pass.error()));
    co_return;
  }
  auto ended = co_await face.vault.end(std::move(pass->credential));
  co_await exchange.send(ended.ok() ? http::Response{204, {}, ""} : refusal(ended.error()));
}

Task<void> whoami(const Auth& face, http::Exchange& exchange) {
  auto pass = pass_of_request(face, exchange.request());
  if (!pass.ok()) {
    co_await exchange.send(refusal(pass.error()));
    co_return;
  }
  auto opened = co_await face.vault.open(pass->credential);
  if (!opened.ok()) {
    co_await exchange.send(refusal(opened.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("user").begin_object().member("id", opened->user.value);
  json.member("provider", std::string(to_string(opened->provider))).end_object();
  json.key("session").begin_object().key("expires");
  if (pass->expires_at == 0) {
    json.null();
  } else {
    json.integer(pass->expires_at);
  }
  json.end_object().end_object();
  co_await exchange.send(
      {200, {{"content-type", "application/json"}, {"cache-control", "no-store"}}, std::move(body)});
}

}  // namespace valetkey::faces
