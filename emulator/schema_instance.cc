#include "schema_instance.h"

#include <algorithm>
#include <cmath>

#include "foundation/base/strings.h"

namespace valetkey::emulator {
namespace {

constexpr int kMaxDepth = 12;   // of references and nesting; beyond it optional parts are left out
constexpr int kHardDepth = 64;  // a schema that cannot be satisfied in finite size
constexpr int64_t kMaxItems = 16;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool mentions(const std::string& prompt, std::string_view word) {
  return word.size() > 1 && contains(to_lower(prompt), to_lower(word));
}

class InstanceMaker {
 public:
  InstanceMaker(const Json& root, const Hints& hints, std::string& out)
      : root_(root), hints_(hints), json_(out) {}

  void make(const Json& given, std::string_view name, int depth) {
    if (depth > kHardDepth) return void(json_.null());
    const Json schema = resolve(given);
    if (schema["const"].exists()) return void(json_.value(schema["const"]));
    if (schema["enum"].is_array()) return make_enum(schema["enum"]);
    for (const char* union_key : {"anyOf", "oneOf"}) {
      if (schema[union_key].size() > 0) return make(pick_branch(schema[union_key], depth), name, depth + 1);
    }
    if (schema["allOf"].size() > 0 && !schema["properties"].exists()) return make_object(schema, depth);
    make_type(type_of(schema, depth), schema, name, depth);
  }

 private:
  // Follows "#/a/b" references within the root schema.
  Json resolve(Json schema) const {
    for (int hops = 0; hops < kMaxDepth && schema["$ref"].is_string(); ++hops) {
      const std::string_view pointer = schema["$ref"].string_or("");
      if (!pointer.starts_with("#")) return {};
      Json target = root_;
      std::string_view rest = pointer.substr(1);
      while (rest.starts_with('/')) {
        rest.remove_prefix(1);
        const size_t end = std::min(rest.find('/'), rest.size());
        target = target[rest.substr(0, end)];
        rest.remove_prefix(end);
      }
      schema = target;
    }
    return schema;
  }

  std::string_view type_of(const Json& schema, int depth) const {
    const Json type = schema["type"];
    if (auto name = type.string()) return *name;
    std::string_view picked;
    type.each_element([&](const Json& one) {
      const std::string_view name = one.string_or("");
      if (picked.empty() || picked == "null") picked = name;
      if (depth >= kMaxDepth && name == "null") picked = name;
    });
    if (!picked.empty()) return picked;
    if (schema["properties"].exists()) return "object";
    if (schema["items"].exists()) return "array";
    return "string";
  }

  Json pick_branch(const Json& branches, int depth) const {
    Json picked;
    branches.each_element([&](const Json& branch) {
      const Json resolved = resolve(branch);
      const bool is_null = resolved["type"].string_or("") == "null";
      if (depth >= kMaxDepth ? is_null : !is_null) {
        picked = branch;
        return false;
      }
      return true;
    });
    return picked.exists() ? picked : branches.at(0);
  }

  void make_enum(const Json& values) {
    Json picked = values.at(0);
    values.each_element([&](const Json& value) {
      if (!value.is_string() || !mentions(hints_.prompt, value.string_or(""))) return true;
      picked = value;
      return false;
    });
    json_.value(picked);
  }

  void make_type(std::string_view type, const Json& schema, std::string_view name, int depth) {
    if (type == "object") {
      make_object(schema, depth);
    } else if (type == "array") {
      make_array(schema, name, depth);
    } else if (type == "integer" || type == "number") {
      make_number(schema, type == "integer");
    } else if (type == "boolean") {
      json_.boolean(true);
    } else if (type == "null") {
      json_.null();
    } else {
      json_.string(make_string(schema, name));
    }
  }

  void make_object(const Json& schema, int depth) {
    json_.begin_object();
    std::vector<std::string> written;
    write_properties(schema, depth, written);
    schema["allOf"].each_element([&](const Json& part) { write_properties(resolve(part), depth, written); });
    json_.end_object();
  }

  void write_properties(const Json& schema, int depth, std::vector<std::string>& written) {
    schema["properties"].each_member([&](std::string_view name, const Json& property) {
      if (std::find(written.begin(), written.end(), name) != written.end()) return;
      bool required = false;
      schema["required"].each_element(
          [&](const Json& entry) { required = required || entry.string_or("") == name; });
      if (!required) return;
      written.emplace_back(name);
      json_.key(name);
      make(property, name, depth + 1);
    });
  }

