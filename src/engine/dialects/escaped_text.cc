#include "engine/dialects/escaped_text.h"

#include <array>

#include "foundation/base/strings.h"

namespace valetkey::dialects {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Four hex digits at text[at]; -1 when they are not there.
int hex4(std::string_view text, size_t at) {
  if (at + 4 > text.size()) return -1;
  int value = 0;
  for (size_t i = at; i < at + 4; ++i) {
    char c = ascii_lower(text[i]);
    if (c >= '0' && c <= '9') {
      value = value * 16 + (c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value * 16 + (c - 'a' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

bool is_high(int unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low(int unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}
bool low_follows(std::string_view text, size_t at) {
  return at + 1 < text.size() && text[at] == '\\' && text[at + 1] == 'u' && is_low(hex4(text, at + 2));
}

// Length of the escape that starts at content[at] == '\\'; 0 when it is broken or a lone surrogate.
size_t escape_length(std::string_view content, size_t at) {
  if (at + 1 >= content.size()) return 0;
  char kind = content[at + 1];
  if (kind != 'u') return std::string_view("\"\\/bfnrt").find(kind) == std::string_view::npos ? 0 : 2;
  int unit = hex4(content, at + 2);
  if (unit < 0 || is_low(unit)) return 0;
  if (!is_high(unit)) return 6;
  return low_follows(content, at + 6) ? 12 : 0;
}

void append_utf8(std::string& out, uint32_t point) {
  auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6), put(0x80 | (point & 63));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12), put(0x80 | (point >> 6 & 63)), put(0x80 | (point & 63));
  } else {
    put(0xF0 | point >> 18), put(0x80 | (point >> 12 & 63)), put(0x80 | (point >> 6 & 63)),
        put(0x80 | (point & 63));
  }
}

char unescaped_letter(char kind) {
  switch (kind) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return kind;
  }
}

// Length of the valid UTF-8 sequence at text[at], 0 when there is none.
size_t utf8_length(std::string_view text, size_t at) {
  auto lead = static_cast<unsigned char>(text[at]);
  size_t length = lead < 0x80                   ? 1
                  : lead >= 0xC2 && lead < 0xE0 ? 2
                  : (lead & 0xF0) == 0xE0       ? 3
                  : lead >= 0xF0 && lead < 0xF5 ? 4
                                                : 0;
  if (length == 0 || at + length > text.size() || !is_valid_utf8(text.substr(at, length))) return 0;
  return length;
}

}  // namespace

bool is_escaped_text(std::string_view content) {
  for (size_t i = find_json_special(content, 0); i < content.size(); i = find_json_special(content, i)) {
    size_t length = content[i] == '\\' ? escape_length(content, i) : 0;
    if (length == 0) return false;
    i += length;
  }
  return is_valid_utf8(content);
}

void append_unescaped(std::string& out, std::string_view escaped) {
  for (size_t i = 0; i < escaped.size();) {
    size_t backslash = escaped.find('\\', i);
    if (backslash == std::string_view::npos || backslash + 1 >= escaped.size()) {
      out.append(escaped.substr(i));
      return;
    }
    out.append(escaped, i, backslash - i);
    char kind = escaped[backslash + 1];
    i = backslash + 2;
    if (kind != 'u') {
      out.push_back(unescaped_letter(kind));
      continue;
    }
    int unit = hex4(escaped, i);
    i += 4;
    auto point = static_cast<uint32_t>(unit < 0 ? 0xFFFD : unit);
    if (is_high(unit) && low_follows(escaped, i)) {
      point = 0x10000 + ((point - 0xD800) << 10) + static_cast<uint32_t>(hex4(escaped, i + 2) - 0xDC00);
      i += 6;
    }
    append_utf8(out, point);
  }
}

Escaped escape_into(std::string& scratch, std::string_view text) {
  scratch.clear();
  append_json_escaped(scratch, text);
  return {scratch};
}

Json LenientParser::parse(std::string_view text) {
  // One document a thread, not one a stream: ten thousand waiting streams hold no parse trees.
  static thread_local JsonDocument document;
  auto parsed = Result<JsonDocument>(Error{});
  if (high_surrogate_.empty()) parsed = JsonDocument::parse(text);
  if (!parsed.ok() && repair(text)) parsed = JsonDocument::parse(repaired_);
  if (!parsed.ok()) return {};
  document = std::move(parsed).value();
  return document.root();
}

bool LenientParser::repair(std::string_view text) {
  std::string waiting = std::move(high_surrogate_);
  high_surrogate_.clear();
  repaired_.clear();
  bool changed = !waiting.empty();
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      int unit = text[i + 1] == 'u' ? hex4(text, i + 2) : -1;
      if (is_high(unit) && low_follows(text, i + 6)) {
        repaired_.append(text, i, 12);
        i += 12;
      } else if (is_high(unit) && i + 6 < text.size() && text[i + 6] == '"') {
        high_surrogate_ = text.substr(i, 6);
        changed = true;
        i += 6;
      } else if (is_low(unit) && !waiting.empty()) {
        repaired_.append(waiting).append(text, i, 6);
        waiting.clear();
        i += 6;
      } else if (is_high(unit) || is_low(unit)) {
        repaired_.append(kReplacement);
        changed = true;
        i += 6;
      } else {
        repaired_.append(text, i, 2);
        i += 2;
      }
      continue;
    }
    size_t length = utf8_length(text, i);
    if (length == 0) {
      repaired_.append(kReplacement);
      changed = true;
      ++i;
    } else {
      repaired_.append(text, i, length);
      i += length;
    }
  }
  return changed;
}

}  // namespace valetkey::dialects
