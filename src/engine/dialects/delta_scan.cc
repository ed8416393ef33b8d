#include "engine/dialects/delta_scan.h"

#include <charconv>
#include <cstring>

#include "engine/dialects/escaped_text.h"

namespace valetkey::dialects {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Walks the members of one object. Values are views of raw JSON; nested ones are skipped by their brackets
// only.
class MemberWalk {
 public:
  explicit MemberWalk(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {
    skip_space();
    if (at_ < end_ && *at_ == '{') {
      ++at_;
      state_ = State::first;
    }
  }

  bool next() {
    skip_space();
    if (state_ == State::broken || state_ == State::closed || at_ >= end_) return stop();
    if (*at_ == '}') return state_ == State::first || state_ == State::after_value ? close() : stop();
    if (state_ == State::after_value) {
      if (*at_ != ',') return stop();
      ++at_;
      skip_space();
    }
    if (!take_string(key)) return stop();
    skip_space();
    if (at_ >= end_ || *at_ != ':') return stop();
    ++at_;
    skip_space();
    if (!take_value()) return stop();
    state_ = State::after_value;
    return true;
  }
  bool closed() const { return state_ == State::closed; }

  std::string_view key;    // without quotes
  std::string_view value;  // strings without quotes
  bool value_is_string = false;

 private:
  enum class State { broken, first, after_value, closed };

  bool stop() {
    if (state_ != State::closed) state_ = State::broken;
    return false;
  }
  bool close() {
    ++at_;
    skip_space();
    state_ = at_ == end_ ? State::closed : State::broken;
    return false;
  }
  void skip_space() {
    while (at_ < end_ && is_space(*at_)) ++at_;
  }
  bool take_string(std::string_view& content) {
    if (at_ >= end_ || *at_ != '"') return false;
    const char* begin = ++at_;
    for (const char* quote = begin;; ++quote) {
      quote = static_cast<const char*>(std::memchr(quote, '"', static_cast<size_t>(end_ - quote)));
      if (!quote) return false;
      const char* backslashes = quote;
      while (backslashes > begin && backslashes[-1] == '\\') --backslashes;
      if ((quote - backslashes) % 2 != 0) continue;
      content = {begin, static_cast<size_t>(quote - begin)};
      at_ = quote + 1;
      return true;
    }
  }
  bool take_value() {
    if (at_ >= end_) return false;
    value_is_string = *at_ == '"';
    if (value_is_string) return take_string(value);
    const char* begin = at_;
    if (*at_ == '{' || *at_ == '[') {
      if (!skip_nested()) return false;
    } else {
      while (at_ < end_ && *at_ != ',' && *at_ != '}' && !is_space(*at_)) ++at_;
    }
    value = {begin, static_cast<size_t>(at_ - begin)};
    return !value.empty();
  }
  bool skip_nested() {
    int depth = 0;
    while (at_ < end_) {
      char c = *at_;
      if (c == '"') {
        std::string_view ignored;
        if (!take_string(ignored)) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
  }

  const char* at_;
  const char* end_;
  State state_ = State::broken;
};

bool take_index(const MemberWalk& member, int64_t& out) {
  auto end = member.value.data() + member.value.size();
  auto parsed = std::from_chars(member.value.data(), end, out);
  return !member.value_is_string && parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace

namespace {

enum class Wanted { place, place_and_delta };

bool walk(std::string_view data, Wanted wanted, DeltaScan& out) {
  MemberWalk member(data);
  while (member.next()) {
    std::string_view key = member.key;
    switch (key.size()) {
      case 5:
        if (key != "delta" || wanted == Wanted::place || out.has_delta) break;
        if (!member.value_is_string || !is_escaped_text(member.value)) return false;
        out.delta = member.value;
        out.has_delta = true;
        break;
      case 11:
        out.obfuscated = out.obfuscated || key == "obfuscation";
        break;
      case 12:
        if (key == "output_index" && !take_index(member, out.output_index)) return false;
        break;
      case 13:
        if (key == "content_index" && !take_index(member, out.content_index)) return false;
        if (key == "summary_index" && !take_index(member, out.summary_index)) return false;
        break;
      default:
        break;
    }
  }
  return member.closed();
}

}  // namespace

bool scan_delta(std::string_view data, DeltaScan& out) {
  return walk(data, Wanted::place_and_delta, out) && out.has_delta;
}

bool scan_place(std::string_view data, DeltaScan& out) {
  return walk(data, Wanted::place, out);
}

namespace {

struct Shape {
  std::string_view before_number, after_number, after_text;
};

// The bytes at the start of `text` that have the shape; 0: they have not. `delta` is what stands between.
size_t match(std::string_view text, const Shape& shape, std::string_view& delta) {
  if (!text.starts_with(shape.before_number)) return 0;
  size_t number = shape.before_number.size(), at = number;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  if (at == number || !text.substr(at).starts_with(shape.after_number)) return 0;
  size_t begin = at + shape.after_number.size();
  size_t end = text.find('"', begin);
  // An escaped quote makes the rest unequal, so it needs no thought here.
  if (end == std::string_view::npos || !text.substr(end).starts_with(shape.after_text)) return 0;
  delta = text.substr(begin, end - begin);
  if (text[end - 1] == '\\' || !is_escaped_text(delta)) return 0;
  return end + shape.after_text.size();
}

constexpr std::string_view kEventEnd = "\n\n";

}  // namespace

size_t DeltaScanner::scan_repeated(std::string_view stream, DeltaScan& out) const {
  std::string_view delta;
  size_t size = known_ ? match(stream, {before_number_, after_number_, after_text_}, delta) : 0;
  if (size == 0) return 0;
  out = shape_;
  out.delta = delta;
  return size;
}

void DeltaScanner::learn(std::string_view name, std::string_view data, const DeltaScan& scan) {
  constexpr std::string_view kNumber = "\"sequence_number\":";
  auto text = static_cast<size_t>(scan.delta.data() - data.data());
  size_t number = data.substr(0, text).find(kNumber);
  known_ = number != std::string_view::npos && data.find('\n') == std::string_view::npos;
  if (!known_) return;
  number += kNumber.size();
  size_t after = number;
  while (data[after] >= '0' && data[after] <= '9') ++after;
  name_.assign(name);
  before_number_.clear();
  if (!name.empty()) before_number_.append("event: ").append(name).append("\n");
  before_number_.append("data: ");
  frame_size_ = before_number_.size();
  before_number_.append(data.substr(0, number));
  after_number_.assign(data.substr(after, text - after));
  after_text_.assign(data.substr(text + scan.delta.size())).append(kEventEnd);
  shape_ = scan;
}

bool DeltaScanner::scan(std::string_view name, std::string_view data, DeltaScan& out) {
  if (known_ && name == name_) {
    std::string_view before(before_number_), after(after_text_), delta;
    before.remove_prefix(frame_size_);
    after.remove_suffix(kEventEnd.size());
    if (match(data, {before, after_number_, after}, delta) == data.size()) {
      out = shape_;
      out.delta = delta;
      return true;
    }
  }
  if (!scan_delta(data, out)) return false;
  learn(name, data, out);
  return true;
}

std::string_view peek_type(std::string_view data) {
  constexpr std::string_view kUsual = "{\"type\":\"";
  if (data.starts_with(kUsual)) {
    auto end = data.find('"', kUsual.size());
    return end == std::string_view::npos ? std::string_view()
                                         : data.substr(kUsual.size(), end - kUsual.size());
  }
  MemberWalk member(data);
  while (member.next()) {
    if (member.key == "type") return member.value_is_string ? member.value : std::string_view();
  }
  return {};
}

}  // namespace valetkey::dialects
