#include "refusal.h"

#include "foundation/base/json.h"

namespace valetkey::emulator {
namespace {

void write_or_null(JsonWriter& json, std::string_view name, std::string_view value) {
  json.key(name);
  value.empty() ? json.null() : json.string(value);
}

}  // namespace

Refusal detail_refusal(int status, std::string_view detail) {
  Refusal refusal{status, {}};
  JsonWriter(refusal.body).begin_object().member("detail", detail).end_object();
  return refusal;
}

Refusal envelope_refusal(int status, std::string_view message, std::string_view type, std::string_view param,
                         std::string_view code) {
  Refusal refusal{status, {}};
  JsonWriter json(refusal.body);
  json.begin_object().key("error").begin_object().member("message", message).member("type", type);
  write_or_null(json, "param", param);
  write_or_null(json, "code", code);
  json.end_object().end_object();
  return refusal;
}

Refusal flat_refusal(int status, std::string_view code, std::string_view error) {
  Refusal refusal{status, {}};
  JsonWriter(refusal.body).begin_object().member("code", code).member("error", error).end_object();
  return refusal;
}

Refusal oauth_refusal(int status, std::string_view error, std::string_view description) {
  Refusal refusal{status, {}};
  JsonWriter(refusal.body)
      .begin_object()
      .member("error", error)
      .member("error_description", description)
      .end_object();
  return refusal;
}

}  // namespace valetkey::emulator
