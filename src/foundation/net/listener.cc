#include "foundation/net/listener.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "foundation/net/stream_native.h"

namespace valetkey::net {
namespace {

using boost::system::error_code;
using tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kBacklog = 4096;  // the kernel lowers it to net.core.somaxconn

error_code open_and_bind(Acceptor& acceptor, const tcp::endpoint& endpoint, bool shared) {
  error_code failure;
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(Acceptor::reuse_address(true), failure);
  if (!failure && shared) acceptor.set_option(ReusePort(true), failure);
  if (!failure) acceptor.bind(endpoint, failure);
  return failure;
}

}  // namespace

struct Listener::Native {
  explicit Native(Executor executor) : acceptor(executor) {}
  Acceptor acceptor;
};

Listener::Listener(std::unique_ptr<Native> native) : native_(std::move(native)) {}
Listener::~Listener() = default;
Listener::Listener(Listener&&) noexcept = default;
Listener& Listener::operator=(Listener&&) noexcept = default;

Result<Listener> Listener::bind(Worker& worker, const std::string& address, unsigned short port,
                                bool shared) {
  error_code failure;
  auto numeric = asio::ip::make_address(address, failure);
  if (failure) return Error{Code::invalid_argument, "not a numeric address: " + address, "listener"};
  auto native = std::make_unique<Native>(worker.executor());
  failure = open_and_bind(native->acceptor, tcp::endpoint(numeric, port), shared);
  if (!failure) native->acceptor.listen(kBacklog, failure);
  if (failure) {
    return Error{Code::unavailable, address + " port " + std::to_string(port) + ": " + failure.message(),
                 "listener"};
  }
  return Listener(std::move(native));
}

unsigned short Listener::port() const {
  error_code failure;
  auto endpoint = native_->acceptor.local_endpoint(failure);
  return failure ? static_cast<unsigned short>(0) : endpoint.port();
}

Task<Result<Stream>> Listener::accept() {
  Native& native = *native_;
  for (;;) {
    auto [failure, socket] =
        co_await native.acceptor.async_accept(asio::as_tuple(asio::use_awaitable_t<Executor>()));
    if (!failure) co_return stream_from_socket(std::move(socket));
    if (failure == asio::error::operation_aborted || failure == asio::error::bad_descriptor) {
      co_return Error{Code::cancelled, "listener closed", "listener"};
    }
    bool out_of_resources = failure == asio::error::no_descriptors || failure == asio::error::no_memory ||
                            failure == asio::error::no_buffer_space || failure.value() == ENFILE;
    if (out_of_resources) co_return Error{Code::unavailable, failure.message(), "listener"};
    // Anything else concerns one connection that failed before it was accepted: take the next.
  }
}

void Listener::close() {
  error_code ignored;
  native_->acceptor.close(ignored);
}

}  // namespace valetkey::net
