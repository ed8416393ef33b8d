#include "app/config_sources.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "foundation/base/strings.h"

namespace valetkey::config {
namespace {

constexpr size_t kMaxFile = 1u << 20;

struct Variable {
  std::string value, place;
};
using Variables = std::map<std::string, Variable>;

bool has_prefix(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool is_known(const std::string& name) {
  for (const Key& key : keys()) {
    std::string own = environment_name(key.name);
    if (name == own || name == key.alias) return true;
    if (is_secret(key) && (name == own + "_FILE" || name == std::string(key.alias) + "_FILE")) return true;
  }
  return false;
}

// Other VALETKEY_ variables may belong to tools around us; below one of our sections it is a typing error.
bool looks_like_ours(const std::string& name) {
  static constexpr std::array<std::string_view, 6> kSections = {"VALETKEY_SERVER_",   "VALETKEY_STORE_",
                                                                "VALETKEY_SECRETS_",  "VALETKEY_PROVIDERS_",
                                                                "VALETKEY_UPSTREAM_", "VALETKEY_LOG_"};
  for (std::string_view section : kSections) {
    if (has_prefix(name, section)) return true;
  }
  return false;
}

// Of several names for one key our own long one wins, unless it is empty: an empty variable counts as not
// set.
std::optional<RawValue> find_variable(const Variables& variables, const Key& key, Problems& problems) {
  std::vector<std::pair<std::string, bool>> names = {{environment_name(key.name), false}, {key.alias, false}};
  if (is_secret(key)) {
    names.push_back({environment_name(key.name) + "_FILE", true});
    if (*key.alias) names.push_back({std::string(key.alias) + "_FILE", true});
  }
  std::optional<RawValue> found;
  for (const auto& [name, is_path] : names) {
    auto variable = variables.find(name);
    if (variable == variables.end() || variable->second.value.empty()) continue;
    if (!found) {
      found = RawValue{variable->second.value, variable->second.place, is_path, true};
    } else if (is_path && !found->is_path) {
      problems.push_back(variable->second.place + ": " + key.name + ": given twice, here and as " +
                         found->place);
    }
  }
  return found;
}

RawValues select_known(const Variables& variables, Problems& problems) {
  RawValues out;
  for (const Key& key : keys()) {
    if (auto found = find_variable(variables, key, problems)) out[key.name] = std::move(*found);
  }
  for (const auto& [name, variable] : variables) {
    if (looks_like_ours(name) && !is_known(name)) problems.push_back(variable.place + ": unknown key");
  }
  return out;
}

std::optional<std::string> unescape(std::string_view quoted) {
  std::string out;
  for (size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] != '\\') {
      out.push_back(quoted[i]);
    } else {
      if (++i == quoted.size()) return std::nullopt;
      out.push_back(quoted[i] == 'n' ? '\n' : quoted[i]);
    }
  }
  return out;
}

size_t closing_quote(std::string_view text, char quote) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      return i;
    }
  }
  return std::string_view::npos;
}

// The right side of an .env line: bare up to " #", or in single or double quotes. Nothing when it is
// malformed.
std::optional<std::string> env_value(std::string_view text) {
  text = trim(text);
  if (text.empty() || text[0] == '#') return "";
  if (text[0] != '"' && text[0] != '\'') return std::string(trim(text.substr(0, text.find(" #"))));
  size_t end = closing_quote(text, text[0]);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view rest = trim(text.substr(end + 1));
  if (!rest.empty() && rest[0] != '#') return std::nullopt;
  std::string_view inside = text.substr(1, end - 1);
  return text[0] == '"' ? unescape(inside) : std::string(inside);
}

void read_env_line(std::string_view line, const std::string& place, Variables& variables,
                   Problems& problems) {
  line = trim(line);
  if (line.empty() || line[0] == '#') return;
  if (has_prefix(line, "export ")) line = trim(line.substr(7));
  size_t equals = line.find('=');
  std::string name(trim(line.substr(0, equals)));
  if (equals == std::string_view::npos || name.empty() || name.find_first_of(" \t\"'") != std::string::npos) {
    problems.push_back(place + ": not of the form NAME=value");
    return;
  }
  auto value = env_value(line.substr(equals + 1));
  if (!value) {
    problems.push_back(place + ": " + name + ": the quotes do not match");
    return;
  }
  variables[name] = Variable{std::move(*value), place + " " + name};
}

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

Result<std::string> read_small_file(const std::string& path) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  auto failed = [&path](const char* why) {
    return Error{Code::invalid_argument, "cannot read " + path + ": " + why, "config"};
  };
  if (file.fd < 0) return failed(strerror(errno));
  std::string out;
  std::array<char, 4096> buffer;
  for (;;) {
    ssize_t got = ::read(file.fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(strerror(errno));
    if (got == 0) break;
    out.append(buffer.data(), static_cast<size_t>(got));
    if (out.size() > kMaxFile) return failed("it is larger than 1 MiB");
  }
  out.erase(out.find_last_not_of(" \t\r\n") + 1);
  return out;
}

RawValues read_env_file(const std::string& path, Problems& problems) {
  if (path.empty() || access(path.c_str(), F_OK) != 0) return {};
  auto text = read_small_file(path);
  if (!text.ok()) {
    problems.push_back(text.error().detail);
    return {};
  }
  Variables variables;
  int number = 0;
  for (size_t start = 0; start <= text->size();) {
    size_t end = std::min(text->find('\n', start), text->size());
    std::string place = path + ":" + std::to_string(++number);
    read_env_line(std::string_view(*text).substr(start, end - start), place, variables, problems);
    start = end + 1;
  }
  return select_known(variables, problems);
}

RawValues read_environment(const Environment& environment, Problems& problems) {
  Variables variables;
  for (const auto& [name, value] : environment) variables[name] = Variable{value, name};
  return select_known(variables, problems);
}

}  // namespace valetkey::config
