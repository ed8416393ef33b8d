// The common half of Provider::classify(): a table of codes per provider, the meaning of a bare status, and
// when the client's SDK should try again (upstreams 6.5). Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/dialects/failure.h"
#include "engine/providers/error_body.h"
#include "foundation/base/clock.h"
#include "foundation/base/result.h"

namespace valetkey::providers {

// What a code in an upstream's error means.
struct CodeRule {
  std::string_view code;  // the whole code, or what stands before ':'
  Failure::Kind kind;
  int status = 0;                  // the client's; 0: the upstream's, or the kind's own after a 200
  std::string_view sentence = {};  // ours, in place of the upstream's; empty: the upstream's
};

// Matches the code first, then (when there is no code, or none that is known) the type.
const CodeRule* find_rule(std::span<const CodeRule> rules, const ErrorBody& body);

struct Refusal {
  std::string_view provider;  // display name
  int status = 0;
  const ErrorBody& body;
  std::optional<Millis> wait;  // from headers or body
};

Failure failure_by_rule(const CodeRule& rule, const Refusal& refusal);
Failure failure_by_status(const Refusal& refusal);

// The upstream could not be asked at all (transport); `error` of our own client.
Failure failure_of_transport(std::string_view provider, const Error& error);

// "Sign in again": the upstream refuses the credential.
Failure sign_in_again(std::string_view provider);

// Fills type and should_retry from what is set. A long or unknown wait for quota must not be retried: node's
// SDK would come back at once when Retry-After passes 60 s.
void settle(Failure& failure);

constexpr Millis kLongestSdkWait = 60 * kSecond;

}  // namespace valetkey::providers
