// For the tests of the flows: an upstream on loopback that answers what it was told to, and remembers what it
// was asked.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/providers/provider.h"
#include "engine/providers/providers_test_support.h"
#include "foundation/crypto/crypto.h"
#include "foundation/http/server.h"

namespace valetkey::providers {

struct Answer {
  Answer(int s, std::string b, http::HeaderList h = {}, Millis wait = 0)
      : status(s), body(std::move(b)), headers(std::move(h)), after(wait) {}
  int status;
  std::string body;
  http::HeaderList headers;
  Millis after;      // waits first
  bool cut = false;  // closes in place of answering
};

inline Answer cut_connection() {
  Answer answer(0, "");
  answer.cut = true;
  return answer;
}

struct Asked {
  std::string path;  // with the query
  std::map<std::string, std::string> headers;
  std::string body;
  std::string header(const std::string& name) const {
    auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

// On a thread of its own. The last answer of a path repeats; a path without one answers 500.
class FakeUpstream {
 public:
  FakeUpstream() : worker_(7) {
    router_.add(
        {"*", "/{rest...}", {1u << 20}, [this](http::Exchange& exchange) { return serve(exchange); }});
    http::ServerOptions options;
    options.random = &crypto::system_random();
    server_ = std::make_unique<http::Server>(std::move(options), router_);
    EXPECT_TRUE(server_->start({&worker_}).ok());
    thread_ = std::thread([this] { worker_.run(); });
  }
  ~FakeUpstream() {
    worker_.stop();
    thread_.join();
  }

  std::string origin() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  void on(const std::string& path, std::vector<Answer> answers) {
    std::lock_guard lock(mutex_);
    answers_[path] = {answers.begin(), answers.end()};
  }
  std::vector<Asked> asked(const std::string& path) const {
    std::lock_guard lock(mutex_);
    std::vector<Asked> out;
    for (const auto& request : asked_) {
      if (request.path.substr(0, request.path.find('?')) == path) out.push_back(request);
    }
    return out;
  }

 private:
  Task<void> serve(http::Exchange& exchange) {
    Answer answer = next(exchange.request());
    if (answer.after > 0) co_await net::sleep_for(answer.after, &exchange.cancellation());
    if (answer.cut) {
      exchange.close_connection(false);
      co_return;
    }
    http::Response response;
    response.status = answer.status;
    response.headers = std::move(answer.headers);
    response.body = std::move(answer.body);
    co_await exchange.send(std::move(response));
  }

  Answer next(const http::Request& request) {
    std::lock_guard lock(mutex_);
    Asked seen{std::string(request.target), {}, std::string(request.body)};
    for (const auto& field : request.headers.fields()) {
      std::string name;
      for (char c : field.name) name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
      seen.headers[name] = std::string(field.value);
    }
    asked_.push_back(std::move(seen));
    auto queue = answers_.find(std::string(request.path));
    if (queue == answers_.end() || queue->second.empty()) return Answer(500, "{}");
    Answer answer = queue->second.front();
    if (queue->second.size() > 1) queue->second.pop_front();
    return answer;
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::deque<Answer>> answers_;
  std::vector<Asked> asked_;
  net::Worker worker_;
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

// Providers pointed at one FakeUpstream, and a worker to call them on.
class ProvidersAgainstFake : public testing::Test {
 protected:
  ProvidersAgainstFake() {
    ProviderOptions options;
    options.enabled = {ProviderId::openai, ProviderId::xai, ProviderId::github};
    options.openai.issuer = upstream.origin();
    options.openai.backend = upstream.origin() + "/backend-api/codex";
    options.openai.fallback_models = {"fallback-model"};
    options.xai.issuer = upstream.origin();
    options.xai.api = upstream.origin() + "/xai/v1";
    options.github.login = upstream.origin();
    options.github.api = upstream.origin() + "/api";
    options.github.copilot = upstream.origin() + "/copilot";
    clients.add(0, std::make_unique<http::Client>(worker, nullptr));
    providers = std::make_unique<Providers>(std::move(options), clients, clock, crypto::system_random());
  }

  // Runs a coroutine on the worker until it ends. The lambda stays alive meanwhile.
  void run(std::function<Task<void>()> body) {
    worker.spawn(until_done(body, worker));
    worker.context().restart();
    worker.run();
  }

  OpenCredential credential(ProviderId provider, std::string name = "01CRED") {
    OpenCredential out;
    out.id.value = std::move(name);
    out.provider = provider;
    out.user.value = "user";
    out.originator = "test_relay";
    out.tokens.access = Secret(std::string_view("access-1"));
    out.tokens.account_id = "acc";
    return out;
  }

  FakeUpstream upstream;
  net::Worker worker{0};
  WorkerClients clients;
  ManualClock clock{kNoon};
  std::unique_ptr<Providers> providers;

 private:
  static Task<void> until_done(std::function<Task<void>()>& body, net::Worker& worker) {
    co_await body();
    worker.stop();
  }
};

// A request as far as plan() looks at it.
class PlannedRequest final : public dialects::ClientRequest {
 public:
  dialects::Dialect dialect_ = dialects::Dialect::chat;
  std::string model_ = "m";
  bool images_ = false;
  bool from_user_ = true;
  std::string conversation_ = "conversation";

  dialects::Dialect dialect() const override { return dialect_; }
  const std::string& model() const override { return model_; }
  bool stream() const override { return true; }
  bool has_images() const override { return images_; }
  bool last_turn_is_user() const override { return from_user_; }
  const std::string& conversation_key() const override { return conversation_; }
  dialects::EncodedRequest encode_for(dialects::UpstreamKind) const override { return {}; }
  std::unique_ptr<dialects::AnswerTranslator> translate_answer(dialects::UpstreamKind,
                                                               dialects::StreamIdentity) const override {
    return nullptr;
  }
};

}  // namespace valetkey::providers
