#include "foundation/net/resolver.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <unordered_map>

namespace valetkey::net {
namespace {

using boost::system::error_code;
using Addresses = std::vector<asio::ip::address>;
using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

// A look-up under way. Owned by its completion handler and by who waits, so it never outlives the worker.
struct Lookup {
  explicit Lookup(const Executor& executor) : resolver(executor) {}
  Resolver resolver;
  std::vector<Timer*> waiters;
  bool done = false;
  error_code failure;
  Addresses addresses;
};

struct Kept {
  Addresses addresses;
  Millis until = 0;
};

struct Cache {
  std::unordered_map<std::string, Kept> kept;
  std::unordered_map<std::string, std::weak_ptr<Lookup>> running;
};

Cache& cache() {
  static thread_local Cache of_this_worker;
  return of_this_worker;
}

void keep(const std::string& host, const Addresses& addresses) {
  auto& kept = cache().kept;
  Millis now = steady_millis();
  if (kept.size() >= kMaxCachedNames)
    std::erase_if(kept, [now](const auto& e) { return e.second.until <= now; });
  if (kept.size() >= kMaxCachedNames) kept.clear();
  kept[host] = {addresses, now + kKeepAddresses};
}

std::shared_ptr<Lookup> start_or_join(const std::string& host, const Executor& executor) {
  auto& running = cache().running;
  if (auto found = running.find(host); found != running.end()) {
    if (auto lookup = found->second.lock()) return lookup;
  }
  auto lookup = std::make_shared<Lookup>(executor);
  running[host] = lookup;
  lookup->resolver.async_resolve(host, "",
                                 [lookup, host](error_code failure, Resolver::results_type results) {
                                   lookup->done = true;
                                   lookup->failure = failure;
                                   for (const auto& entry : results)
                                     lookup->addresses.push_back(entry.endpoint().address());
                                   cache().running.erase(host);
                                   if (!lookup->addresses.empty()) keep(host, lookup->addresses);
                                   for (Timer* waiter : lookup->waiters) waiter->cancel();
                                 });
  return lookup;
}

}  // namespace

WaitLimit::WaitLimit(Worker& worker, Millis timeout, Cancellation* cancellation)
    : end_(steady_millis() + timeout), deadline_(worker.deadlines(), [this] { fire(Code::timeout); }) {
  deadline_.arm(timeout);
  if (cancellation != nullptr) on_cancel_.emplace(*cancellation, [this] { fire(Code::cancelled); });
}

void WaitLimit::fire(Code code) {
  if (code_) return;
  code_ = code;
  if (auto stop = std::move(stop_)) stop();
}

Error WaitLimit::error(const char* where) const {
  return Error{*code_, *code_ == Code::timeout ? "took too long" : "cancelled", where};
}

Millis WaitLimit::remaining() const {
  return std::max<Millis>(end_ - steady_millis(), 0);
}

Task<Result<Addresses>> resolve(std::string host, WaitLimit& limit) {
  if (host.empty())
    co_return Error{Code::disconnected, "no host", "resolve"};  // getaddrinfo would say loopback
  error_code not_numeric;
  auto numeric = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return Addresses{numeric};
  if (auto found = cache().kept.find(host);
      found != cache().kept.end() && found->second.until > steady_millis()) {
    co_return found->second.addresses;
  }
  if (limit.fired()) co_return limit.error("resolve");
  Executor executor = co_await asio::this_coro::executor;
  auto lookup = start_or_join(host, executor);
  Timer until_done(executor, std::chrono::steady_clock::time_point::max());
  lookup->waiters.push_back(&until_done);
  limit.on_fire([&until_done] { until_done.cancel(); });
  co_await until_done.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>()));
  limit.on_fire(nullptr);
  std::erase(lookup->waiters, &until_done);
  if (limit.fired()) co_return limit.error("resolve");
  if (lookup->addresses.empty()) {
    co_return Error{Code::disconnected, host + ": " + lookup->failure.message(), "resolve"};
  }
  co_return lookup->addresses;
}

}  // namespace valetkey::net
