// What both request decoders need: type checks that name the place, and the parameters that both dialects
// share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/dialects/neutral.h"

namespace valetkey::dialects {

// Remembers the first thing that was wrong; every check after that says false.
class RequestReader {
 public:
  bool ok() const { return !failure_; }
  std::optional<Failure> take_failure() { return std::move(failure_); }

  bool fail(std::string message, std::string param, std::string code = "invalid_value");
  // "<param> must be <expected>"; always false.
  bool wrong(const std::string& param, std::string_view expected);

  // Absent and null pass and leave `target` alone.
  bool read(const Json& value, const std::string& param, std::string_view& target);
  bool read(const Json& value, const std::string& param, std::optional<bool>& target);
  bool read_flag(const Json& value, const std::string& param, bool& target);
  // A positive whole number.
  bool read_limit(const Json& value, const std::string& param, std::optional<int64_t>& target);
  bool require(const Json& value, const std::string& param, std::string_view& target);
  bool require_object(const Json& value, const std::string& param);
  bool require_array(const Json& value, const std::string& param);

 private:
  std::optional<Failure> failure_;
};

std::string member_param(std::string_view parent, std::string_view name);
std::string element_param(std::string_view parent, size_t index);

}  // namespace valetkey::dialects
