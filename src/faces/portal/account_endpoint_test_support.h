// The portal's account API without a socket: browsers with cookie jars call the routes in this process.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/accounts/accounts_test_support.h"
#include "faces/portal/portal.h"
#include "faces/portal/portal_call.h"
#include "foundation/net/worker.h"

namespace valetkey::faces::testing_support {

using accounts::testing_support::kEmail;
using accounts::testing_support::kNow;
using accounts::testing_support::kPassword;

inline const std::string kIssuer = "https://valetkey.test";

struct Answer {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  JsonDocument json() const {
    auto document = JsonDocument::parse(body);
    EXPECT_TRUE(document.ok()) << body;
    return std::move(*document);
  }
  std::string text(std::string_view member) const { return std::string(json()[member].string_or("")); }
  std::string error() const { return text("error"); }
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return "";
  }
};

class FakeExchange final : public http::Exchange {
 public:
  explicit FakeExchange(http::Request request) : request_(std::move(request)) {}
  std::vector<std::pair<std::string_view, std::string>> parameters;
  Answer answer;

  const http::Request& request() const override { return request_; }
  std::string_view parameter(std::string_view name) const override {
    for (const auto& [key, value] : parameters) {
      if (key == name) return value;
    }
    return {};
  }
  const std::string& request_id() const override { return id_; }
  const std::string& client_address() const override { return address_; }
  net::Worker& worker() override { return *net::Worker::current(); }
  Cancellation& cancellation() override { return cancellation_; }
  Task<void> send(http::Response response) override {
    EXPECT_EQ(answer.status, 0) << "answered twice";
    answer.status = response.status;
    answer.body = response.body;
    for (http::HeaderView field : response.headers.fields()) {
      answer.headers.emplace_back(field.name, field.value);
    }
    co_return;
  }
  void begin(int, http::HeaderList) override { ADD_FAILURE(); }
  Task<Result<void>> write(std::string_view, std::string_view) override { co_return Result<void>(); }
  Task<Result<void>> end(std::string_view, std::string_view) override { co_return Result<void>(); }
  bool answered() const override { return answer.status != 0; }
  bool draining() const override { return false; }
  void note(std::string_view, std::string_view) override {}
  Task<Result<void>> write_raw(std::string_view) override { co_return Result<void>(); }
  void close_connection(bool) override {}

 private:
  http::Request request_;
  std::string id_ = "test", address_ = "192.0.2.7";
  Cancellation cancellation_;
};

inline Task<Unit> serve(const http::Handler* handler, http::Exchange* exchange) {
  co_await (*handler)(*exchange);
  co_return Unit{};
}

// One browser: keeps cookies and the CSRF token, as the pages do.
class Browser {
 public:
  explicit Browser(const http::Router& router) : router_(&router) {}

  Answer get(const std::string& path) { return call("GET", path, ""); }
  // With a fresh CSRF token and our Origin.
  Answer change(const std::string& method, const std::string& path, const std::string& body = "{}") {
    refresh();
    return call(method, path, body, {{"origin", kIssuer}, {"x-csrf-token", csrf}});
  }
  Answer post(const std::string& path, const std::string& body = "{}") { return change("POST", path, body); }
  void refresh() { csrf = get("session").text("csrf"); }

  Answer call(const std::string& method, const std::string& path, const std::string& body,
              std::vector<std::pair<std::string, std::string>> headers = {}) {
    const std::string target = "/portal/api/" + path;
    const std::string jar = cookie_header();
    http::Request request;
    request.method = method;
    request.target = request.path = target;
    request.body = body;
    if (!jar.empty()) request.headers.add("cookie", jar);
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    http::RouteMatch match = router_->match(method, target);
    EXPECT_NE(match.route, nullptr) << method << " " << target;
    if (match.route == nullptr) return {};
    EXPECT_FALSE(match.route->policy.cors);
    EXPECT_EQ(match.route->policy.max_body, 64u * 1024);
    FakeExchange exchange(request);
    exchange.parameters = match.parameters;
    await_now(serve(&match.route->handler, &exchange));
    keep_cookies(exchange.answer);
    EXPECT_LT(exchange.answer.status, 500) << exchange.answer.body;
    EXPECT_EQ(exchange.answer.header("cache-control"), "no-store");
    return exchange.answer;
  }

  std::map<std::string, std::string> cookies;
  std::string csrf;

  std::string session() const { return cookie("__Host-valetkey_session"); }
  std::string cookie(const std::string& name) const {
    auto found = cookies.find(name);
    return found == cookies.end() ? "" : found->second;
  }

 private:
  std::string cookie_header() const {
    std::string header;
    for (const auto& [name, value] : cookies) header += (header.empty() ? "" : "; ") + name + "=" + value;
    return header;
  }
  void keep_cookies(const Answer& answer) {
    for (const auto& [name, value] : answer.headers) {
      if (name != "set-cookie") continue;
      for (const char* attribute : {"; Secure", "; HttpOnly", "; Path=/", "; SameSite=Lax"}) {
        EXPECT_NE(value.find(attribute), std::string::npos) << value;
      }
      const std::string pair = value.substr(0, value.find(';'));
      const size_t equals = pair.find('=');
      EXPECT_TRUE(pair.starts_with("__Host-"));
      cookies[pair.substr(0, equals)] = pair.substr(equals + 1);
      if (pair.size() == equals + 1) cookies.erase(pair.substr(0, equals));
    }
  }
  const http::Router* router_;
};

class AccountEndpointTest : public accounts::testing_support::AccountsTest {
 protected:
  AccountEndpointTest() {
    PortalAccounts parts{accounts,
                         sessions,
                         passkeys,
                         totp,
                         clock,
                         random,
                         kIssuer,
                         "Valetkey",
                         "http://localhost:8025",
                         Secret(std::string(32, 'c')),
                         [this](sql::Transaction&, const std::string& person_id) -> Result<void> {
                           forgotten.push_back(person_id);
                           return {};
                         },
                         nullptr};
    add_portal_account_routes(router, std::move(parts));
  }
  static std::string credentials(const std::string& email = kEmail, const std::string& password = kPassword) {
    std::string body;
    JsonWriter(body).begin_object().member("email", email).member("password", password).end_object();
    return body;
  }
  // A browser in which a new person is signed in.
  Browser signed_in(const std::string& email = kEmail) {
    Browser browser(router);
    EXPECT_EQ(browser.post("register", credentials(email)).status, 202);
    EXPECT_EQ(browser.post("verify-email", R"({"token":")" + mailbox.token_for(email) + R"("})").status, 200);
    return browser;
  }
  // A person signed in for so long that the sign-in is no longer fresh.
  Browser signed_in_long_ago() {
    Browser browser = signed_in();
    clock.advance(10 * kMinute);
    return browser;
  }

  accounts::Passkeys passkeys{store.get(), clock, random,
                              accounts::RelyingParty{"valetkey.test", kIssuer, "Valetkey"}};
  http::Router router;
  std::vector<std::string> forgotten;
};

}  // namespace valetkey::faces::testing_support
