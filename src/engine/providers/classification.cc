#include "engine/providers/classification.h"

#include <algorithm>

namespace valetkey::providers {
namespace {

using Kind = Failure::Kind;

bool names(const CodeRule& rule, std::string_view code) {
  return code == rule.code ||
         (code.size() > rule.code.size() && code.starts_with(rule.code) && code[rule.code.size()] == ':');
}

const CodeRule* find_code(std::span<const CodeRule> rules, std::string_view code) {
  if (code.empty()) return nullptr;
  auto found =
      std::find_if(rules.begin(), rules.end(), [&](const CodeRule& rule) { return names(rule, code); });
  return found == rules.end() ? nullptr : &*found;
}

// What a kind is on the wire when the upstream gave no fitting status of its own (a failure inside a 200).
int default_status(Kind kind) {
  switch (kind) {
    case Kind::invalid_request:
    case Kind::policy:
      return 400;
    case Kind::reauthenticate:
      return 401;
    case Kind::forbidden:
      return 403;
    case Kind::not_found:
      return 404;
    case Kind::quota:
    case Kind::rate_limit:
      return 429;
    case Kind::upstream:
    case Kind::disconnected:
      return 502;
    case Kind::overloaded:
      return 503;
    case Kind::timeout:
      return 504;
  }
  return 502;
}

std::string_view default_type(Kind kind) {
  switch (kind) {
    case Kind::invalid_request:
    case Kind::not_found:
    case Kind::policy:
      return "invalid_request_error";
    case Kind::reauthenticate:
      return "authentication_error";
    case Kind::forbidden:
      return "permission_error";
    case Kind::quota:
    case Kind::rate_limit:
      return "rate_limit_error";
    case Kind::overloaded:
    case Kind::upstream:
    case Kind::timeout:
    case Kind::disconnected:
      return "provider_error";
  }
  return "provider_error";
}

Kind kind_of_status(int status) {
  switch (status) {
    case 401:
      return Kind::reauthenticate;
    case 402:
      return Kind::quota;
    case 403:
      return Kind::forbidden;
    case 404:
    case 410:
      return Kind::not_found;
    case 408:
    case 504:
    case 524:
      return Kind::timeout;
    case 429:
      return Kind::rate_limit;
    case 503:
    case 529:
      return Kind::overloaded;
    default:
      return status >= 400 && status < 500 ? Kind::invalid_request : Kind::upstream;
  }
}

// What the client gets. Statuses outside RFC 9110 become the nearest of it; the rest stays true.
int wire_status(int status) {
  switch (status) {
    case 408:
    case 524:
      return 504;
    case 529:
      return 503;
    default:
      break;
  }
  if (status < 400 || status > 599) return 502;
  return status >= 505 ? 502 : status;
}

std::string default_message(std::string_view provider, int status) {
  return std::string(provider) + " returned " + std::to_string(status);
}

std::string web_page_message(std::string_view provider, int status) {
  return std::string(provider) + " answered with a web page in place of data (status " +
         std::to_string(status) + ").";
}

bool retried_by_status(int status) {
  return status == 408 || status == 409 || status == 429 || status >= 500;
}

}  // namespace

const CodeRule* find_rule(std::span<const CodeRule> rules, const ErrorBody& body) {
  const CodeRule* rule = find_code(rules, body.code);
  return rule != nullptr ? rule : find_code(rules, body.type);
}

Failure failure_by_rule(const CodeRule& rule, const Refusal& refusal) {
  Failure failure;
  failure.kind = rule.kind;
  bool true_status = rule.status == 0 && refusal.status >= 400;
  failure.status = true_status        ? wire_status(refusal.status)
                   : rule.status != 0 ? rule.status
                                      : default_status(rule.kind);
  if (rule.kind == Kind::upstream && failure.status < 500) failure.status = 502;
  failure.message = rule.sentence.empty() ? refusal.body.message : std::string(rule.sentence);
  if (failure.message.empty()) failure.message = default_message(refusal.provider, refusal.status);
  failure.type = refusal.body.type;
  failure.code = refusal.body.code.empty() ? std::string(rule.code) : refusal.body.code;
  failure.param = refusal.body.param;
  failure.retry_after = refusal.wait;
  if (rule.kind == Kind::reauthenticate) failure = sign_in_again(refusal.provider);
  settle(failure);
  return failure;
}

Failure failure_by_status(const Refusal& refusal) {
  if (refusal.status == 401) return sign_in_again(refusal.provider);
  Failure failure;
  failure.kind = kind_of_status(refusal.status);
  failure.status = wire_status(refusal.status);
  if (refusal.body.html && failure.kind == Kind::forbidden) {
    // A bot check in front of the provider stopped the server, not the person.
    failure.kind = Kind::upstream;
    failure.status = 502;
    failure.code = "upstream_blocked";
    failure.message =
        std::string(refusal.provider) +
        " blocked this server's network address. Whoever runs the server can change its way out.";
    failure.should_retry = false;
  } else if (refusal.body.html) {
    failure.message = web_page_message(refusal.provider, refusal.status);
  } else {
    failure.message = refusal.body.message;
  }
  if (failure.message.empty()) failure.message = default_message(refusal.provider, refusal.status);
  if (failure.type.empty()) failure.type = refusal.body.type;
  if (failure.code.empty()) failure.code = refusal.body.code;
  failure.param = refusal.body.param;
  failure.retry_after = refusal.wait;
  settle(failure);
  return failure;
}

Failure failure_of_transport(std::string_view provider, const Error& error) {
  Failure failure;
  bool late = error.code == Code::timeout;
  failure.kind = late ? Kind::timeout : Kind::upstream;
  failure.status = late ? 504 : 502;
  failure.code = late ? "upstream_timeout" : "upstream_unreachable";
  failure.message =
      std::string(provider) + (late ? " did not answer in time." : " cannot be reached right now.");
  settle(failure);
  return failure;
}

Failure sign_in_again(std::string_view provider) {
  Failure failure;
  failure.kind = Kind::reauthenticate;
  failure.status = 401;
  failure.code = "sign_in_again";
  failure.message = std::string(provider) + " no longer accepts this sign-in. Please sign in again.";
  settle(failure);
  return failure;
}

void settle(Failure& failure) {
  if (failure.type.empty()) failure.type = default_type(failure.kind);
  if (failure.should_retry || !retried_by_status(failure.status)) return;
  bool too_long = failure.retry_after && *failure.retry_after > kLongestSdkWait;
  switch (failure.kind) {
    case Kind::quota:
      if (too_long || !failure.retry_after) failure.should_retry = false;
      break;
    case Kind::invalid_request:
    case Kind::reauthenticate:
    case Kind::forbidden:
    case Kind::not_found:
    case Kind::policy:
      failure.should_retry = false;
      break;
    case Kind::rate_limit:
    case Kind::overloaded:
    case Kind::upstream:
    case Kind::timeout:
    case Kind::disconnected:
      if (too_long) failure.should_retry = false;
      break;
  }
}

}  // namespace valetkey::providers
