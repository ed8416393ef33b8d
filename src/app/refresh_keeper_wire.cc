#include "app/refresh_keeper_wire.h"

#include "foundation/base/json.h"
#include "foundation/jose/jose.h"

namespace valetkey {
namespace {

std::string_view name_of(std::optional<Code> failure) {
  if (!failure) return "renewed";
  if (*failure == Code::unauthorized) return "dead";
  return *failure == Code::unavailable ? "not now" : "store failed";
}

}  // namespace

std::string encode(const KeeperRequest& request) {
  std::string out;
  JsonWriter(out)
      .begin_object()
      .member("number", request.number)
      .member("rid", request.key.id.value)
      .member("k", jose::base64url_encode(request.key.key.reveal()))
      .member("prov", std::string(to_string(request.key.provider)))
      .member("app", request.key.app)
      .member("version", request.spent_version)
      .end_object();
  return out;
}

std::string encode(const KeeperReply& reply) {
  std::string out;
  JsonWriter(out)
      .begin_object()
      .member("number", reply.number)
      .member("outcome", std::string(name_of(reply.failure)))
      .end_object();
  return out;
}

std::optional<KeeperRequest> decode_keeper_request(std::string_view packet) {
  auto document = JsonDocument::parse(packet);
  if (!document.ok()) return std::nullopt;
  KeeperRequest request;
  auto provider = parse_provider((*document)["prov"].string_or(""));
  auto key = jose::base64url_decode((*document)["k"].string_or(""));
  auto number = (*document)["number"].integer();
  auto version = (*document)["version"].integer();
  if (!provider || !key || !number || !version) return std::nullopt;
  request.number = *number;
  request.spent_version = *version;
  request.key.id = CredentialId(std::string((*document)["rid"].string_or("")));
  request.key.key = Secret(std::move(*key));
  request.key.provider = *provider;
  request.key.app = std::string((*document)["app"].string_or(""));
  return request;
}

std::optional<KeeperReply> decode_keeper_reply(std::string_view packet) {
  auto document = JsonDocument::parse(packet);
  if (!document.ok()) return std::nullopt;
  auto number = (*document)["number"].integer();
  if (!number) return std::nullopt;
  auto outcome = (*document)["outcome"].string_or("");
  KeeperReply reply{*number, std::nullopt};
  if (outcome == "dead") reply.failure = Code::unauthorized;
  if (outcome == "not now") reply.failure = Code::unavailable;
  if (outcome == "store failed") reply.failure = Code::store;
  return reply;
}

}  // namespace valetkey
