#include "foundation/http/client/guarded_fetch.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "foundation/base/strings.h"
#include "foundation/http/client/pool.h"
#include "foundation/http/client/request_head.h"
#include "foundation/http/client/response.h"
#include "foundation/http/rate_limiter.h"
#include "foundation/net/public_address.h"
#include "foundation/net/resolver.h"
#include "foundation/net/stream_native.h"

namespace valetkey::http {
namespace {

constexpr size_t kMaxHead = 16 * 1024;
constexpr size_t kMaxAddressesTried = 4;

Error refuse(Code code, std::string why) {
  return Error{code, std::move(why), "guarded_fetch"};
}

Task<Result<std::vector<std::string>>> look_up_by_system(std::string host, Millis patience) {
  net::WaitLimit limit(*net::Worker::current(), patience, nullptr);
  CO_TRY(std::vector<asio::ip::address> addresses, co_await net::resolve(std::move(host), limit));
  std::vector<std::string> texts;
  for (const auto& address : addresses) texts.push_back(address.to_string());
  co_return texts;
}

// Hosts that some resolver would take for a number (127.1, 0x7f.1, 2130706433) are names to nobody else.
bool is_numeric_riddle(std::string_view host) {
  if (host.find(':') != std::string_view::npos) return false;  // IPv6, parsed already
  std::string_view name = host;
  while (name.ends_with('.')) name.remove_suffix(1);
  std::string_view last = name.substr(name.rfind('.') + 1);
  bool number =
      !last.empty() && std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
  in_addr ignored{};
  return (number || last.starts_with("0x")) && inet_pton(AF_INET, std::string(host).c_str(), &ignored) != 1;
}

// What is left of the time for one fetch.
class Budget {
 public:
  explicit Budget(Millis total) : end_(steady_millis() + total) {}
  Millis left() const { return std::max<Millis>(end_ - steady_millis(), 0); }

