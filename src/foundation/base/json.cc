#include "foundation/base/json.h"

#include <simdjson.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "foundation/base/secret.h"

namespace valetkey {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kMaxText = 64u << 20;
constexpr size_t kMaxDepth = 256;
constexpr size_t kRecycledParsers = 16;  // per thread
constexpr size_t kRecycledCapacity =
    64 << 10;  // a parser that grew beyond this is not kept: it takes 15 times that

// The tape of simdjson's DOM: one 64-bit word a value, type in the top byte, payload below.
// Layout: doc/tape.md of simdjson; checked against version 3 by json_test.
constexpr uint64_t kPayload = 0x00ffffffffffffffull;

const dom::document& doc_of(const void* document) {
  return *static_cast<const dom::document*>(document);
}
char tag_at(const void* document, size_t index) {
  return static_cast<char>(doc_of(document).tape[index] >> 56);
}
uint64_t payload_at(const void* document, size_t index) {
  return doc_of(document).tape[index] & kPayload;
}
std::string_view string_at(const void* document, size_t index) {
  const uint8_t* bytes = doc_of(document).string_buf.get() + payload_at(document, index);
  uint32_t length = 0;
  std::memcpy(&length, bytes, sizeof length);
  return {reinterpret_cast<const char*>(bytes + sizeof length), length};
}
size_t after(const void* document, size_t index) {
  switch (tag_at(document, index)) {
    case '{':
    case '[':
      return static_cast<size_t>(payload_at(document, index) & 0xffffffffu);
    case 'l':
    case 'u':
    case 'd':
      return index + 2;
    default:
      return index + 1;
  }
}

}  // namespace

struct JsonDocument::Parsed {
  dom::parser parser{kMaxText};
  std::vector<char> text;
  size_t used = 0;  // of text, and so much of the parser's buffers as that makes

  // simdjson gives its string buffer five bytes for every three of the text: the length that stands before a
  // string, and its end.
  void wipe() {
    wipe_bytes(text.data(), used);
    if (auto* strings = parser.doc.string_buf.get())
      wipe_bytes(strings, used * 5 / 3 + simdjson::SIMDJSON_PADDING);
    used = 0;
  }
};

namespace {
template <class P>
std::vector<std::unique_ptr<P>>& freelist() {
  static thread_local std::vector<std::unique_ptr<P>> list;
  return list;
}
}  // namespace

JsonDocument::JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&& other) noexcept {
  std::swap(parsed_, other.parsed_);
  return *this;
}

JsonDocument::~JsonDocument() {
  if (!parsed_) return;
  parsed_->wipe();
  auto& list = freelist<Parsed>();
  if (parsed_->text.capacity() <= kRecycledCapacity && list.size() < kRecycledParsers) {
    list.push_back(std::move(parsed_));
  }
}

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  if (text.size() > kMaxText) return Error{Code::too_large, "JSON text over 64 MiB", "json"};
  JsonDocument out;
  auto& list = freelist<Parsed>();
  if (list.empty()) {
    out.parsed_ = std::make_unique<Parsed>();
  } else {
    out.parsed_ = std::move(list.back());
    list.pop_back();
  }
  auto& buffer = out.parsed_->text;
  if (buffer.size() < text.size() + simdjson::SIMDJSON_PADDING) {
    buffer.resize(text.size() + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(buffer.data(), text.data(), text.size());
  out.parsed_->used = text.size();
  std::memset(buffer.data() + text.size(), 0, simdjson::SIMDJSON_PADDING);
  auto& parser = out.parsed_->parser;
  if (parser.max_depth() != kMaxDepth || parser.capacity() < text.size()) {
    size_t capacity = std::max<size_t>(text.size(), 1024);
    if (auto failure = parser.allocate(capacity, kMaxDepth)) {
      return Error{Code::internal, simdjson::error_message(failure), "json"};
    }
  }
  auto parsed = parser.parse(buffer.data(), text.size(), false);
  if (parsed.error()) return Error{Code::invalid_argument, simdjson::error_message(parsed.error()), "json"};
  return out;
}

Json JsonDocument::root() const {
  Json view;
  if (!parsed_) return view;
  view.document_ = &parsed_->parser.doc;
  view.index_ = 1;  // tape[0] is the root marker
  view.present_ = true;
  return view;
}

JsonType Json::type() const {
  if (!present_) return JsonType::null;
  switch (tag_at(document_, index_)) {
    case '{':
      return JsonType::object;
    case '[':
      return JsonType::array;
    case '"':
      return JsonType::string;
    case 'l':
    case 'u':
      return JsonType::integer;
    case 'd':
      return JsonType::number;
    case 't':
    case 'f':
      return JsonType::boolean;
    default:
      return JsonType::null;
  }
}

std::optional<std::string_view> Json::string() const {
  if (!is_string()) return std::nullopt;
  return string_at(document_, index_);
}

std::optional<int64_t> Json::integer() const {
  if (!present_) return std::nullopt;
  char tag = tag_at(document_, index_);
  if (tag == 'l') return static_cast<int64_t>(doc_of(document_).tape[index_ + 1]);
  if (tag == 'u') return std::nullopt;  // above INT64_MAX
  if (tag == 'd') {
    double value = *number();
    if (std::nearbyint(value) == value && std::fabs(value) < 9e15) return static_cast<int64_t>(value);
  }
  return std::nullopt;
}

std::optional<double> Json::number() const {
  if (!present_) return std::nullopt;
  uint64_t word = 0;
  char tag = tag_at(document_, index_);
  if (tag == 'd' || tag == 'l' || tag == 'u') word = doc_of(document_).tape[index_ + 1];
  if (tag == 'l') return static_cast<double>(static_cast<int64_t>(word));
  if (tag == 'u') return static_cast<double>(word);
  if (tag != 'd') return std::nullopt;
  double value = 0;
  std::memcpy(&value, &word, sizeof value);
  return value;
}

std::optional<bool> Json::boolean() const {
  if (!is_boolean()) return std::nullopt;
  return tag_at(document_, index_) == 't';
}

Json Json::operator[](std::string_view key) const {
  for (JsonCursor cursor(*this, JsonType::object); cursor.next();) {
    if (cursor.key == key) return cursor.value;
  }
  return {};
}

Json Json::at(size_t index) const {
  for (JsonCursor cursor(*this, JsonType::array); cursor.next();) {
    if (index-- == 0) return cursor.value;
  }
  return {};
}

size_t Json::size() const {
  size_t count = 0;
  JsonType kind = type();
  if (kind != JsonType::array && kind != JsonType::object) return 0;
  for (JsonCursor cursor(*this, kind); cursor.next();) ++count;
  return count;
}

JsonCursor::JsonCursor(const Json& container, JsonType expected) {
  if (!container.present_ || container.type() != expected) return;
  document_ = container.document_;
  position_ = container.index_ + 1;
  end_ = after(document_, container.index_) - 1;  // the closing bracket's word
  keyed_ = expected == JsonType::object;
}

bool JsonCursor::next() {
  if (position_ >= end_) return false;
  if (keyed_) key = string_at(document_, position_++);
  value.document_ = document_;
  value.index_ = position_;
  value.present_ = true;
  position_ = after(document_, position_);
  return true;
}

}  // namespace valetkey
