// Short names for what a refresh came to. Pure.
#pragma once

#include <string>

#include "domain/vault/vault.h"

namespace valetkey::providers {

inline RefreshReply refresh_outcome(RefreshReply::Kind kind, std::string detail) {
  RefreshReply reply;
  reply.kind = kind;
  reply.detail = std::move(detail);
  return reply;
}

// "status 401 refresh_token_expired", for the log: never a text of the upstream, only its short code.
inline std::string refresh_detail(int status, const std::string& code) {
  return "status " + std::to_string(status) + (code.empty() ? "" : " " + code);
}

}  // namespace valetkey::providers
