// For the tests of this folder: unsigned tokens, answers, and headers that own their text.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "engine/providers/fetch.h"
#include "foundation/jose/jose.h"

namespace valetkey::providers {

constexpr Millis kNoon = 1'763'640'000'000;  // Thu, 20 Nov 2025 12:00:00 GMT

inline std::string unsigned_jwt(std::string_view payload) {
  return jose::base64url_encode(R"({"alg":"RS256"})") + "." + jose::base64url_encode(payload) +
         ".c2lnbmF0dXJl";
}

inline Reply answer(int status, std::string body, http::HeaderList headers = {}) {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  reply.headers = std::move(headers);
  return reply;
}

}  // namespace valetkey::providers
