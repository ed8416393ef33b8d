#include "engine/providers/xai/discovery.h"

#include <utility>

#include "engine/providers/identity.h"
#include "engine/providers/trusted_host.h"

namespace valetkey::providers::xai {

std::optional<Endpoints> read_discovery(std::string_view body, const XaiOptions& options) {
  auto document = JsonDocument::parse(body);
  if (!document.ok()) return std::nullopt;
  Json root = document->root();
  auto device = trusted_endpoint(root["device_authorization_endpoint"].string_or(""), options.issuer,
                                 options.trusted_hosts);
  auto token = trusted_endpoint(root["token_endpoint"].string_or(""), options.issuer, options.trusted_hosts);
  if (!device || !token) return std::nullopt;
  return Endpoints{std::move(*device), std::move(*token)};
}

Task<Result<Endpoints>> Discovery::find() {
  {
    std::lock_guard lock(mutex_);
    if (known_ && clock_.now() - found_ < kFresh) co_return *known_;
  }
  http::ClientRequest request;
  CO_TRY(request.url, http::parse_url(http::join_url(options_.issuer, ".well-known/openid-configuration")));
  request.headers = {{"accept", "application/json"}, {"user-agent", std::string(kUserAgent)}};
  CO_TRY(Reply reply, co_await fetch(clients_.here(), std::move(request)));
  if (!reply.ok()) co_return Error{Code::upstream, "status " + std::to_string(reply.status), "xai.discovery"};
  auto endpoints = read_discovery(reply.body, options_);
  if (!endpoints) co_return Error{Code::upstream, "endpoints missing or not trusted", "xai.discovery"};
  std::lock_guard lock(mutex_);
  known_ = endpoints;
  found_ = clock_.now();
  co_return std::move(*endpoints);
}

void Discovery::forget() {
  std::lock_guard lock(mutex_);
  known_.reset();
}

}  // namespace valetkey::providers::xai
