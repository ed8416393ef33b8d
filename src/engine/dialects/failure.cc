#include "engine/dialects/failure.h"

#include <algorithm>

#include "foundation/base/json.h"
#include "foundation/base/strings.h"

namespace valetkey {
namespace {

void text_or_null(JsonWriter& json, std::string_view name, const std::string& text) {
  json.key(name);
  if (text.empty()) {
    json.null();
  } else {
    json.string(text);
  }
}

}  // namespace

std::string error_envelope(const Failure& failure) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("error").begin_object();
  // A message may quote an upstream, and JSON is UTF-8 or nothing.
  bool readable = is_valid_utf8(failure.message);
  json.member("message",
              readable ? std::string_view(failure.message) : "the provider's message is not readable text");
  json.member("type",
              failure.type.empty() ? std::string_view("provider_error") : std::string_view(failure.type));
  text_or_null(json, "param", failure.param);
  text_or_null(json, "code", failure.code);
  json.end_object().end_object();
  return out;
}

http::Response error_response(const Failure& failure) {
  http::Response response;
  response.status = failure.status;
  response.headers.add("Content-Type", "application/json");
  if (failure.retry_after) {
    Millis wait = std::max<Millis>(*failure.retry_after, 0);
    response.headers.add("Retry-After", std::to_string((wait + kSecond - 1) / kSecond));
    response.headers.add("retry-after-ms", std::to_string(wait));
  }
  if (failure.should_retry) response.headers.add("x-should-retry", *failure.should_retry ? "true" : "false");
  response.body = error_envelope(failure);
  return response;
}

}  // namespace valetkey
