#include "engine/providers/fetch.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "foundation/base/strings.h"
#include "foundation/net/worker.h"

namespace valetkey::providers {

Task<Result<Reply>> fetch(http::Client& client, http::ClientRequest request, FetchLimits limits) {
  Cancellation cancellation;
  net::Deadline deadline(net::Worker::current()->deadlines(), [&cancellation] { cancellation.request(); });
  deadline.arm(limits.deadline);
  request.head_timeout = limits.deadline;

  auto sent = co_await client.send(std::move(request), cancellation);
  if (!sent.ok()) {
    if (deadline.expired()) co_return Error{Code::timeout, "no answer in time", "providers.fetch"};
    co_return std::move(sent).error();
  }
  auto& response = **sent;
  Reply reply;
  reply.status = response.status();
  for (const auto& field : response.headers().fields()) {
    reply.headers.add(std::string(field.name), std::string(field.value));
  }
  auto body = co_await response.read_all(limits.body);
  if (!body.ok()) {
    if (deadline.expired()) co_return Error{Code::timeout, "no answer in time", "providers.fetch"};
    co_return std::move(body).error();
  }
  reply.body = std::move(*body);
  co_return reply;
}

Code ended_by(const Cancellation* cancellation) {
  return cancellation != nullptr && cancellation->requested() ? Code::cancelled : Code::timeout;
}

bool surely_not_sent(const Error& error) {
  std::string_view where = error.where;
  return error.code == Code::disconnected &&
         (where == "resolve" || where == "connect" || where.starts_with("tls_"));
}

http::Headers view_of(const http::HeaderList& fields) {
  http::Headers views;
  for (const auto& [name, value] : fields.fields()) views.add(name, value);
  return views;
}

std::optional<double> seconds_in(const Json& value) {
  if (auto number = value.number()) return std::isfinite(*number) ? number : std::nullopt;
  auto text = value.string();
  if (!text) return std::nullopt;
  std::string_view digits = trim(*text);
  double parsed = 0;
  auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
  if (failure != std::errc() || end != digits.data() + digits.size() || !std::isfinite(parsed))
    return std::nullopt;
  return parsed;
}

}  // namespace valetkey::providers
