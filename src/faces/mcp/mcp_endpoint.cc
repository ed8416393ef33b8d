#include "faces/mcp/mcp_endpoint.h"

#include "domain/authorization/scopes.h"
#include "faces/mcp/access.h"
#include "faces/mcp/methods.h"
#include "faces/mcp/origin.h"
#include "foundation/base/strings.h"

namespace valetkey::faces::mcp {
namespace {

http::Response plain_error(int status, std::string_view error, std::string_view description) {
  return {status,
          {{"content-type", "application/json"}, {"cache-control", "no-store"}},
          error_body(error, description)};
}

std::string_view media_type(std::string_view value) {
  return trim(value.substr(0, value.find(';')));
}

// True when the list names application/json, or a range it is in. An absent header takes everything.
bool takes_json(std::string_view accept) {
  if (trim(accept).empty()) return true;
  while (!accept.empty()) {
    size_t comma = accept.find(',');
    std::string_view type = media_type(accept.substr(0, comma));
    if (iequals(type, "application/json") || type == "*/*" || iequals(type, "application/*")) return true;
    accept.remove_prefix(comma == std::string_view::npos ? accept.size() : comma + 1);
  }
  return false;
}

std::optional<http::Response> check_transport(const Mcp& face, const http::Request& request) {
  const http::Headers& headers = request.headers;
  if (!origin_is_acceptable(headers.get("origin"), headers.get("host"), face.resource)) {
    return plain_error(403, "forbidden_origin", "This page does not belong to this server.");
  }
  return std::nullopt;
}

std::optional<http::Response> check_media_types(const http::Request& request) {
  if (!iequals(media_type(request.headers.get("content-type")), "application/json")) {
    return plain_error(415, "unsupported_media_type", "The body must be application/json.");
  }
  if (!takes_json(request.headers.get("accept"))) {
    return plain_error(406, "not_acceptable", "The Accept header must allow application/json.");
  }
  return std::nullopt;
}

}  // namespace

Task<void> answer_message(const Mcp& face, http::Exchange& exchange) {
  if (auto refused = check_transport(face, exchange.request())) {
    co_await exchange.send(std::move(*refused));
    co_return;
  }
  auto access = co_await read_access(face, exchange);
  auto message = parse_rpc(exchange.request().body);
  if (auto challenged = challenge_before(face, access, std::get_if<RpcMessage>(&message))) {
    co_await exchange.send(std::move(*challenged));
    co_return;
  }
  if (auto refused = check_media_types(exchange.request())) {
    co_await exchange.send(std::move(*refused));
    co_return;
  }
  if (auto* broken = std::get_if<RpcError>(&message)) {
    co_await exchange.send(rpc_error({}, *broken));
    co_return;
  }
  auto* token = std::get_if<authorization::AccessToken>(&access);
  co_await answer_rpc(face, exchange, std::get<RpcMessage>(message), token);
}

Task<void> refuse_method(const Mcp& face, http::Exchange& exchange) {
  if (auto refused = check_transport(face, exchange.request())) {
    co_await exchange.send(std::move(*refused));
    co_return;
  }
  auto access = co_await read_access(face, exchange);
  if (auto challenged = challenge_before(face, access, nullptr)) {
    co_await exchange.send(std::move(*challenged));
    co_return;
  }
  http::Response response =
      plain_error(405, "method_not_allowed", "This server offers no stream and keeps no session.");
  response.headers.add("allow", "POST, OPTIONS");
  co_await exchange.send(std::move(response));
}

Task<void> answer_ping(const Mcp& face, http::Exchange& exchange) {
  auto access = co_await read_access(face, exchange);
  if (std::holds_alternative<Anonymous>(access)) {
    co_await exchange.send(ask_for_token(face, error_body("missing_token")));
    co_return;
  }
  if (auto* refusal = std::get_if<Refusal>(&access)) {
    co_await exchange.send(refuse(face, *refusal, error_body(error_word(*refusal), refusal->description)));
    co_return;
  }
  const auto& token = std::get<authorization::AccessToken>(access);
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("status", "ok").member("user", token.subject).key("scopes").begin_array();
  for (const std::string& scope : token.scopes) json.string(scope);
  json.end_array().member("resource", face.resource).end_object();
  co_await exchange.send(
      {200, {{"content-type", "application/json"}, {"cache-control", "no-store"}}, std::move(body)});
}

}  // namespace valetkey::faces::mcp
