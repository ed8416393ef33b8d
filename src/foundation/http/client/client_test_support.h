// For tests: an upstream that says exactly what its script says, on a raw socket.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "foundation/http/client/client.h"
#include "foundation/net/stream_test_support.h"

namespace valetkey::http::testing {

using net::Stream;
using net::Worker;

class Fake;
// What happens on one accepted connection; the connection closes when it ends.
using Script = std::function<Task<void>(Stream&, Fake&)>;

class Fake {
 public:
  // The n-th connection gets the n-th script, later ones the last.
  Fake(Worker& worker, std::vector<Script> scripts, std::shared_ptr<net::TlsContext> tls = nullptr)
      : worker_(worker), listener_(worker), scripts_(std::move(scripts)), tls_(std::move(tls)) {
    worker.spawn(accept_all());
  }

  Url url(const std::string& target = "/") const {
    auto parsed = parse_url((tls_ ? "https://localhost:" : "http://127.0.0.1:") +
                            std::to_string(listener_.port()) + target);
    return *parsed;
  }

  // A whole request, head and body, or "" at the end of the connection.
  Task<std::string> read_request(Stream& stream) {
    std::string text;
    char buffer[16384];
    size_t wanted = std::string::npos;
    while (text.size() < wanted) {
      auto got = co_await stream.read_some(buffer, sizeof buffer);
      if (!got.ok() || *got == 0) {
        ++peers_gone;
        co_return std::string();
      }
      text.append(buffer, *got);
      size_t end = text.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      size_t length = text.find("content-length: ");
      wanted = end + 4 + (length < end ? std::stoul(text.substr(length + 16)) : 0);
    }
    requests.push_back(text);
    co_return text;
  }

  Task<bool> write(Stream& stream, std::string bytes) {
    auto sent = co_await stream.write_all(bytes);
    co_return sent.ok();
  }

  std::vector<std::string> requests;
  int accepted = 0;
  int peers_gone = 0;

 private:
  Task<void> accept_all() {
    for (size_t i = 0;; ++i) {
      auto stream = co_await listener_.try_accept();
      if (!stream.ok()) co_return;  // the fake is gone
      ++accepted;
      worker_.spawn(run(std::move(*stream), scripts_[std::min(i, scripts_.size() - 1)]));
    }
  }
  Task<void> run(Stream stream, Script script) {
    if (tls_) {
      auto secured = co_await net::tls_accept(stream, tls_);
      if (!secured.ok()) co_return;
    }
    co_await script(stream, *this);
  }

  Worker& worker_;
  net::testing::Listener listener_;
  std::vector<Script> scripts_;
  std::shared_ptr<net::TlsContext> tls_;
};

// Answers every request with these bytes, for as long as the client stays.
inline Script always(std::string answer) {
  return [answer](Stream& stream, Fake& fake) -> Task<void> {
    for (;;) {
      std::string request = co_await fake.read_request(stream);
      if (request.empty()) co_return;
      co_await fake.write(stream, answer);
    }
  };
}

// Answers one request with these pieces, a little apart, and closes.
inline Script once(std::vector<std::string> pieces, bool reset = false, Millis apart = 2) {
  return [=](Stream& stream, Fake& fake) -> Task<void> {
    co_await fake.read_request(stream);
    for (const std::string& piece : pieces) {
      co_await fake.write(stream, piece);
      co_await net::sleep_for(apart);
    }
    if (reset) {
      stream.reset();
    } else {
      co_await stream.shutdown();
      stream.close();
    }
  };
}

inline std::string sized(const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

inline ClientRequest post(const Fake& fake, std::string body = "{}") {
  ClientRequest request;
  request.method = "POST";
  request.url = fake.url("/v1/x");
  request.body = std::move(body);
  return request;
}

// Waits until it holds, at most five seconds (a test machine may be busy).
inline Task<bool> eventually(std::function<bool()> holds) {
  for (int i = 0; i < 1000 && !holds(); ++i) co_await net::sleep_for(5);
  co_return holds();
}

// What a whole exchange came to.
struct Outcome {
  int status = 0;  // 0: no head
  std::string body;
  std::optional<Code> failed;  // at the head, or in the body
};

inline Task<Outcome> run_exchange(Client& client, ClientRequest request, Cancellation& cancellation) {
  Outcome outcome;
  auto response = co_await client.send(std::move(request), cancellation);
  if (!response.ok()) {
    outcome.failed = response.error().code;
    co_return outcome;
  }
  outcome.status = (*response)->status();
  for (;;) {
    auto piece = co_await (*response)->read();
    if (!piece.ok()) outcome.failed = piece.error().code;
    if (!piece.ok() || piece->empty()) break;
    outcome.body.append(*piece);
  }
  co_return outcome;
}

}  // namespace valetkey::http::testing