  void make_array(const Json& schema, std::string_view name, int depth) {
    int64_t count = std::max<int64_t>(schema["minItems"].integer().value_or(0), depth >= kMaxDepth ? 0 : 1);
    count = std::min({count, schema["maxItems"].integer().value_or(kMaxItems), kMaxItems});
    if (is_command(name) && resolve(schema["items"])["type"].string_or("") == "string" &&
        !hints_.command.empty()) {
      json_.begin_array().string("bash").string("-lc").string(hints_.command).end_array();
      return;
    }
    json_.begin_array();
    for (int64_t i = 0; i < count; ++i) {
      ordinal_ = i;
      make(schema["items"], name, depth + 1);
    }
    ordinal_ = 0;
    json_.end_array();
  }

  void make_number(const Json& schema, bool whole) {
    double value = number_in_prompt();
    const double step = schema["multipleOf"].number().value_or(0);
    if (auto low = schema["minimum"].number()) value = std::max(value, *low);
    if (auto low = schema["exclusiveMinimum"].number(); low && value <= *low)
      value = *low + (step > 0 ? step : 1);
    if (auto high = schema["maximum"].number()) value = std::min(value, *high);
    if (auto high = schema["exclusiveMaximum"].number(); high && value >= *high)
      value = *high - (whole ? 1 : 0.5);
    if (whole) value = std::floor(value);
    if (step > 0) value = std::ceil(value / step) * step;
    if (whole || value == std::floor(value)) {
      json_.integer(static_cast<int64_t>(value));
    } else {
      json_.number(value);
    }
  }

  double number_in_prompt() const {
    const size_t start = hints_.prompt.find_first_of("0123456789");
    if (start == std::string::npos) return 1;
    const size_t end = std::min(hints_.prompt.find_first_not_of("0123456789", start), hints_.prompt.size());
    return static_cast<double>(
        parse_decimal(hints_.prompt.substr(start, std::min<size_t>(end - start, 9))).value_or(1));
  }

  static bool is_command(std::string_view name) {
    return name == "command" || name == "cmd" || name == "script";
  }

  std::string make_string(const Json& schema, std::string_view name) const {
    std::string text = plain_string(schema, name);
    const auto longest = schema["maxLength"].integer();
    if (longest && static_cast<int64_t>(text.size()) > *longest) text.resize(static_cast<size_t>(*longest));
    const auto shortest = static_cast<size_t>(schema["minLength"].integer().value_or(0));
    if (text.size() < shortest) text.append(shortest - text.size(), 'x');
    return text;
  }

  std::string plain_string(const Json& schema, std::string_view name) const {
    const std::string_view format = schema["format"].string_or("");
    if (format == "date-time") return "2026-11-20T12:00:00Z";
    if (format == "date") return "2026-11-20";
    if (format == "time") return "12:00:00Z";
    if (format == "duration") return "PT1H";
    if (format == "email") return "ada@example.test";
    if (format == "uuid") return "0b6a5c1e-7d2f-4c3a-8e9b-1f2d3c4b5a69";
    if (format == "uri" || format == "url") return "https://example.test/";
    if (format == "hostname") return "example.test";
    if (format == "ipv4") return "192.0.2.1";
    if (format == "ipv6") return "2001:db8::1";
    if (is_command(name) && !hints_.command.empty()) return hints_.command;
    const size_t pick = static_cast<size_t>(ordinal_);
    if (pick < hints_.subjects.size()) return hints_.subjects[pick];
    const std::string base = name.empty() ? std::string("value") : std::string(name);
    return ordinal_ == 0 ? base : base + " " + std::to_string(ordinal_ + 1);
  }

  Json root_;
  const Hints& hints_;
  JsonWriter json_;
  int64_t ordinal_ = 0;  // within an array, so that its items differ
};

}  // namespace

std::string make_instance(const Json& schema, const Hints& hints) {
  if (!schema.exists() || schema.is_null() || schema.size() == 0) return "{}";
  std::string out;
  InstanceMaker(schema, hints, out).make(schema, {}, 0);
  return out;
}

}  // namespace valetkey::emulator
