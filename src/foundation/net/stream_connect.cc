#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <vector>

#include "foundation/net/resolver.h"
#include "foundation/net/stream_native.h"

namespace valetkey::net {
namespace {

using boost::system::error_code;

// Asio waits for a connect by asking epoll about writing too, and asks on for as long as it knows the socket:
// each later wait for bytes would first wake up to hear that it can write. So the socket is made known anew.
error_code make_known_anew(TcpSocket& socket, const asio::ip::tcp& protocol) {
  error_code failure;
  int descriptor = socket.release(failure);
  if (failure) return failure;
  socket.assign(protocol, descriptor, failure);
  if (failure) ::close(descriptor);
  return failure;
}

// One address. An error of the limit is the caller's to see in limit.fired().
Task<Result<Stream>> connect_to(asio::ip::tcp::endpoint endpoint, WaitLimit& limit, Millis patience) {
  TcpSocket socket(co_await asio::this_coro::executor);
  auto give_up = [&socket] {
    error_code ignored;
    socket.close(ignored);
  };
  Deadline slice(Worker::current()->deadlines(), give_up);
  slice.arm(patience);
  limit.on_fire(give_up);
  auto [failure] = co_await socket.async_connect(endpoint, asio::as_tuple(asio::use_awaitable_t<Executor>()));
  limit.on_fire(nullptr);
  if (!failure && socket.is_open()) {
    error_code unknown;
    // A dead port of the ephemeral range may be answered by TCP's simultaneous open with ourselves.
    bool ourselves = socket.local_endpoint(unknown) == endpoint;
    if (!ourselves) failure = make_known_anew(socket, endpoint.protocol());
    if (!ourselves && !failure) co_return stream_from_socket(std::move(socket));
  }
  std::string why = slice.expired() ? "no answer" : failure ? failure.message() : "refused";
  co_return Error{Code::disconnected, endpoint.address().to_string() + ": " + why, "connect"};
}

}  // namespace

Task<Result<Stream>> connect(ConnectTarget target, Millis timeout) {
  return connect(std::move(target), timeout, nullptr);
}

Task<Result<Stream>> connect(ConnectTarget target, Millis timeout, Cancellation* cancellation) {
  WaitLimit limit(*Worker::current(), timeout, cancellation);
  if (limit.fired()) co_return limit.error("connect");
  CO_TRY(std::vector<asio::ip::address> addresses, co_await resolve(target.host, limit));
  Result<Stream> connected = Error{Code::disconnected, "no address", "connect"};
  for (size_t i = 0; i < addresses.size() && !connected.ok() && !limit.fired(); ++i) {
    // An address that does not answer may use half of the time that is left, so that the next gets its
    // chance.
    bool last = i + 1 == addresses.size();
    Millis patience = last ? limit.remaining() + kSecond : limit.remaining() / 2;
    asio::ip::tcp::endpoint endpoint(addresses[i], target.port);
    connected = co_await connect_to(endpoint, limit, patience);
  }
  if (limit.fired()) co_return limit.error("connect");
  if (!connected.ok() || !target.tls) co_return connected;
  limit.on_fire([&connected] { connected->close(); });
  auto secured = co_await tls_connect(*connected, target.tls, target.host, target.port);
  limit.on_fire(nullptr);
  if (limit.fired()) co_return limit.error("tls_connect");
  if (!secured.ok()) co_return std::move(secured).error();
  co_return connected;
}

}  // namespace valetkey::net
