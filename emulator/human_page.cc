// The page of the issuer where a person types the user code and approves or denies. Plain HTML, no script.
#include <array>

#include "routes.h"

namespace valetkey::emulator {
namespace {

std::string escape_html(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string page(std::string_view title, const std::string& content) {
  std::string html = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">";
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>" +
          escape_html(title) + "</title>";
  html +=
      "<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 "
      "1rem;color:#1a1a1a;"
      "background:#fff}label{display:block;margin-top:1rem;font-weight:600}input{font:inherit;padding:.5rem;"
      "width:100%;"
      "box-sizing:border-box;border:1px solid #555;border-radius:.3rem}button{font:inherit;padding:.6rem "
      "1.4rem;margin:1.5rem "
      ".5rem 0 0;border:1px solid "
      "#1a1a1a;border-radius:.3rem;background:#fff}button.yes{background:#14532d;color:#fff}"
      ":focus-visible{outline:3px solid #2563eb;outline-offset:2px}[role=alert]{border-left:.3rem solid "
      "#b91c1c;padding-left:1rem}"
      "</style></head><body><main><h1>" +
      escape_html(title) + "</h1>" + content + "</main></body></html>";
  return html;
}

std::string form_page(std::string_view label, std::string_view action, std::string_view code,
                      std::string_view problem) {
  std::string content =
      "<p>A program wants to use your " + escape_html(label) +
      " account. Type the code that it shows you. This is the emulator: nothing real is behind it.</p>";
  if (!problem.empty()) content += "<p role=\"alert\">" + escape_html(problem) + "</p>";
  content += "<form method=\"post\" action=\"" + escape_html(action) + "\">";
  content +=
      "<label for=\"user_code\">Code</label><input id=\"user_code\" name=\"user_code\" required "
      "autocomplete=\"off\" "
      "autocapitalize=\"characters\" spellcheck=\"false\" value=\"" +
      escape_html(code) + "\">";
  content +=
      "<label for=\"email\">Sign in as</label><input id=\"email\" name=\"email\" type=\"email\" value=\"" +
      std::string(kDefaultEmail) + "\">";
  content += "<button class=\"yes\" type=\"submit\" name=\"decision\" value=\"approve\">Approve</button>";
  content += "<button type=\"submit\" name=\"decision\" value=\"deny\">Deny</button></form>";
  return page("Sign in with " + std::string(label), content);
}

Task<void> take_decision(Call& call, const std::string& label, const std::string& action) {
  const Fields fields(call.request());
  const std::string code = fields.get("user_code");
  const bool approve = fields.get("decision") != "deny";
  if (!call.world.device_sign_ins.decide(code, approve, make_person(fields.get("email")))) {
    std::string html = form_page(label, action, code, "That code is unknown, used or too old.");
    co_return co_await call.reply_html(400, std::move(html));
  }
  std::string html =
      approve ? page("You are signed in", "<p>You can close this page and go back to the program.</p>")
              : page("Denied", "<p>The program gets nothing. You can close this page.</p>");
  co_await call.reply_html(200, std::move(html));
}

}  // namespace

Endpoint human_page(std::string_view upstream_label, std::string_view form_action) {
  auto words = std::make_shared<const std::array<std::string, 2>>(
      std::array<std::string, 2>{std::string(upstream_label), std::string(form_action)});
  return [words](Call& call) -> Task<void> {
    const std::string& label = (*words)[0];
    const std::string& action = (*words)[1];
    if (call.request().method == "POST") return take_decision(call, label, action);
    std::string code;
    if (auto query = http::decode_form(call.request().query); query.ok())
      code = http::form_value(*query, "user_code");
    return call.reply_html(200, form_page(label, action, code, {}));
  };
}

}  // namespace valetkey::emulator
