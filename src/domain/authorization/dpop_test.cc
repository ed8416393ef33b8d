// RFC 9449 section 4.3, point by point, and the attacks that each point is there for.
#include "domain/authorization/dpop.h"

#include <gtest/gtest.h>

#include <set>

#include "domain/authorization/dpop_proof.h"
#include "foundation/crypto/crypto.h"
#include "foundation/crypto/signature.h"
#include "foundation/jose/jose.h"
#include "foundation/jose/jwk.h"
#include "tests/support/sql/await.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::authorization {
namespace {

using Kind = DpopOutcome::Kind;
using jose::base64url_encode;

constexpr Millis kNow = 1'780'000'000'000;
constexpr const char* kUrl = "https://auth.example/oauth/token";

// A client's key, and the proofs it makes: first the header's and the claims' parts, then what a test changes
// in them.
struct Client {
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyKind::p256);

  std::string jwk(const std::string& more = "") const {
    const crypto::PublicParts& parts = key.public_key().parts();
    return R"({"kty":"EC","crv":"P-256","x":")" + base64url_encode(parts.x) + R"(","y":")" +
           base64url_encode(parts.y) + "\"" + more + "}";
  }
  std::string thumbprint() const {
    return jose::VerifyingKey::parse(JsonDocument::parse(jwk())->root())->thumbprint();
  }
  std::string header() const { return R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + jwk() + "}"; }
  std::string sign(const std::string& header, const std::string& claims) const {
    const std::string text = base64url_encode(header) + "." + base64url_encode(claims);
    return text + "." + base64url_encode(key.sign(text));
  }
  std::string proof(const std::string& claims) const { return sign(header(), claims); }
};

std::string claims(const std::string& id, const std::string& more = "", const std::string& url = kUrl,
                   const std::string& method = "POST", int64_t issued_at = kNow / kSecond) {
  return R"({"jti":")" + id + R"(","htm":")" + method + R"(","htu":")" + url + R"(","iat":)" +
         std::to_string(issued_at) + more + "}";
}

class DpopTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  DpopTest() { EXPECT_TRUE(sql::migrate(store.get(), seen_once_migrations(), kNow).ok()); }

  DpopRequest request(std::string proof, std::string token = "") const {
    return {std::move(proof), "POST", kUrl, std::move(token)};
  }
  DpopOutcome verify(DpopRequest asked) { return outcome_of(verifier, std::move(asked)); }
  DpopOutcome verify(std::string proof) { return verify(request(std::move(proof))); }
  DpopOutcome outcome_of(const DpopVerifier& by, DpopRequest asked) {
    auto outcome = await_now(by.verify(std::move(asked)));
    EXPECT_TRUE(outcome.ok()) << outcome.error().detail;
    return outcome.ok() ? *outcome : DpopOutcome{};
  }
  void expect_invalid(const std::string& proof) {
    const DpopOutcome outcome = verify(proof);
    EXPECT_EQ(outcome.kind, Kind::invalid_proof) << proof.substr(0, 200);
    EXPECT_FALSE(outcome.description.empty());
    EXPECT_EQ(outcome.thumbprint, "");
  }

  sql::TemporaryDatabase store{GetParam()};
  ManualClock clock{kNow};
  Client client;
  DpopVerifier verifier{store.get(), clock, Secret(std::string(32, 'n')), false};
  DpopVerifier strict{store.get(), clock, Secret(std::string(32, 'n')), true};
};

