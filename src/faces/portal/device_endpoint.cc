#include "faces/portal/device_endpoint.h"

#include "domain/authorization/device_codes.h"

namespace valetkey::faces {
namespace {

http::Response failure(const Error& error) {
  if (error.code == Code::not_found) return portal_error(404, "unknown_code", error.detail);
  if (error.code == Code::rate_limited) {
    return portal_error(429, "too_many_attempts", "Too many wrong codes. Try again in an hour.",
                        authorization::kGuessWindow);
  }
  return portal_failure(error);
}

}  // namespace

Task<void> find_device_request(const PortalGrants& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  std::string typed(call->body["user_code"].string_or(""));
  auto asked =
      co_await authorization::ask_device(face.authority, std::move(typed), std::move(*call->session));
  if (!asked.ok()) {
    co_await exchange.send(failure(asked.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("request", asked->request);
  write_question(json, asked->question);
  json.end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> decide_device_request(const PortalGrants& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  auto decision = read_decision(call->body);
  if (!decision) {
    co_await exchange.send(portal_error(400, "invalid_request",
                                        "The decision must be approve or deny, scopes a list of names."));
    co_return;
  }
  exchange.note("decision", decision->approve ? "approve" : "deny");
  std::string request(exchange.parameter("request"));
  auto decided = co_await authorization::decide_device(face.authority, std::move(request),
                                                       std::move(*call->session), std::move(*decision));
  co_await exchange.send(decided.ok() ? portal_json(200, "{}") : failure(decided.error()));
}

}  // namespace valetkey::faces
