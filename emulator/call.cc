#include "call.h"

#include "foundation/base/strings.h"
#include "foundation/net/worker.h"

namespace valetkey::emulator {

bool Call::struck_by(std::string_view fault_id) {
  if (!fault || fault->id() != fault_id) return false;
  if (record) world.recorder.update(record, [](Record& seen) { seen.fault_applied = true; });
  return true;
}

bool Call::struck_by_family(std::string_view prefix) {
  if (!fault || !fault->id().starts_with(prefix)) return false;
  if (record) world.recorder.update(record, [](Record& seen) { seen.fault_applied = true; });
  return true;
}

std::string_view Call::bearer() const {
  const std::string_view value = header("authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (value.size() <= kScheme.size() || !iequals(value.substr(0, kScheme.size()), kScheme)) return {};
  return trim(value.substr(kScheme.size()));
}

std::string Call::origin() const {
  return "http://" + std::string(header("host"));
}

Task<bool> Call::wait(Millis duration) {
  if (duration <= 0) co_return !exchange.cancellation().requested();
  co_return co_await net::sleep_for(duration, &exchange.cancellation());
}

Task<void> Call::reply(http::Response response) {
  co_await exchange.send(std::move(response));
}

Task<void> Call::reply(int status, std::string json) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(json);
  co_await reply(std::move(response));
}

Task<void> Call::reply_text(int status, std::string text, std::string content_type) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", std::move(content_type));
  response.body = std::move(text);
  co_await reply(std::move(response));
}

Task<void> Call::reply_html(int status, std::string html) {
  co_await reply_text(status, std::move(html), "text/html; charset=utf-8");
}

Fields::Fields(const http::Request& request) {
  const std::string_view body = trim(request.body);
  if (body.starts_with('{')) {
    if (auto parsed = JsonDocument::parse(body); parsed.ok()) document_ = std::move(parsed).value();
  } else if (auto form = http::decode_form(body); form.ok()) {
    form_ = std::move(form).value();
  }
}

std::string Fields::get(std::string_view name) const {
  if (document_) return std::string((*document_)[name].string_or(""));
  return std::string(http::form_value(form_, name));
}

}  // namespace valetkey::emulator
