#include "engine/providers/error_body.h"

#include <algorithm>
#include <array>

#include "foundation/base/json.h"
#include "foundation/base/strings.h"

namespace valetkey::providers {
namespace {

// Beginnings of bearer strings, in lower case: a message that holds one is not shown.
constexpr std::array<std::string_view, 8> kCredentialMarks = {"eyj",  "sk-",         "ghu_", "gho_",
                                                              "ghp_", "github_pat_", "tid=", "xai-"};
constexpr std::array<std::string_view, 5> kMarkup = {"<html", "<!doctype", "<body", "<head", "</"};

bool holds_any(std::string_view lower, auto& marks) {
  return std::any_of(marks.begin(), marks.end(),
                     [&](std::string_view mark) { return lower.find(mark) != lower.npos; });
}

// At the start of a word, so that "disk-full" is no key.
bool holds_credential(std::string_view lower) {
  auto is_inside_word = [&](size_t at) {
    return at > 0 &&
           ((lower[at - 1] >= 'a' && lower[at - 1] <= 'z') || (lower[at - 1] >= '0' && lower[at - 1] <= '9'));
  };
  for (std::string_view mark : kCredentialMarks) {
    for (size_t at = lower.find(mark); at != lower.npos; at = lower.find(mark, at + 1)) {
      if (!is_inside_word(at)) return true;
    }
  }
  return false;
}

bool looks_like_html(std::string_view body) {
  std::string start = to_lower(trim(body.substr(0, 1024)));
  return start.starts_with("<") || holds_any(start, kMarkup);
}

// Cuts at a character's border.
void cut(std::string& text, size_t limit) {
  if (text.size() <= limit) return;
  size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
}

std::string token(std::string_view text) {
  bool fit = text.size() <= kMaxErrorToken && std::all_of(text.begin(), text.end(), [](char c) {
               return c > ' ' && c < 0x7f && c != '<' && c != '>' && c != '"';
             });
  if (!fit || holds_credential(to_lower(text))) return {};
  return std::string(text);
}

bool is_one_word(std::string_view text) {
  return !text.empty() && text.find(' ') == std::string_view::npos;
}

std::optional<std::string_view> first_string(std::initializer_list<Json> candidates) {
  for (const auto& candidate : candidates) {
    if (auto text = candidate.string(); text && !trim(*text).empty()) return text;
  }
  return std::nullopt;
}

// error.message, message, error_details.message, detail: the order of the contract, then the flat forms.
std::string message_in(const Json& root, const Json& error) {
  auto text =
      first_string({error["message"], root["message"], root["error_details"]["message"], root["detail"],
                    root["detail"]["message"], root["detail"].at(0)["msg"], root["error_description"]});
  if (!text && error.is_string()) text = error.string();
  return text ? fit_message(*text) : std::string();
}

void read_json(const Json& top, ErrorBody& out) {
  Json root = top.is_array() ? top.at(0) : top;
  Json error = root["response"]["error"].is_object() ? root["response"]["error"] : root["error"];
  out.message = message_in(root, error);
  auto code = first_string({error["code"], root["code"], root["detail"]["code"]});
  if (!code && error.is_string() && is_one_word(*error.string())) code = error.string();
  out.code = token(code.value_or(""));
  std::string_view root_type = error.is_object() ? "" : root["type"].string_or("");
  out.type = token(error["type"].string_or(root_type == "error" ? "" : root_type));
  out.param = token(error["param"].string_or(root["param"].string_or("")));
  out.notification_id = token(root["error_details"]["notification_id"].string_or(""));
  out.resets_at = error["resets_at"].integer();
  out.resets_in_seconds = error["resets_in_seconds"].integer();
}

}  // namespace

std::string fit_message(std::string_view text) {
  text = trim(text);
  if (text.empty() || !is_valid_utf8(text)) return {};
  std::string lower = to_lower(text);
  if (lower.starts_with("<") || holds_any(lower, kMarkup) || holds_credential(lower)) return {};
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  cut(line, kMaxErrorMessage);
  return line;
}

ErrorBody read_error_body(std::string_view body) {
  ErrorBody out;
  if (auto document = JsonDocument::parse(body); document.ok()) {
    Json root = document->root();
    if (root.is_object() || root.is_array()) {
      out.json = true;
      read_json(root, out);
      return out;
    }
  }
  out.html = looks_like_html(body);
  if (!out.html && trim(body).size() <= kMaxPlainText) out.message = fit_message(body);
  return out;
}

}  // namespace valetkey::providers
