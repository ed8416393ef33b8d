#include "engine/dialects/request_reader.h"

namespace valetkey::dialects {

Failure invalid_request(std::string message, std::string param, std::string code) {
  Failure failure;
  failure.kind = Failure::Kind::invalid_request;
  failure.status = 400;
  failure.type = "invalid_request_error";
  failure.message = std::move(message);
  failure.param = std::move(param);
  failure.code = std::move(code);
  return failure;
}

bool RequestReader::fail(std::string message, std::string param, std::string code) {
  if (!failure_) failure_ = invalid_request(std::move(message), std::move(param), std::move(code));
  return false;
}

bool RequestReader::wrong(const std::string& param, std::string_view expected) {
  return fail(param + " must be " + std::string(expected), param, "invalid_type");
}

bool RequestReader::read(const Json& value, const std::string& param, std::string_view& target) {
  if (!value.exists() || value.is_null()) return ok();
  auto text = value.string();
  if (!text) return wrong(param, "a string");
  target = *text;
  return ok();
}

bool RequestReader::read(const Json& value, const std::string& param, std::optional<bool>& target) {
  if (!value.exists() || value.is_null()) return ok();
  target = value.boolean();
  return target ? ok() : wrong(param, "true or false");
}

bool RequestReader::read_flag(const Json& value, const std::string& param, bool& target) {
  std::optional<bool> flag;
  if (!read(value, param, flag)) return false;
  target = flag.value_or(target);
  return true;
}

bool RequestReader::read_limit(const Json& value, const std::string& param, std::optional<int64_t>& target) {
  if (!value.exists() || value.is_null()) return ok();
  target = value.integer();
  return target && *target > 0 ? ok() : wrong(param, "a positive whole number");
}

bool RequestReader::require(const Json& value, const std::string& param, std::string_view& target) {
  auto text = value.string();
  if (!text) return wrong(param, "a string");
  target = *text;
  return ok();
}

bool RequestReader::require_object(const Json& value, const std::string& param) {
  return value.is_object() ? ok() : wrong(param, "an object");
}

bool RequestReader::require_array(const Json& value, const std::string& param) {
  return value.is_array() ? ok() : wrong(param, "an array");
}

std::string member_param(std::string_view parent, std::string_view name) {
  std::string out(parent);
  if (!out.empty()) out.push_back('.');
  return out.append(name);
}

std::string element_param(std::string_view parent, size_t index) {
  return std::string(parent) + "[" + std::to_string(index) + "]";
}

}  // namespace valetkey::dialects
