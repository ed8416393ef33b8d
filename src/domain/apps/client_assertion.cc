#include "domain/apps/client_assertion.h"

#include <algorithm>

#include "foundation/jose/jose.h"

namespace valetkey::apps {
namespace {

Error bad(const char* why) {
  return Error{Code::unauthorized, why, "client_assertion"};
}

// Not an access token, an ID-JAG or a proof of possession that somebody once signed for another purpose.
bool is_assertion_type(std::string_view typ) {
  return typ.empty() || typ == "jwt" || typ == "client-authentication+jwt";
}

// One of ours, or a list of nothing else: one that names another server too could be replayed there or come
// from there.
bool is_for_us(const Json& audience, const std::vector<std::string>& audiences) {
  auto is_ours = [&audiences](const Json& name) {
    return name.is_string() &&
           std::find(audiences.begin(), audiences.end(), *name.string()) != audiences.end();
  };
  if (audience.is_string()) return is_ours(audience);
  bool all_ours = audience.is_array() && audience.size() > 0;
  audience.each_element([&](const Json& name) { all_ours = all_ours && is_ours(name); });
  return all_ours;
}

// NumericDate (RFC 7519 section 2) in milliseconds; fractions are cut off.
std::optional<Millis> time_of(const Json& claim) {
  constexpr double kFarFuture = 1e11;
  auto seconds = claim.is_number() ? claim.number() : std::nullopt;
  if (!seconds || !(*seconds >= 0 && *seconds <= kFarFuture)) return std::nullopt;
  return static_cast<Millis>(*seconds) * kSecond;
}

}  // namespace

Result<ClaimedAssertion> read_claimed_assertion(const Secret& assertion) {
  if (assertion.size() > kMaxAssertion) return Error{Code::invalid_argument, "too long", "client_assertion"};
  VK_TRY(jose::JwsHeader header, jose::read_jws_header(assertion.reveal()));
  if (!is_assertion_type(header.typ)) return Error{Code::invalid_argument, "another typ", "client_assertion"};
  auto claims = jose::read_unverified(assertion.reveal());
  if (!claims) return Error{Code::invalid_argument, "no claims", "client_assertion"};
  ClaimedAssertion claimed;
  claimed.client_id = (*claims)["sub"].string_or("");
  claimed.key_id = header.key_id;
  claimed.algorithm = header.algorithm;
  bool same = !claimed.client_id.empty() && (*claims)["iss"].string_or("") == claimed.client_id;
  if (!same) return Error{Code::invalid_argument, "iss is not sub", "client_assertion"};
  return claimed;
}

Result<ProvedAssertion> judge_assertion(const Json& claims, const std::string& client_id,
                                        const std::vector<std::string>& audiences, Millis now) {
  if (claims["iss"].string_or("") != client_id || claims["sub"].string_or("") != client_id) {
    return bad("iss and sub must be the client");
  }
  if (!is_for_us(claims["aud"], audiences)) return bad("aud is not us");
  auto expires = time_of(claims["exp"]);
  if (!expires) return bad("no exp");
  if (*expires + kAssertionSkew <= now) return bad("expired");
  if (*expires > now + kMaxAssertionLife + kAssertionSkew) return bad("exp too far ahead");
  for (const char* word : {"nbf", "iat"}) {
    if (!claims[word].exists()) continue;
    auto from = time_of(claims[word]);
    if (!from || *from > now + kAssertionSkew) return bad("not valid yet");
  }
  std::string_view id = claims["jti"].string_or("");
  if (id.empty() || id.size() > kMaxAssertionId) return bad("no jti");
  return ProvedAssertion{std::string(id), *expires + kAssertionSkew};
}

}  // namespace valetkey::apps
