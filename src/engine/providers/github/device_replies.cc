#include "engine/providers/github/device_replies.h"

#include <array>
#include <map>

#include "engine/providers/device_poll.h"
#include "engine/providers/token_life.h"
#include "foundation/http/url.h"

namespace valetkey::providers::github {
namespace {

constexpr Millis kDefaultCodeLife = 15 * kMinute;
constexpr char kUnavailable[] = "GitHub sign-in cannot be reached right now. Please try again in a moment.";
constexpr char kStartAgain[] = "GitHub did not complete this sign-in. Please start it again.";
constexpr char kDeclined[] = "The sign-in was declined in GitHub.";
constexpr char kFlowDisabled[] =
    "GitHub does not allow signing in with a code for this server's client. Whoever runs the server can set "
    "another one.";

// One flat object, read from JSON or from a form.
class Fields {
 public:
  explicit Fields(std::string_view body) {
    if (auto document = JsonDocument::parse(body); document.ok() && document->root().is_object()) {
      document_ = std::move(*document);
      usable_ = true;
    } else if (auto form = http::decode_form(body);
               form.ok() && body.find('=') != body.npos && body.find('<') == body.npos) {
      read_form(*form);
    }
  }
  bool usable() const { return usable_; }
  std::string_view text(std::string_view name) const { return (*document_)[name].string_or(""); }
  Json value(std::string_view name) const { return (*document_)[name]; }

 private:
  void read_form(const http::Form& form) {
    std::string json;
    JsonWriter writer(json);
    writer.begin_object();
    for (const auto& [name, value] : form) writer.member(name, value);
    writer.end_object();
    auto document = JsonDocument::parse(json);
    usable_ = document.ok();
    if (usable_) document_ = std::move(*document);
  }
  std::optional<JsonDocument> document_;
  bool usable_ = false;
};

DevicePoll poll_problem(std::string_view error, const Fields& fields, Millis present_interval) {
  if (error == "authorization_pending") return still_pending();
  if (error == "slow_down") {
    Json named = fields.value("interval");
    return slow_down(named.exists() ? poll_interval(named) : present_interval + kSlowDownStep);
  }
  if (error == "expired_token" || error == "token_expired") return expired();
  if (error == "access_denied") return refused(kDeclined);
  if (error == "device_flow_disabled" || error == "incorrect_client_credentials")
    return refused(kFlowDisabled);
  return refused(kStartAgain);
}

}  // namespace

DeviceStart read_device_reply(const Reply& reply) {
  Fields fields(reply.body);
  if (!fields.usable()) return {std::nullopt, kUnavailable};
  std::string_view device_code = fields.text("device_code");
  std::string_view user_code = fields.text("user_code");
  if (!reply.ok() || device_code.empty() || user_code.empty()) {
    bool client_refused = fields.text("error") == "device_flow_disabled" || reply.status == 404;
    return {std::nullopt, client_refused ? kFlowDisabled : kUnavailable};
  }
  std::string_view page = fields.text("verification_uri");
  DeviceCode code;
  code.device_code = Secret(device_code);
  code.user_code = std::string(user_code);
  code.verification_url = http::parse_url(page).ok() ? std::string(page) : "https://github.com/login/device";
  code.interval = poll_interval(fields.value("interval"));
  code.lifetime = code_lifetime(fields.value("expires_in"), kDefaultCodeLife);
  return {std::move(code), {}};
}

std::variant<Granted, DevicePoll> read_poll_reply(const Reply& reply, Millis present_interval) {
  if (is_transient(reply.status)) return ask_later();
  Fields fields(reply.body);
  if (!fields.usable()) return reply.ok() || reply.status == 403 ? ask_later() : refused(kStartAgain);
  if (auto error = fields.text("error"); !error.empty()) return poll_problem(error, fields, present_interval);
  std::string_view token = fields.text("access_token");
  if (token.empty() || !reply.ok()) return refused(kStartAgain);
  Granted granted{Secret(token), std::nullopt};
  if (auto until = expiry_after(fields.value("expires_in"), 0)) granted.life = *until;
  return granted;
}

std::string read_account_id(std::string_view body) {
  auto document = JsonDocument::parse(body);
  if (!document.ok()) return {};
  Json id = document->root()["id"];
  if (auto number = id.integer()) return std::to_string(*number);
  return std::string(id.string_or(document->root()["login"].string_or("")));
}

}  // namespace valetkey::providers::github
