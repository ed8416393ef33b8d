// /mcp on a real server with made-up tokens, and a client that sees every byte.
#pragma once

#include <map>

#include "faces/mcp/mcp.h"
#include "foundation/base/json.h"
#include "foundation/http/server_test_support.h"

namespace valetkey::faces::mcp::testing {

using http::testing::body_of;
using http::testing::header_of;
using http::testing::RawClient;
using http::testing::status_of;
using http::testing::TestServer;

constexpr const char* kMetadata = "https://key.example/.well-known/oauth-protected-resource/mcp";

inline authorization::AccessToken token_with(std::vector<std::string> scopes, std::string thumbprint = "") {
  authorization::AccessToken token;
  token.subject = "person-1";
  token.of_person = true;
  token.client_id = "client-1";
  token.audience = "https://key.example/mcp";
  token.scopes = std::move(scopes);
  token.dpop_thumbprint = std::move(thumbprint);
  token.expires_at = 2'000'000'000;
  return token;
}

inline Task<Result<authorization::AccessToken>> verify_made_up(std::string token) {
  if (token == "good") co_return token_with({"profile"});
  if (token == "poor") co_return token_with({"openid"});
  if (token == "rich") {
    auto rich = token_with({"profile", "email", "ai.use"});
    rich.email = "ada@example.org";
    co_return rich;
  }
  if (token == "bound") co_return token_with({"profile"}, "thumb");
  if (token == "store") co_return Error{Code::store, "down", "test"};
  co_return Error{Code::unauthorized, "bad", "test"};
}

inline Task<Result<authorization::DpopOutcome>> verify_made_up_proof(authorization::DpopRequest request) {
  using Kind = authorization::DpopOutcome::Kind;
  authorization::DpopOutcome outcome;
  // The proof of these tests is what it must prove, in clear.
  std::string wanted = request.method + " " + request.url + " " + request.access_token;
  if (request.proof == wanted) {
    outcome.kind = Kind::proved;
    outcome.thumbprint = "thumb";
  } else if (request.proof == "other key") {
    outcome.kind = Kind::proved;
    outcome.thumbprint = "another";
  } else if (request.proof == "no nonce") {
    outcome.kind = Kind::nonce_wanted;
    outcome.nonce = "fresh";
  } else if (request.proof == "store") {
    co_return Error{Code::store, "down", "test"};
  } else {
    outcome.description = "The proof is for something else.";
  }
  co_return outcome;
}

inline Mcp made_up_face() {
  Mcp face;
  face.verify_token = verify_made_up;
  face.verify_proof = verify_made_up_proof;
  face.list_models =
      [](http::Exchange&,
         authorization::AccessToken) -> Task<std::variant<std::vector<std::string>, McpToolFailure>> {
    co_return std::vector<std::string>{"gpt-a", "gpt-b"};
  };
  face.ask = [](http::Exchange&, authorization::AccessToken, std::string model,
                std::string prompt) -> Task<std::variant<std::string, McpToolFailure>> {
    if (model != "gpt-a") co_return McpToolFailure{"There is no model " + model + "."};
    co_return "You said: " + prompt;
  };
  face.resource = "https://key.example/mcp";
  face.scopes = {"profile"};
  face.version = "9.9";
  return face;
}

// Header fields of a request, in order; a later one of the same name is another field.
using Fields = std::vector<std::pair<std::string, std::string>>;

class McpServer {
 public:
  explicit McpServer(Mcp face = made_up_face()) {
    http::Router router;
    add_mcp_routes(router, face);
    for (const http::Route& route : router.routes()) {
      server_.route(route.method, route.pattern, route.handler, route.policy);
    }
    port_ = server_.start();
  }

  std::string send(std::string_view method, std::string_view path, const Fields& fields,
                   std::string_view body = {}) {
    std::string text = std::string(method) + " " + std::string(path) + " HTTP/1.1\r\n";
    bool host = false;
    for (const auto& [name, value] : fields) {
      host = host || name == "Host";
      text += name + ": " + value + "\r\n";
    }
    if (!host) text += "Host: key.example\r\n";
    if (method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    RawClient client(port_);
    return client.ask(text + "\r\n" + std::string(body));
  }

  // A message with a token ("": none), as a client of 2025-11-25 sends it.
  std::string post(std::string_view token, std::string_view body, Fields more = {}) {
    more.insert(more.begin(), {"Content-Type", "application/json"});
    more.push_back({"Accept", "application/json, text/event-stream"});
    if (!token.empty()) more.push_back({"Authorization", "Bearer " + std::string(token)});
    return send("POST", "/mcp", more, body);
  }

  // The same as a client of 2026-07-28. `params` is the inside of the object, after _meta.
  std::string post_stateless(std::string_view token, std::string method, std::string params = "",
                             std::string name = "") {
    Fields fields = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", method}};
    if (!name.empty()) fields.push_back({"Mcp-Name", name});
    return post(token, stateless_body(method, params), fields);
  }
  static std::string stateless_body(const std::string& method, const std::string& params = "") {
    return R"({"jsonrpc":"2.0","id":7,"method":")" + method +
           R"(","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
           R"("io.modelcontextprotocol/clientCapabilities":{}})" +
           (params.empty() ? "" : "," + params) + "}}";
  }

 private:
  TestServer server_;
  unsigned short port_ = 0;
};

inline std::string rpc(std::string_view method, std::string_view params = "{}") {
  return R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" +
         std::string(params) + "}";
}
inline std::string call(std::string_view tool, std::string_view arguments = "{}",
                        std::string_view more = "") {
  return rpc("tools/call", R"({"name":")" + std::string(tool) + R"(","arguments":)" + std::string(arguments) +
                               std::string(more) + "}");
}

// The answer's body as JSON; keeps the document alive.
class Answer {
 public:
  explicit Answer(std::string_view wire) : document_(parse(body_of(wire))) {}
  Json operator[](std::string_view key) const { return document_[key]; }
  Json result() const { return document_["result"]; }
  int64_t error_code() const { return document_["error"]["code"].integer().value_or(0); }

 private:
  static JsonDocument parse(const std::string& body) {
    auto document = JsonDocument::parse(body);
    EXPECT_TRUE(document.ok()) << body;
    return document.ok() ? std::move(*document) : std::move(*JsonDocument::parse("{}"));
  }
  JsonDocument document_;
};

}  // namespace valetkey::faces::mcp::testing