INSTANTIATE_TEST_SUITE_P(Engines, DpopTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(DpopTest, AGoodProofProvesItsKey) {
  const DpopOutcome outcome = verify(client.proof(claims("1")));
  EXPECT_EQ(outcome.kind, Kind::proved) << outcome.description;
  EXPECT_EQ(outcome.thumbprint, client.thumbprint());
  EXPECT_EQ(outcome.nonce, "");
}

// Section 4.1's example key, whose thumbprint section 6.1 gives.
TEST_P(DpopTest, ThumbprintOfTheRfcsExample) {
  const auto key = jose::VerifyingKey::parse(
      JsonDocument::parse(R"({"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",)"
                          R"("y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"})")
          ->root());
  EXPECT_EQ(key->thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

// Section 7.1's example: its proof, its token, its place and its time. Everything but the window holds today.
TEST_P(DpopTest, ProofOfTheRfcsExample) {
  const std::string proof =
      "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOX"
      "pDa0RscE"
      "JoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAt"
      "MjU2In19."
      "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2"
      "VuIiwiaW"
      "F0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-"
      "FNyJK70nfbV37xRZT3Lg";
  ManualClock then(1562262616'000);
  const DpopVerifier past(store.get(), then, Secret(std::string(32, 'n')), false);
  const DpopOutcome outcome = outcome_of(past, {proof, "POST", "https://server.example.com/token", ""});
  EXPECT_EQ(outcome.kind, Kind::proved) << outcome.description;
  EXPECT_EQ(outcome.thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

TEST_P(DpopTest, Point2OneWellFormedJwt) {
  const std::string good = client.proof(claims("1"));
  for (const std::string& bad :
       {std::string(), std::string("x"), std::string("."), std::string(".."), good + "." + good,
        good + ", " + good, good + " " + good, good + "=", " " + good, good.substr(0, 50)}) {
    expect_invalid(bad);
  }
  EXPECT_EQ(verify(good).kind, Kind::proved);  // none of them used its id up
}

TEST_P(DpopTest, Point3EveryRequiredClaim) {
  for (const char* bad :
       {"{}", "[]", R"({"htm":"POST","htu":"https://auth.example/oauth/token","iat":1780000000})",
        R"({"jti":"1","htu":"https://auth.example/oauth/token","iat":1780000000})",
        R"({"jti":"1","htm":"POST","iat":1780000000})",
        R"({"jti":"1","htm":"POST","htu":"https://auth.example/oauth/token"})",
        R"({"jti":"","htm":"POST","htu":"https://auth.example/oauth/token","iat":1780000000})",
        R"({"jti":1,"htm":"POST","htu":"https://auth.example/oauth/token","iat":1780000000})",
        R"({"jti":"1","htm":"POST","htu":"https://auth.example/oauth/token","iat":"1780000000"})",
        R"({"jti":"1","htm":["POST"],"htu":"https://auth.example/oauth/token","iat":1780000000})"}) {
    expect_invalid(client.proof(bad));
  }
  expect_invalid(client.proof(claims("1", R"(,"ath":7)")));
  expect_invalid(client.proof(claims("1", R"(,"nonce":7)")));
  expect_invalid(client.proof(claims("1", R"(,"jti":"2")")));  // which of the two?
}

TEST_P(DpopTest, Point4Type) {
  for (const char* typ : {"JWT", "at+jwt", "dpop", "jwt+dpop", ""}) {
    expect_invalid(client.sign(
        R"({"typ":")" + std::string(typ) + R"(","alg":"ES256","jwk":)" + client.jwk() + "}", claims("1")));
  }
  expect_invalid(client.sign(R"({"alg":"ES256","jwk":)" + client.jwk() + "}", claims("1")));
}

TEST_P(DpopTest, Point5AnAsymmetricAlgorithmOfTheKeysKind) {
  for (const char* alg : {"none", "HS256", "RS256", "EdDSA", "PS256", "ES384", ""}) {
    expect_invalid(client.sign(
        R"({"typ":"dpop+jwt","alg":")" + std::string(alg) + R"(","jwk":)" + client.jwk() + "}", claims("1")));
  }
}

TEST_P(DpopTest, Point5EveryAlgorithmOfOurs) {
  for (const crypto::KeyKind kind : {crypto::KeyKind::rsa, crypto::KeyKind::ed25519}) {
    Client other{crypto::PrivateKey::generate(kind)};
    const crypto::PublicParts& parts = other.key.public_key().parts();
    const bool is_rsa = kind == crypto::KeyKind::rsa;
    const std::string jwk = is_rsa
                                ? R"({"kty":"RSA","n":")" + base64url_encode(parts.n) + R"(","e":")" +
                                      base64url_encode(parts.e) + "\"}"
                                : R"({"kty":"OKP","crv":"Ed25519","x":")" + base64url_encode(parts.x) + "\"}";
    const std::string header =
        R"({"typ":"dpop+jwt","alg":")" + std::string(is_rsa ? "RS256" : "EdDSA") + R"(","jwk":)" + jwk + "}";
    EXPECT_EQ(verify(other.sign(header, claims("1"))).kind, Kind::proved);
  }
}

TEST_P(DpopTest, Point6SignedByTheKeyInTheHeader) {
  const Client thief;
  expect_invalid(thief.sign(client.header(), claims("1")));
  expect_invalid(client.sign(R"({"typ":"dpop+jwt","alg":"ES256"})", claims("1")));
  expect_invalid(client.sign(R"({"typ":"dpop+jwt","alg":"ES256","jwk":"x"})", claims("1")));
  expect_invalid(client.sign(R"({"typ":"dpop+jwt","alg":"ES256","jwk":{}})", claims("1")));
  expect_invalid(
      client.sign(R"({"typ":"dpop+jwt","alg":"ES256","jku":"https://evil.example/"})", claims("1")));
  std::string changed = client.proof(claims("1"));
  changed.replace(changed.find('.') + 1, 4, "eyJq");
  changed[changed.find('.') + 8] ^= 1;
  expect_invalid(changed);
}

TEST_P(DpopTest, Point7NoPrivateKeyInTheHeader) {
  for (const char* more : {R"(,"d":"AQAB")", R"(,"k":"AQAB")", R"(,"d":"")"}) {
    expect_invalid(
        client.sign(R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + client.jwk(more) + "}", claims("1")));
  }
  expect_invalid(
      client.sign(R"({"typ":"dpop+jwt","alg":"HS256","jwk":{"kty":"oct","k":"AQAB"}})", claims("1")));
}

TEST_P(DpopTest, Point8Method) {
  for (const char* method : {"GET", "post", "POST ", "PUT"})
    expect_invalid(client.proof(claims("1", "", kUrl, method)));
}

TEST_P(DpopTest, Point9Target) {
  int id = 0;
  for (const char* same : {"https://auth.example/oauth/token", "https://auth.example/oauth/token?x=1",
                           "https://auth.example/oauth/token#x", "HTTPS://AUTH.Example:443/oauth/token",
                           "https://auth.example/oauth/%74oken", "https://auth.example/./oauth/token",
                           "https://auth.example/x/../oauth/token"}) {
    EXPECT_EQ(verify(client.proof(claims(std::to_string(++id), "", same))).kind, Kind::proved) << same;
  }
  for (const char* other :
       {"http://auth.example/oauth/token", "https://auth.example:8443/oauth/token",
        "https://evil.example/oauth/token", "https://auth.example/oauth/token/",
        "https://auth.example/oauth/Token", "https://auth.example/oauth%2Ftoken", "https://auth.example",
        "/oauth/token", "auth.example/oauth/token", "https://me@auth.example/oauth/token",
        "https://auth.example.evil.example/oauth/token", "https://auth.example//oauth/token",
        "https://auth.example/oauth/token%", "https://auth.example/oauth/token%zz",
        "ftp://auth.example/oauth/token"}) {
    expect_invalid(client.proof(claims("o", "", other)));
  }
}

TEST_P(DpopTest, Point11Recent) {
  const int64_t now = kNow / kSecond;
  EXPECT_EQ(verify(client.proof(claims("1", "", kUrl, "POST", now - 300))).kind, Kind::proved);
  EXPECT_EQ(verify(client.proof(claims("2", "", kUrl, "POST", now + 300))).kind, Kind::proved);
  expect_invalid(client.proof(claims("3", "", kUrl, "POST", now - 301)));
  expect_invalid(client.proof(claims("4", "", kUrl, "POST", now + 301)));
  expect_invalid(client.proof(claims("5", "", kUrl, "POST", 0)));
  expect_invalid(client.proof(claims("6", "", kUrl, "POST", INT64_MAX)));
  expect_invalid(
      client.proof(R"({"jti":"7","htm":"POST","htu":"https://auth.example/oauth/token","iat":1e300})"));
  EXPECT_EQ(
      verify(client.proof(
                 R"({"jti":"8","htm":"POST","htu":"https://auth.example/oauth/token","iat":1780000000.25})"))
          .kind,
      Kind::proved);
}

TEST_P(DpopTest, Point11OnceOnly) {
  const std::string proof = client.proof(claims("1"));
  EXPECT_EQ(verify(proof).kind, Kind::proved);
  expect_invalid(proof);
  expect_invalid(client.proof(claims("1", R"(,"other":"claims")")));
  EXPECT_EQ(Client().proof(claims("1")).empty(), false);
  EXPECT_EQ(verify(Client().proof(claims("1"))).kind, Kind::proved);  // another key's id is its own
}

TEST_P(DpopTest, OfManyReplaysAtOnceOneWins) {
  const auto other_store = store.open_another();
  const DpopVerifier elsewhere(*other_store, clock, Secret(std::string(32, 'n')), false);
  for (int round = 0; round < 5; ++round) {
    const std::string proof = client.proof(claims("round " + std::to_string(round)));
    std::vector<Task<Result<DpopOutcome>>> tasks;
    for (int i = 0; i < 64; ++i) tasks.push_back((i % 2 == 0 ? verifier : elsewhere).verify(request(proof)));
    int proved = 0;
    for (const auto& outcome : await_all(std::move(tasks))) {
      ASSERT_TRUE(outcome.ok()) << outcome.error().detail;
      if (outcome->kind == Kind::proved) ++proved;
    }
    ASSERT_EQ(proved, 1);
  }
}

TEST_P(DpopTest, ARememberedIdIsForgottenOnlyWhenTheProofIsTooOld) {
  const std::string early = client.proof(claims("1", "", kUrl, "POST", kNow / kSecond + 300));
  EXPECT_EQ(verify(early).kind, Kind::proved);
  const auto forget = [&] {
    int64_t forgotten = 0;
    EXPECT_TRUE(store
                    ->write_now([&](sql::Transaction& transaction) -> Result<void> {
                      VK_TRY(forgotten, forget_seen(transaction, clock.now()));
                      return {};
                    })
                    .ok());
    return forgotten;
  };
  clock.advance(2 * kDpopWindow);
  EXPECT_EQ(forget(), 0);
  expect_invalid(early);  // just recent enough, and known
  clock.advance(kMinute);
  EXPECT_EQ(forget(), 1);
  expect_invalid(early);  // forgotten, and too old
}

TEST_P(DpopTest, Point12TheAccessToken) {
  const std::string token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";  // section 7.1's example
  const std::string ath = R"(,"ath":"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo")";
  EXPECT_EQ(verify(request(client.proof(claims("1", ath)), token)).kind, Kind::proved);
  for (const std::string& proof :
       {client.proof(claims("2")), client.proof(claims("3", R"(,"ath":"")")),
        client.proof(claims("4", R"(,"ath":"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo=")"))}) {
    EXPECT_EQ(verify(request(proof, token)).kind, Kind::invalid_proof);
  }
  EXPECT_EQ(verify(request(client.proof(claims("5", ath)), token + "x")).kind, Kind::invalid_proof);
}

TEST_P(DpopTest, Point10TheNonceWhenOneIsRequired) {
  const DpopOutcome asked = outcome_of(strict, request(client.proof(claims("1"))));
  ASSERT_EQ(asked.kind, Kind::nonce_wanted);
  ASSERT_FALSE(asked.nonce.empty());
  const std::string with_nonce = R"(,"nonce":")" + asked.nonce + "\"";
  const DpopOutcome proved = outcome_of(strict, request(client.proof(claims("1", with_nonce))));
  EXPECT_EQ(proved.kind, Kind::proved) << proved.description;
  EXPECT_FALSE(proved.nonce.empty()) << "a fresh one for the next request";
  EXPECT_EQ(outcome_of(strict, request(client.proof(claims("1", with_nonce)))).kind, Kind::invalid_proof);
  // With our own time in the proof the client's clock does not count.
  EXPECT_EQ(outcome_of(strict, request(client.proof(claims("2", with_nonce, kUrl, "POST", 1)))).kind,
            Kind::proved);
  // Whether it is required or not, one that is there must be good.
  EXPECT_EQ(verify(client.proof(claims("3", with_nonce))).kind, Kind::proved);
  for (const std::string& bad :
       {std::string("x"), asked.nonce + "A", asked.nonce.substr(1), "B" + asked.nonce.substr(1),
        asked.nonce.substr(0, 31) + (asked.nonce[31] == 'A' ? "B" : "A"),
        base64url_encode(std::string(24, '\0')), std::string(4000, 'A')}) {
    const std::string claim = R"(,"nonce":")" + bad + "\"";
    EXPECT_EQ(verify(client.proof(claims("4", claim))).kind, Kind::nonce_wanted) << bad;
    EXPECT_EQ(outcome_of(strict, request(client.proof(claims("4", claim)))).kind, Kind::nonce_wanted) << bad;
  }
}

TEST_P(DpopTest, ANonceIsGoodForFiveMinutesAndOnEveryInstance) {
  const std::string nonce = outcome_of(strict, request(client.proof(claims("1")))).nonce;
  const std::string claim = R"(,"nonce":")" + nonce + "\"";
  const DpopVerifier twin(store.get(), clock, Secret(std::string(32, 'n')), true);
  const DpopVerifier stranger(store.get(), clock, Secret(std::string(32, 'm')), true);
  clock.advance(kDpopWindow);
  EXPECT_EQ(outcome_of(stranger, request(client.proof(claims("2", claim)))).kind, Kind::nonce_wanted);
  EXPECT_EQ(outcome_of(twin, request(client.proof(claims("2", claim)))).kind, Kind::proved);
  clock.advance(1);
  EXPECT_EQ(outcome_of(twin, request(client.proof(claims("3", claim)))).kind, Kind::nonce_wanted);
}

TEST_P(DpopTest, Limits) {
  EXPECT_EQ(verify(client.proof(claims(std::string(kMaxDpopIdSize, 'j')))).kind, Kind::proved);
  expect_invalid(client.proof(claims(std::string(kMaxDpopIdSize + 1, 'j'))));
  const auto of_size = [&](size_t size) {
    std::string filler;
    for (std::string proof;; filler.push_back('x')) {
      proof = client.proof(claims("long", R"(,"x":")" + filler + "\""));
      if (proof.size() >= size) return proof;
      filler.append((size - proof.size()) / 2, 'x');
    }
  };
  const std::string longest = of_size(kMaxDpopProofSize);
  ASSERT_EQ(longest.size(), kMaxDpopProofSize);
  expect_invalid(of_size(kMaxDpopProofSize + 1));
  EXPECT_EQ(verify(longest).kind, Kind::proved);
}

TEST_P(DpopTest, AStoreThatFailsIsNeitherYesNorNo) {
  sql::TemporaryDatabase empty(GetParam());
  const DpopVerifier lost(empty.get(), clock, Secret(std::string(32, 'n')), false);
  const auto outcome = await_now(lost.verify(request(client.proof(claims("1")))));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, Code::store);
}

TEST_P(DpopTest, SeenOnceIsByKindAndTakesAnyBytes) {
  const auto see = [&](std::string_view kind, std::string_view id) {
    bool first = false;
    EXPECT_TRUE(store
                    ->write_now([&](sql::Transaction& transaction) -> Result<void> {
                      VK_TRY(first, see_once(transaction, kind, id, kNow + 1));
                      return {};
                    })
                    .ok());
    return first;
  };
  for (const std::string& id : {std::string("a"), std::string(), std::string("a\0b", 3),
                                std::string("\xff\xfe"), std::string(100'000, 'x')}) {
    EXPECT_TRUE(see("assertion", id));
    EXPECT_FALSE(see("assertion", id));
    EXPECT_TRUE(see("dpop", id));
  }
}

}  // namespace
}  // namespace valetkey::authorization
