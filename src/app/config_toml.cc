// The TOML file. The only file that sees toml++.
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <string>

#include "app/config_sources.h"

namespace valetkey::config {
namespace {

struct Reading {
  const std::string& path;
  RawValues& values;
  Problems& problems;

  std::string place(const toml::node& node) const {
    return path + ":" + std::to_string(node.source().begin.line);
  }
};

const Key* find_key(const std::string& name) {
  for (const Key& key : keys()) {
    if (name == key.name) return &key;
  }
  return nullptr;
}

// "secrets.jwt_file" -> the key secrets.jwt.
const Key* find_key_of_file(const std::string& name) {
  constexpr std::string_view kSuffix = "_file";
  if (name.size() <= kSuffix.size() || name.substr(name.size() - kSuffix.size()) != kSuffix) return nullptr;
  const Key* key = find_key(name.substr(0, name.size() - kSuffix.size()));
  return key && is_secret(*key) ? key : nullptr;
}

// Nothing for what no key takes: a float, a date, an array of other things than texts.
std::optional<RawValue> raw_value(const toml::node& node, std::string place) {
  RawValue out{"", std::move(place)};
  if (auto text = node.value_exact<std::string>()) {
    out.value = *text;
  } else if (auto number = node.value_exact<int64_t>()) {
    out.value = *number;
  } else if (auto flag = node.value_exact<bool>()) {
    out.value = *flag;
  } else if (const toml::array* array = node.as_array()) {
    std::vector<std::string> texts;
    for (const toml::node& element : *array) {
      auto item = element.value_exact<std::string>();
      if (!item) return std::nullopt;
      texts.push_back(*item);
    }
    out.value = std::move(texts);
  } else {
    return std::nullopt;
  }
  return out;
}

void read_leaf(const std::string& name, const toml::node& node, Reading& reading) {
  const Key* key = find_key(name);
  bool is_path = false;
  if (!key) {
    key = find_key_of_file(name);
    is_path = key != nullptr;
  }
  std::string place = reading.place(node);
  if (!key) {
    reading.problems.push_back(place + ": " + name + ": unknown key");
    return;
  }
  auto value = raw_value(node, place);
  if (!value) {
    reading.problems.push_back(place + ": " + name +
                               ": not a text, an integer, true or false, or a list of texts");
    return;
  }
  value->is_path = is_path;
  auto [known, inserted] = reading.values.emplace(key->name, std::move(*value));
  if (!inserted) {
    reading.problems.push_back(place + ": " + key->name + ": given twice, here and at " +
                               known->second.place);
  }
}

bool is_section(const std::string& name) {
  for (const Key& key : keys()) {
    if (std::string_view(key.name).substr(0, name.size() + 1) == name + ".") return true;
  }
  return false;
}

void read_table(const std::string& prefix, const toml::table& table, Reading& reading) {
  for (const auto& [member, node] : table) {
    std::string name = prefix + std::string(member.str());
    const toml::table* inner = node.as_table();
    if (inner && is_section(name)) {
      read_table(name + ".", *inner, reading);
    } else {
      read_leaf(name, node, reading);
    }
  }
}

}  // namespace

RawValues read_toml(const std::string& path, Problems& problems) {
  if (path.empty()) return {};
  auto text = read_small_file(path);
  if (!text.ok()) {
    problems.push_back(text.error().detail);
    return {};
  }
  toml::parse_result parsed = toml::parse(*text);
  if (!parsed) {
    // Only the place and toml++'s sentence: neither quotes a whole value, which could be a secret.
    problems.push_back(path + ":" + std::to_string(parsed.error().source().begin.line) +
                       ": not TOML: " + std::string(parsed.error().description()));
    return {};
  }
  RawValues values;
  Reading reading{path, values, problems};
  read_table("", parsed.table(), reading);
  return values;
}

}  // namespace valetkey::config
