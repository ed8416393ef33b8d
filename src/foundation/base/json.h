// JSON in two halves. Reading: JsonDocument owns a parsed text, Json is a cheap view into it. Writing:
// JsonWriter appends to a string, so an answer is built once and in order. simdjson is hidden behind this
// header.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "foundation/base/result.h"

namespace valetkey {

enum class JsonType { null, boolean, integer, number, string, array, object };

// A view of one value; valid while its JsonDocument lives. A default-constructed Json is "absent": every
// question about it answers no, so chains such as doc["a"]["b"].string() need no checks in between.
class Json {
 public:
  Json() = default;

  bool exists() const { return present_; }
  explicit operator bool() const { return present_; }
  JsonType type() const;  // null when absent
  bool is_null() const { return present_ && type() == JsonType::null; }
  bool is_string() const { return present_ && type() == JsonType::string; }
  bool is_object() const { return present_ && type() == JsonType::object; }
  bool is_array() const { return present_ && type() == JsonType::array; }
  bool is_number() const { return present_ && (type() == JsonType::integer || type() == JsonType::number); }
  bool is_boolean() const { return present_ && type() == JsonType::boolean; }

  // Nothing when absent or of another type. integer() also takes 3.0.
  std::optional<std::string_view> string() const;
  std::optional<int64_t> integer() const;
  std::optional<double> number() const;
  std::optional<bool> boolean() const;
  std::string_view string_or(std::string_view fallback) const { return string().value_or(fallback); }

  // Object member (the first of that name) or array element; absent when there is none.
  Json operator[](std::string_view key) const;
  Json at(size_t index) const;
  size_t size() const;  // elements or members; 0 for anything else

  // In document order. The callback may return void, or bool: false stops.
  template <class F>
  void each_element(F&& visit) const;
  template <class F>
  void each_member(F&& visit) const;

 private:
  friend class JsonDocument;
  friend struct JsonCursor;
  const void* document_ = nullptr;
  size_t index_ = 0;
  bool present_ = false;
};

// Limits of parse(): 64 MiB of text, 256 levels. The document's memory is recycled per thread.
class JsonDocument {
 public:
  JsonDocument();
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;

  // Copies the text. Code::invalid_argument when it is not one JSON value in valid UTF-8.
  static Result<JsonDocument> parse(std::string_view text);
  Json root() const;
  Json operator[](std::string_view key) const { return root()[key]; }

 private:
  struct Parsed;
  std::unique_ptr<Parsed> parsed_;
};

// Iteration underneath each_element and each_member.
struct JsonCursor {
  explicit JsonCursor(const Json& container, JsonType expected);
  bool next();  // moves to the next element or member
  std::string_view key;
  Json value;

 private:
  const void* document_ = nullptr;
  size_t position_ = 0;
  size_t end_ = 0;
  bool keyed_ = false;
};

namespace json_detail {
template <class F, class... A>
bool keep_going(F& visit, const A&... arguments) {
  if constexpr (std::is_same_v<std::invoke_result_t<F&, const A&...>, bool>) {
    return visit(arguments...);
  } else {
    visit(arguments...);
    return true;
  }
}
}  // namespace json_detail

template <class F>
void Json::each_element(F&& visit) const {
  for (JsonCursor cursor(*this, JsonType::array); cursor.next();) {
    if (!json_detail::keep_going(visit, cursor.value)) return;
  }
}

template <class F>
void Json::each_member(F&& visit) const {
  for (JsonCursor cursor(*this, JsonType::object); cursor.next();) {
    if (!json_detail::keep_going(visit, cursor.key, cursor.value)) return;
  }
}

// Appends JSON to `out`; commas are its own business. Does not check nesting: begin/end pairs are the
// caller's.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& string(std::string_view text);  // invalid UTF-8 is copied as it is; check the source
  JsonWriter& integer(int64_t value);
  JsonWriter& number(double value);  // shortest form that reads back the same; NaN and infinity become null
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& value(const Json& value);    // deep copy; absent becomes null
  JsonWriter& raw(std::string_view json);  // already JSON

  // key + value in one call.
  JsonWriter& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  JsonWriter& member(std::string_view name, const char* text) { return key(name).string(text); }
  JsonWriter& member(std::string_view name, const std::string& text) { return key(name).string(text); }
  JsonWriter& member(std::string_view name, bool flag) { return key(name).boolean(flag); }
  JsonWriter& member(std::string_view name, double amount) { return key(name).number(amount); }
  JsonWriter& member(std::string_view name, const Json& copied) { return key(name).value(copied); }
  template <class I>
    requires(std::is_integral_v<I> && !std::is_same_v<I, bool>)
  JsonWriter& member(std::string_view name, I amount) {
    return key(name).integer(static_cast<int64_t>(amount));
  }

 private:
  void separate();
  std::string& out_;
  bool comma_ = false;
};

// The first byte of `text` at or after `from` that JSON wants escaped (a quote, a backslash, a control);
// text.size() when there is none.
size_t find_json_special(std::string_view text, size_t from);
// The text between the quotes, escaped; appended.
void append_json_escaped(std::string& out, std::string_view text);
std::string to_json(const Json& value);

}  // namespace valetkey
