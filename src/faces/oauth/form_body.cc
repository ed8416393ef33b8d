#include "faces/oauth/form_body.h"

#include <algorithm>
#include <set>

#include "foundation/base/json.h"
#include "foundation/base/strings.h"

namespace valetkey::faces {
namespace {

constexpr size_t kMaxParameters = 256;

Error bad(std::string sentence) {
  return Error{Code::invalid_argument, std::move(sentence), "form_body"};
}

bool may_repeat(std::string_view name) {
  return name == "resource" || name == "audience";
}

bool is_text(std::string_view bytes) {
  return is_valid_utf8(bytes) && bytes.find('\0') == std::string_view::npos;
}

// What RFC 6749 section 3.2 says of parameters, whatever they came in.
Result<http::Form> checked(http::Form form) {
  std::erase_if(form, [](const auto& parameter) { return parameter.second.empty(); });
  std::set<std::string_view> seen;
  for (const auto& [name, value] : form) {
    if (!is_text(name) || !is_text(value)) return bad("A parameter is not text in UTF-8.");
    if (!seen.insert(name).second && !may_repeat(name)) return bad("A parameter is given twice.");
  }
  return form;
}

Result<http::Form> decoded(std::string_view text) {
  auto form = http::decode_form(text);
  if (form.ok()) return checked(std::move(*form));
  return bad(form.error().code == Code::too_large ? "There are too many parameters."
                                                  : "A parameter is not percent-encoded correctly.");
}

// False: a value of a kind this parameter cannot have.
bool add_member(http::Form& form, std::string_view name, const Json& value) {
  if (value.is_null()) return true;
  if (auto text = value.string()) {
    form.emplace_back(name, *text);
    return true;
  }
  if (name == "authorization_details" && value.is_array()) {
    form.emplace_back(name, to_json(value));
    return true;
  }
  if (!may_repeat(name) || !value.is_array()) return false;
  bool good = true;
  value.each_element([&](const Json& element) {
    auto text = element.string();
    good = good && text.has_value();
    form.emplace_back(name, text.value_or(""));
  });
  return good;
}

Result<http::Form> read_json(std::string_view body) {
  auto document = JsonDocument::parse(body);
  if (!document.ok() || !document->root().is_object()) return bad("The body is not a JSON object.");
  if (document->root().size() > kMaxParameters) return bad("There are too many parameters.");
  http::Form form;
  std::set<std::string> names;
  std::string problem;
  document->root().each_member([&](std::string_view name, const Json& value) {
    if (!names.emplace(name).second) problem = "A parameter is given twice.";
    if (!add_member(form, name, value)) problem = "A parameter is not a string.";
  });
  if (!problem.empty()) return bad(std::move(problem));
  return checked(std::move(form));
}

}  // namespace

Result<http::Form> read_form(const http::Request& request) {
  std::string_view header = request.headers.get("content-type");
  std::string_view type = trim(header.substr(0, header.find(';')));
  if (request.headers.count("content-type") > 1) return bad("There are two content types.");
  if (iequals(type, "application/json")) return read_json(request.body);
  if (iequals(type, "application/x-www-form-urlencoded") || (type.empty() && request.body.empty())) {
    return decoded(request.body);
  }
  return bad("The content type must be application/x-www-form-urlencoded.");
}

Result<http::Form> read_query(const http::Request& request) {
  return decoded(request.query);
}

}  // namespace valetkey::faces
