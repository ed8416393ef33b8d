// For tests of the server: one with its workers in threads, and a raw client that sees every byte.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "foundation/http/server.h"

namespace valetkey::http::testing {

// Blocking socket with a time limit on every read.
class RawClient {
 public:
  explicit RawClient(unsigned short port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0)
        << std::strerror(errno);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void close_with_reset() {
    linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void shut_down_sending() { ::shutdown(fd_, SHUT_WR); }

  // What is there within the limit; empty at the end of the connection or when the time is over.
  std::string read_some(int limit_ms = 5000) {
    pollfd entry{fd_, POLLIN, 0};
    if (::poll(&entry, 1, limit_ms) <= 0) return {};
    std::string bytes(64 * 1024, '\0');
    ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    failed_ = got < 0;
    ended_ = got <= 0;
    bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return bytes;
  }
  std::string read_to_end() {
    std::string all = std::exchange(left_, {});
    for (std::string piece = read_some(); !piece.empty(); piece = read_some()) all += piece;
    return all;
  }
  // One answer with a Content-Length, or chunked (as sent), or without a body.
  std::string read_answer(bool head_only = false) {
    std::string text = std::exchange(left_, {});
    size_t end = std::string::npos;
    while ((end = answer_end(text, head_only)) == std::string::npos) {
      std::string piece = read_some();
      if (piece.empty()) return text;
      text += piece;
    }
    left_ = text.substr(end);
    return text.substr(0, end);
  }
  std::string ask(std::string_view request) {
    send(request);
    return read_answer();
  }
  bool ended() const { return ended_; }  // the connection has ended, in either way
  bool was_reset() const { return failed_; }

 private:
  static size_t answer_end(const std::string& text, bool head_only) {
    HeadParse<ResponseHead> parsed = parse_response_head(text, {});
    EXPECT_FALSE(parsed.error) << text;
    if (parsed.consumed == 0) return std::string::npos;
    if (head_only) return parsed.consumed;
    auto framing = response_framing(parsed.head, "GET");
    EXPECT_TRUE(framing.ok());
    if (framing->kind == Framing::Kind::until_close) return std::string::npos;
    if (framing->kind == Framing::Kind::chunked) {
      size_t last = text.find("0\r\n\r\n", parsed.consumed);
      return last == std::string::npos ? last : last + 5;
    }
    size_t end = parsed.consumed + framing->length;
    return text.size() < end ? std::string::npos : end;
  }

  int fd_;
  std::string left_;
  bool ended_ = false;
  bool failed_ = false;
};

class TestServer {
 public:
  explicit TestServer(ServerOptions options = {}, unsigned workers = 1)
      : options_(std::move(options)), count_(workers) {}
  ~TestServer() {
    if (!server_) return;
    for (auto& worker : workers_) worker->stop();
    for (std::thread& thread : threads_) thread.join();
  }

  TestServer& route(std::string method, std::string pattern, Handler handler,
                    RoutePolicy policy = {.max_body = 1 << 20}) {
    router_.add(Route(std::move(method), std::move(pattern), policy, std::move(handler)));
    return *this;
  }
  unsigned short start() {
    std::vector<net::Worker*> pointers;
    for (unsigned i = 0; i < count_; ++i) {
      workers_.push_back(std::make_unique<net::Worker>(i));
      pointers.push_back(workers_.back().get());
    }
    server_ = std::make_unique<Server>(std::move(options_), router_);
    Result<void> started = server_->start(pointers);
    EXPECT_TRUE(started.ok()) << (started.ok() ? "" : started.error().detail);
    for (auto& worker : workers_) threads_.emplace_back([&worker] { worker->run(); });
    return server_->port();
  }
  Server& server() { return *server_; }
  net::Worker& worker(size_t index = 0) { return *workers_[index]; }
  // Stops gracefully; true when it drained within the limit.
  bool drain(std::chrono::milliseconds limit) {
    auto drained = std::make_shared<std::promise<void>>();
    server_->stop([drained] { drained->set_value(); });
    return drained->get_future().wait_for(limit) == std::future_status::ready;
  }

 private:
  ServerOptions options_;
  unsigned count_;
  Router router_;
  std::vector<std::unique_ptr<net::Worker>> workers_;
  std::unique_ptr<Server> server_;
  std::vector<std::thread> threads_;
};

inline std::string status_of(std::string_view answer) {
  return std::string(answer.substr(0, 12));
}
inline std::string body_of(std::string_view answer) {
  size_t end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? "" : std::string(answer.substr(end + 4));
}
inline std::string header_of(std::string_view answer, std::string_view name) {
  HeadParse<ResponseHead> parsed = parse_response_head(answer, {});
  return std::string(parsed.head.headers.get(name));
}
inline bool eventually(const std::function<bool()>& holds, int limit_ms = 5000) {
  for (int waited = 0; waited < limit_ms; waited += 2) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return holds();
}

// Handlers.
inline Task<void> say_hello(Exchange& exchange) {
  Response answer;
  answer.headers.add("content-type", "text/plain");
  answer.body = "hello";
  co_await exchange.send(std::move(answer));
}
inline Task<void> echo(Exchange& exchange) {
  Response answer;
  answer.body = exchange.request().body;
  co_await exchange.send(std::move(answer));
}

constexpr std::string_view kGet = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

inline std::string post(std::string_view path, std::string_view body, std::string_view fields = {}) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace valetkey::http::testing
