// Where values come from: the TOML file, the .env file, the process environment. Each source becomes
// RawValues; what the values mean is config_values.h's business.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "app/config_keys.h"

namespace valetkey::config {

using Problems = std::vector<std::string>;

struct RawValue {
  // The environment only has text; TOML has types, which must then fit.
  std::variant<std::string, int64_t, bool, std::vector<std::string>> value;
  std::string place;       // "valetkey.toml:12", "AUTH_AI_PORT", ".env:3 AUTH_AI_PORT"
  bool is_path = false;    // of a file that holds the value
  bool from_text = false;  // the environment: numbers, booleans and lists are spelt out
};
using RawValues = std::map<std::string, RawValue>;  // by key

// A named file that cannot be read is a problem; so are unknown keys, and a value beside its *_file.
RawValues read_toml(const std::string& path, Problems& problems);
// No such file: no values.
RawValues read_env_file(const std::string& path, Problems& problems);
RawValues read_environment(const Environment& environment, Problems& problems);

// The whole file without trailing white space; at most 1 MiB.
Result<std::string> read_small_file(const std::string& path);

}  // namespace valetkey::config
