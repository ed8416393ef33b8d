#include "app/refresh_keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>

#include "app/refresh_keeper_wire.h"
#include "app/renewal_parts.h"
#include "foundation/base/log.h"
#include "foundation/net/blocking_pool.h"

namespace valetkey {
namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

// Calls `take` with every packet until the other end is gone.
Task<void> read_packets(Descriptor& socket, std::function<void(std::string_view)> take) {
  std::string buffer(kMaxKeeperPacket, '\0');
  for (;;) {
    boost::system::error_code failure;
    co_await socket.async_wait(Descriptor::wait_read,
                               asio::redirect_error(asio::use_awaitable_t<Executor>(), failure));
    if (failure) co_return;
    ssize_t got = ::recv(socket.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) break;
    take(std::string_view(buffer.data(), static_cast<size_t>(got)));
    wipe_bytes(buffer.data(), static_cast<size_t>(got));
  }
}

bool send_packet(int socket, std::string packet) {
  ssize_t sent = ::send(socket, packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  wipe_bytes(packet.data(), packet.size());
  return sent >= 0;
}

Task<void> answer(Vault& vault, int socket, KeeperRequest request) {
  KeeperReply reply{request.number, std::nullopt};
  auto renewed = co_await vault.renew(std::move(request.key), request.spent_version);
  if (!renewed.ok()) {
    Code code = renewed.error().code;
    reply.failure = code == Code::unauthorized || code == Code::unavailable ? code : Code::store;
  }
  (void)send_packet(socket, encode(reply));
}

Task<void> keep(RenewalParts& parts, Descriptor& socket) {
  // Named, because a coroutine is going to hold a reference to it.
  std::function<void(std::string_view)> take = [&](std::string_view packet) {
    if (auto request = decode_keeper_request(packet)) {
      parts.worker().spawn(answer(parts.vault(), socket.native_handle(), std::move(*request)));
    }
  };
  co_await read_packets(socket, take);
  // The server is gone. What is under way is stored first; this task is one of those that run.
  constexpr Millis kPatience = 60 * kSecond;
  const Millis until = steady_millis() + kPatience;
  while (parts.worker().running() > 1 && steady_millis() < until) (void)co_await net::sleep_for(20);
  parts.worker().stop();
}

// The process is as good as gone; this takes its end from the system, so that no zombie of it stays. What it
// ended of, for the log.
Task<std::string> reap(pid_t child) {
  constexpr Millis kBetweenLooks = 20;
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(child, &status, WNOHANG)) == 0) (void)co_await net::sleep_for(kBetweenLooks);
  if (ended < 0) co_return "unknown";
  if (WIFSIGNALED(status)) co_return "signal " + std::to_string(WTERMSIG(status));
  co_return "exit " + std::to_string(WEXITSTATUS(status));
}

// Until the server has opened, and perhaps just made, its store. False: it has ended first.
bool wait_for_server(int socket) {
  pollfd readable{socket, POLLIN, 0};
  while (::poll(&readable, 1, -1) < 0 && errno == EINTR) {
  }
  char begin = 0;
  return ::recv(socket, &begin, 1, 0) == 1;
}

// The child's whole life. Terminal signals are the server's business: this process ends when the server has.
[[noreturn]] void run_keeper(const Config& config, int socket) {
  ::setsid();
  ::prctl(PR_SET_NAME, "valetkey-keeper");
  for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) std::signal(signal, SIG_IGN);
  if (!wait_for_server(socket)) ::_exit(0);
  {
    auto parts = RenewalParts::build(config);
    if (!parts.ok()) {
      log::error("keeper_cannot_start", {{"detail", parts.error().detail}});
      ::_exit(1);
    }
    Descriptor descriptor((*parts)->worker().context(), socket);
    (*parts)->worker().spawn(keep(**parts, descriptor));
    (*parts)->worker().run();
  }
  ::_exit(0);
}

}  // namespace

struct RefreshKeeper::State {
  State(int fd, pid_t keeper) : socket(fd), child(keeper) {}
  ~State() { ::close(socket); }

  using Done = std::function<void(std::optional<Code>)>;
  void finish(int64_t number, std::optional<Code> failure) {
    Done done;
    {
      std::lock_guard lock(mutex);
      auto found = waiting.find(number);
      if (found == waiting.end()) return;
      done = std::move(found->second);
      waiting.erase(found);
    }
    done(failure);
  }
  void finish_all() {
    std::map<int64_t, Done> all;
    {
      std::lock_guard lock(mutex);
      gone = true;
      all.swap(waiting);
    }
    for (auto& [number, done] : all) done(Code::disconnected);
  }

  const int socket;
  const pid_t child;
  std::mutex mutex;
  bool gone = false;
  int64_t next_number = 1;
  std::map<int64_t, Done> waiting;
};

RefreshKeeper::RefreshKeeper(int socket, int child) : state_(std::make_shared<State>(socket, child)) {}
RefreshKeeper::~RefreshKeeper() = default;

Result<std::unique_ptr<RefreshKeeper>> RefreshKeeper::start(const Config& config) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
    return Error{Code::internal, std::strerror(errno), "refresh_keeper"};
  }
  pid_t child = ::fork();
  if (child < 0) return Error{Code::internal, std::strerror(errno), "refresh_keeper"};
  if (child == 0) {
    ::close(pair[0]);
    run_keeper(config, pair[1]);
  }
  ::close(pair[1]);
  return std::unique_ptr<RefreshKeeper>(new RefreshKeeper(pair[0], child));
}

void RefreshKeeper::listen_on(net::Worker& worker) {
  (void)send_packet(state_->socket, "b");
  worker.spawn([](std::shared_ptr<State> state, net::Worker& on) -> Task<void> {
    Descriptor socket(on.context(), ::dup(state->socket));
    std::function<void(std::string_view)> take = [state](std::string_view packet) {
      if (auto reply = decode_keeper_reply(packet)) state->finish(reply->number, reply->failure);
    };
    co_await read_packets(socket, take);
    state->finish_all();
    const std::string end = co_await reap(state->child);
    log::error(
        "keeper_gone",
        {{"end", end}, {"effect", "credentials are renewed in the server's own process until it restarts"}});
  }(state_, worker));
}

Task<Result<void>> RefreshKeeper::renew(CredentialKey key, int64_t spent_version) {
  auto state = state_;
  std::function<void(State::Done)> ask = [&](State::Done done) {
    KeeperRequest request{0, std::move(key), spent_version};
    {
      std::lock_guard lock(state->mutex);
      if (state->gone) return done(Code::disconnected);
      request.number = state->next_number++;
      state->waiting.emplace(request.number, done);
    }
    // A full socket means thousands of renewals are waiting.
    if (!send_packet(state->socket, encode(request))) state->finish(request.number, Code::unavailable);
  };
  auto failure = co_await net::suspend_until<std::optional<Code>>(ask);
  if (failure) co_return Error{*failure, "renewal by the keeper", "refresh_keeper"};
  co_return Result<void>();
}

}  // namespace valetkey