 private:
  Millis end_;
};

}  // namespace

struct GuardedFetcher::State {
  State(std::shared_ptr<net::TlsContext> context, FetchRules r, LookUp look)
      : tls(std::move(context)),
        rules(r),
        look_up(look ? std::move(look) : LookUp(look_up_by_system)),
        of_all({.requests = r.per_minute, .max_keys = 16}),
        per_host({.requests = r.per_host_per_minute, .max_keys = 10'000}) {}

  std::shared_ptr<net::TlsContext> tls;
  const FetchRules rules;
  const LookUp look_up;
  RateLimiter of_all;
  RateLimiter per_host;

  bool may_reach(net::AddressKind kind) const {
    return kind == net::AddressKind::global || (kind == net::AddressKind::loopback && rules.allow_loopback);
  }

  Result<Url> check_url(const std::string& text) {
    auto url = parse_url(text);
    if (!url.ok()) return refuse(Code::invalid_argument, "not a plain URL");
    if (url->scheme != "https" && !rules.allow_loopback) return refuse(Code::invalid_argument, "not https");
    if (url->scheme == "https" && !tls) return refuse(Code::invalid_argument, "https is not set up");
    if (is_numeric_riddle(url->host)) return refuse(Code::invalid_argument, "not a plain host");
    const Millis now = steady_millis();
    if (per_host.check(url->host, now) > 0 || of_all.check("", now) > 0) {
      return refuse(Code::rate_limited, "too many fetches");
    }
    return url;
  }

  // All of a name's addresses must be public: one that is not shows what the name is for.
  Task<Result<std::vector<std::string>>> checked_addresses(std::string host, Millis patience) {
    CO_TRY(std::vector<std::string> addresses, co_await look_up(std::move(host), patience));
    if (addresses.empty()) co_return refuse(Code::disconnected, "no address");
    for (const std::string& address : addresses) {
      if (!may_reach(net::kind_of_address(address)))
        co_return refuse(Code::forbidden, "not a public address");
    }
    if (addresses.size() > kMaxAddressesTried) addresses.resize(kMaxAddressesTried);
    co_return addresses;
  }

  // A numeric target is not looked up again, so what was checked is what is connected to.
  Task<Result<net::Stream>> connect(const Url& url, const std::vector<std::string>& addresses,
                                    const Budget& budget, Cancellation& cancellation) {
    Result<net::Stream> stream = refuse(Code::disconnected, "no address");
    for (size_t i = 0; i < addresses.size() && !stream.ok() && !cancellation.requested(); ++i) {
      Millis patience = i + 1 == addresses.size() ? budget.left() : budget.left() / 2;
      net::ConnectTarget target{addresses[i], url.port, nullptr};
      stream = co_await net::connect(std::move(target), patience, &cancellation);
    }
    if (!stream.ok() || url.scheme != "https") co_return stream;
    std::optional<OnCancel> on_cancel;
    on_cancel.emplace(cancellation, [&stream] { stream->close(); });
    auto secured = co_await net::tls_connect(*stream, tls, url.host, url.port);
    on_cancel.reset();
    if (!secured.ok()) co_return std::move(secured).error();
    co_return stream;
  }

  Task<Result<Fetched>> get(const Url& url, size_t max_bytes, const Budget& budget,
                            Cancellation& cancellation) {
    ClientRequest request;
    request.url = url;
    request.headers = {{"accept", "application/json"}, {"user-agent", "Valetkey"}, {"connection", "close"}};
    CO_TRY(OutgoingHead head, request_head(request));
    CO_TRY(std::vector<std::string> addresses, co_await checked_addresses(url.host, budget.left()));
    CO_TRY(net::Stream stream, co_await connect(url, addresses, budget, cancellation));
    net::Worker& worker = *net::Worker::current();
    ClientLimits limits{.max_idle_per_origin = 0,
                        .head_timeout = budget.left(),
                        .idle_timeout = budget.left(),
                        .head_bytes = kMaxHead};
    auto no_pool = std::make_shared<Pool>(worker, nullptr, limits);
    Origin origin{url.host, url.port, url.scheme == "https"};
    auto connection = std::make_unique<Connection>(worker, std::move(stream), std::move(origin));
    PooledResponse response(no_pool, std::move(connection), cancellation);
    CO_CHECK(co_await response.start(head, request.body, request.method, budget.left()));
    if (response.status() != 200) {
      co_return refuse(Code::upstream, "answered " + std::to_string(response.status()));
    }
    Fetched fetched;
    std::string_view type = response.header("content-type");
    fetched.content_type = to_lower(trim(type.substr(0, type.find(';'))));
    fetched.fresh_for = freshness_of(response.header("cache-control"), response.header("age"),
                                     response.header("expires"), response.header("date"));
    CO_TRY(fetched.body, co_await response.read_all(max_bytes));
    co_return fetched;
  }
};

GuardedFetcher::GuardedFetcher(std::shared_ptr<net::TlsContext> tls, FetchRules rules, LookUp look_up)
    : state_(std::make_shared<State>(std::move(tls), rules, std::move(look_up))) {}

GuardedFetcher::~GuardedFetcher() = default;

Task<Result<Fetched>> GuardedFetcher::fetch(std::string text, size_t max_bytes) {
  std::shared_ptr<State> state = state_;
  CO_TRY(const Url url, state->check_url(text));
  const Budget budget(state->rules.total_timeout);
  Cancellation time_is_over;
  net::Deadline deadline(net::Worker::current()->deadlines(), [&time_is_over] { time_is_over.request(); });
  deadline.arm(state->rules.total_timeout);
  auto fetched = co_await state->get(url, max_bytes, budget, time_is_over);
  if (!fetched.ok() && time_is_over.requested()) co_return refuse(Code::timeout, "took too long");
  co_return fetched;
}

}  // namespace valetkey::http
