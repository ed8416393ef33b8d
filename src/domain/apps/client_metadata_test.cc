#include "domain/apps/client_metadata.h"

#include <gtest/gtest.h>

#include "domain/apps/apps_test_support.h"

namespace valetkey::apps {
namespace {

using testing_support::json;

MetadataResult read(const std::string& text, const MetadataRules& rules = {}) {
  JsonDocument document = json(text);
  return read_client_metadata(document.root(), rules);
}
// The error word; empty when it was taken.
std::string refusal(const std::string& text, const MetadataRules& rules = {}) {
  MetadataResult result = read(text, rules);
  auto* problem = std::get_if<RegistrationProblem>(&result);
  if (problem != nullptr) EXPECT_FALSE(problem->description.empty());
  return problem == nullptr ? std::string() : problem->error;
}
Client taken(const std::string& text, const MetadataRules& rules = {}) {
  MetadataResult result = read(text, rules);
  auto* client = std::get_if<Client>(&result);
  EXPECT_NE(client, nullptr) << text;
  return client == nullptr ? Client() : *client;
}
// A registration with these members more.
std::string with(const std::string& members) {
  return R"({"redirect_uris":["https://a.example/cb"],)" + members + "}";
}

TEST(ClientMetadata, NeedsRedirectUrisForCodes) {
  for (const char* text :
       {"{}", R"({"redirect_uris":[]})", R"({"redirect_uris":null})", R"({"redirect_uris":"x"})",
        R"({"redirect_uris":[1]})", R"({"redirect_uris":["https://a.example/",null]})",
        R"({"redirect_uris":["https://a.example/","javascript:x"]})",
        R"({"redirect_uris":["https://a.example/#x"]})", R"({"redirect_uris":{"0":"https://a/"}})",
        R"({"application_type":"web","redirect_uris":["com.a.b:/cb"]})"}) {
    EXPECT_EQ(refusal(text), "invalid_redirect_uri") << text;
  }
  EXPECT_EQ(refusal(R"({"grant_types":["urn:ietf:params:oauth:grant-type:device_code"]})"), "");
}

TEST(ClientMetadata, PostLogoutRedirectsAreJudgedAlike) {
  EXPECT_EQ(refusal(with(R"("post_logout_redirect_uris":["javascript:x"])")), "invalid_redirect_uri");
  EXPECT_EQ(refusal(with(R"("post_logout_redirect_uris":["https://a.example/out"])")), "");
}

TEST(ClientMetadata, MembersHaveTheirTypes) {
  for (const char* members : {R"("client_name":1)",
                              R"("client_name":["x"])",
                              R"("client_name":"a\u0000b")",
                              R"("client_name":"a\nb")",
                              R"("client_name":"a\u202eb")",
                              R"("client_name":"a\u2066b")",
                              R"("application_type":"desktop")",
                              R"("application_type":1)",
                              R"("grant_types":"authorization_code")",
                              R"("grant_types":[1])",
                              R"("grant_types":[])",
                              R"("grant_types":["password"])",
                              R"("grant_types":["implicit"])",
                              R"("response_types":"code")",
                              R"("response_types":["token"])",
                              R"("response_types":[])",
                              R"("scope":1)",
                              R"("scope":"a\"b")",
                              R"("scope":"a\nb")",
                              R"("client_uri":"http://a.example")",
                              R"("client_uri":1)",
                              R"("logo_uri":"javascript:x")",
                              R"("logo_uri":"data:image/png;base64,x")",
                              R"("tos_uri":"//a.example")",
                              R"("policy_uri":"https://u@a.example/")",
                              R"("policy_uri":"https://a.example/#x")",
                              R"("token_endpoint_auth_method":"client_secret_jwt")",
                              R"("token_endpoint_auth_method":"tls_client_auth")",
                              R"("token_endpoint_auth_method":1)",
                              R"("token_endpoint_auth_method":"NONE")",
                              R"("token_endpoint_auth_method":"private_key_jwt")",
                              R"("jwks_uri":"http://a.example/jwks")",
                              R"("jwks_uri":"http://127.0.0.1/jwks")",
                              R"("jwks_uri":"file:///etc/passwd")",
                              R"("jwks_uri":1)",
                              R"("jwks":"x")",
                              R"("jwks":{})",
                              R"("jwks":{"keys":[]})",
                              R"("jwks":{"keys":[{"kty":"oct","k":"AA"}]})",
                              R"("jwks":{"keys":[{"kty":"RSA","n":"AA","e":"AQAB","d":"AA"}]})",
                              R"("id_token_signed_response_alg":"none")",
                              R"("id_token_signed_response_alg":"HS256")",
                              R"("access_token_signed_response_alg":"RS512")",
                              R"("token_endpoint_auth_signing_alg":"HS256")",
                              R"("dpop_bound_access_tokens":"true")",
                              R"("require_pushed_authorization_requests":1)",
                              R"("require_signed_request_object":true)",
                              R"("tls_client_certificate_bound_access_tokens":true)",
                              R"("subject_type":"pairwise")"}) {
    EXPECT_EQ(refusal(with(members)), "invalid_client_metadata") << members;
  }
  EXPECT_EQ(refusal(with(R"("resource":1)")), "invalid_target");
  EXPECT_EQ(refusal(with(R"("resource":"a b")")), "invalid_target");
  EXPECT_EQ(refusal("[]"), "invalid_client_metadata");
  EXPECT_EQ(refusal("1"), "invalid_client_metadata");
}

TEST(ClientMetadata, LimitsHoldAtTheLimitAndOnePastIt) {
  auto name = [](size_t size) { return with(R"("client_name":")" + std::string(size, 'x') + "\""); };
  EXPECT_EQ(refusal(name(kMaxClientName)), "");
  EXPECT_EQ(refusal(name(kMaxClientName + 1)), "invalid_client_metadata");
  auto scope = [](size_t size) { return with(R"("scope":")" + std::string(size, 'x') + "\""); };
  EXPECT_EQ(refusal(scope(kMaxClientScope)), "");
  EXPECT_EQ(refusal(scope(kMaxClientScope + 1)), "invalid_client_metadata");
  auto redirects = [](size_t count) {
    std::string list = R"("https://a.example/0")";
    for (size_t i = 1; i < count; ++i) list += R"(,"https://a.example/)" + std::to_string(i) + "\"";
    return R"({"redirect_uris":[)" + list + "]}";
  };
  EXPECT_EQ(refusal(redirects(kMaxRedirectUris)), "");
  EXPECT_EQ(refusal(redirects(kMaxRedirectUris + 1)), "invalid_redirect_uri");
}

TEST(ClientMetadata, ShowsHtmlAsItWasWritten) {
  EXPECT_EQ(taken(with(R"("client_name":"<script>alert(1)</script>")")).name, "<script>alert(1)</script>");
}

TEST(ClientMetadata, TheApplicationTypeFollowsTheRedirectsWhenItIsNotSaid) {
  EXPECT_EQ(taken(with(R"("client_name":"x")")).application_type, ApplicationType::web);
  EXPECT_EQ(taken(R"({"redirect_uris":["http://localhost/cb"]})").application_type, ApplicationType::native);
  EXPECT_EQ(taken(R"({"redirect_uris":["com.example.app:/cb"]})").application_type, ApplicationType::native);
  EXPECT_EQ(taken(R"({"application_type":"web","redirect_uris":["http://localhost/cb"]})").application_type,
            ApplicationType::web);
}

TEST(ClientMetadata, UnsupportedGrantTypesAreDropped) {
  Client client =
      taken(with(R"("grant_types":["authorization_code","urn:ietf:params:oauth:grant-type:jwt-bearer",
    "password","refresh_token","authorization_code","client_credentials"])"));
  EXPECT_EQ(client.grant_types, (std::vector<std::string>{"authorization_code", "refresh_token"}));
}

// RFC 7591 section 2 lets us replace what was asked for, section 3.2.2 refuse it.
TEST(ClientMetadata, ClientCredentialsAreForBuildersUnlessTheOperatorOpensThemForAll) {
  using List = std::vector<std::string>;
  const std::string alone = R"({"grant_types":["client_credentials"])";
  const std::string secret = R"(,"token_endpoint_auth_method":"client_secret_post"})";
  const std::string among =
      R"({"redirect_uris":["https://a.example/cb"],"grant_types":["authorization_code","client_credentials"])";
  const MetadataRules builder{ClientKind::builder}, dynamic{ClientKind::dynamic};
  const MetadataRules open{ClientKind::dynamic, true};
  EXPECT_EQ(refusal(alone + secret, dynamic), "invalid_client_metadata");
  EXPECT_EQ(taken(among + secret, dynamic).grant_types, List{"authorization_code"});
  for (const MetadataRules& rules : {builder, open}) {
    EXPECT_EQ(taken(alone + secret, rules).grant_types, List{"client_credentials"});
    EXPECT_EQ(taken(among + secret, rules).grant_types, (List{"authorization_code", "client_credentials"}));
    EXPECT_EQ(taken(alone + "}", rules).auth_methods, std::vector{AuthMethod::client_secret_basic});
    EXPECT_EQ(refusal(alone + R"(,"token_endpoint_auth_method":"none"})", rules), "invalid_client_metadata");
  }
}

TEST(ClientMetadata, TokenExchangeNeedsAConfidentialClient) {
  const std::string exchange = R"("grant_types":["urn:ietf:params:oauth:grant-type:token-exchange"])";
  EXPECT_EQ(refusal(with(exchange)), "invalid_client_metadata");
  EXPECT_EQ(refusal(with(exchange + R"(,"token_endpoint_auth_method":"client_secret_post")")), "");
}

TEST(ClientMetadata, NullIsAsAbsent) {
  Client client =
      taken(with(R"("client_name":null,"scope":null,"jwks":null,"grant_types":null,"client_uri":null,
    "token_endpoint_auth_method":null,"application_type":null,"resource":null)"));
  EXPECT_EQ(client.auth_methods, std::vector<AuthMethod>{AuthMethod::none});
  EXPECT_EQ(client.grant_types.size(), 2U);
}

TEST(ClientMetadata, WhatIsStoredReadsBackTheSame) {
  Client client = taken(with(R"("client_name":"x","scope":"a b","id_token_signed_response_alg":"EdDSA",
    "token_endpoint_auth_method":"client_secret_post","access_token_signed_response_alg":"ES256")"));
  client.id = "id";
  auto text_of = [](const Client& c) {
    std::string text;
    JsonWriter writer(text);
    writer.begin_object();
    write_client_metadata(writer, c);
    writer.end_object();
    return text;
  };
  auto again = read_stored_metadata(text_of(client), ClientKind::dynamic);
  ASSERT_TRUE(again.ok());
  again->created_at = client.created_at;
  EXPECT_EQ(text_of(*again), text_of(client));
  EXPECT_FALSE(read_stored_metadata("{", ClientKind::dynamic).ok());
}

}  // namespace
}  // namespace valetkey::apps
