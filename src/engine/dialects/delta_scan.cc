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

bool scan_delta(std::string_view data, DeltaScan& out) {
  MemberWalk member(data);
  while (member.next()) {
    std::string_view key = member.key;
    if (key == "delta") {
      if (out.has_delta) continue;
      if (!member.value_is_string || !is_escaped_text(member.value)) return false;
      out.delta = member.value;
      out.has_delta = true;
    } else if (key == "output_index") {
      if (!take_index(member, out.output_index)) return false;
    } else if (key == "content_index") {
      if (!take_index(member, out.content_index)) return false;
    } else if (key == "summary_index") {
      if (!take_index(member, out.summary_index)) return false;
    } else if (key == "obfuscation") {
      out.obfuscated = true;
    }
  }
  return member.closed() && out.has_delta;
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
