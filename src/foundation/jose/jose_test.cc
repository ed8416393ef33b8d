#include "foundation/jose/jose.h"

#include <gtest/gtest.h>

#include <thread>

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::jose {
namespace {

Secret key(char fill) {
  return Secret(std::string(32, fill));
}
HmacKeyRing ring_of(char fill) {
  std::vector<Secret> keys;
  keys.push_back(key(fill));
  return HmacKeyRing(std::move(keys));
}
// A JWS with any header, correctly signed.
std::string signed_with(const Secret& secret, std::string_view header, std::string_view payload) {
  const std::string text = base64url_encode(header) + "." + base64url_encode(payload);
  return text + "." + base64url_encode(crypto::hmac_sha256(secret, text));
}
Code refusal(const HmacKeyRing& ring, std::string_view jwt) {
  const auto verified = ring.verify(jwt);
  return verified.ok() ? Code::internal : verified.error().code;
}

TEST(Base64Url, EveryLengthComesBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const std::string text = base64url_encode(bytes);
    EXPECT_EQ(text.find_first_of("+/="), std::string::npos);
    EXPECT_EQ(base64url_decode(text), bytes);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    EXPECT_EQ(base64url_decode(text + std::string((4 - text.size() % 4) % 4, '=')), bytes);
    bytes.push_back(static_cast<char>(i * 167));
  }
}

TEST(Base64Url, Rfc4648) {
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64_encode("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64_encode("foob"), "Zm9vYg==");
  EXPECT_EQ(base64url_encode("foob"), "Zm9vYg");
  EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
  EXPECT_EQ(base64_encode("\xfb\xff"), "+/8=");
  EXPECT_EQ(base64url_decode(""), "");
}

TEST(Base64Url, RefusesEverythingElse) {
  for (std::string_view bad : {"A", "AAAAA", "Zm9v Yg", "Zm9vYg\n", "+/8", "Zm9vYg=", "Zm9vYg===", "Zm9v=",
                               "=", "====", "Zm=vYg==", "Zm9vY===", "Zm9vYh", "-_9", "Z\xc3\xa9\xc3"}) {
    EXPECT_EQ(base64url_decode(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(base64url_decode(std::string_view("AA\0A", 4)), std::nullopt);
  for (std::string_view bad : {"Zm9vYg", "-_8=", "Zm9vYg=", "A===", "Zm9vYh=="}) {
    EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
  }
}

// RFC 7515 appendix A.1; its header also has a typ, in an order and with white space of its own.
TEST(Jws, Rfc7515AppendixA1) {
  const auto secret = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  std::vector<Secret> keys;
  keys.emplace_back(*secret);
  const HmacKeyRing ring(std::move(keys));
  const auto payload = ring.verify(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  ASSERT_TRUE(payload.ok());
  EXPECT_EQ((*payload)["iss"].string(), "joe");
  EXPECT_EQ((*payload)["exp"].integer(), 1300819380);
}

TEST(Jws, HeaderIsAlgAndNothingElse) {
  const std::string jwt = ring_of('a').sign(R"({"v":2})");
  EXPECT_EQ(base64url_decode(jwt.substr(0, jwt.find('.'))), R"({"alg":"HS256"})");
  EXPECT_EQ(jwt, signed_with(key('a'), R"({"alg":"HS256"})", R"({"v":2})"));
}

TEST(Jws, TheFirstKeySignsAndEveryKeyVerifies) {
  std::vector<Secret> keys;
  for (char fill : {'n', 'o', 'p'}) keys.push_back(key(fill));
  const HmacKeyRing rotated(std::move(keys));
  for (char old : {'n', 'o', 'p'}) EXPECT_TRUE(rotated.verify(ring_of(old).sign("{}")).ok()) << old;
  EXPECT_EQ(refusal(rotated, ring_of('q').sign("{}")), Code::unauthorized);
  EXPECT_TRUE(ring_of('n').verify(rotated.sign("{}")).ok());
  EXPECT_FALSE(ring_of('o').verify(rotated.sign("{}")).ok());
}

TEST(Jws, OnlyHs256WithoutExtensions) {
  const HmacKeyRing ring = ring_of('a');
  EXPECT_TRUE(ring.verify(signed_with(key('a'), R"({"typ":"JWT","alg":"HS256","kid":"7"})", "{}")).ok());
  for (std::string_view header :
       {R"({"alg":"none"})", R"({"alg":"hs256"})", R"({"alg":"HS256 "})", R"({"alg":"HS512"})",
        R"({"alg":"RS256"})", R"({})", R"({"alg":null})", R"({"alg":["HS256"]})",
        R"({"alg":"HS256","crit":["exp"]})", R"({"alg":"HS256","crit":[]})", R"({"alg":"HS256","b64":false})",
        R"({"alg":"none","alg":"HS256"})", R"({"alg":"HS256","alg":"none"})",
        R"({"alg":"HS256","alg":"HS256"})", R"(["HS256"])", R"("HS256")", R"({"alg":"HS256"}x)", "",
        "\xff"}) {
    EXPECT_EQ(refusal(ring, signed_with(key('a'), header, "{}")), Code::unauthorized) << header;
  }
}

TEST(Jws, UnsignedAndCutTokensAreRefused) {
  const HmacKeyRing ring = ring_of('a');
  const std::string jwt = ring.sign(R"({"v":2})");
  const std::string text = jwt.substr(0, jwt.rfind('.'));
  EXPECT_EQ(refusal(ring, text + "."), Code::unauthorized);
  EXPECT_EQ(refusal(ring, text), Code::unauthorized);
  EXPECT_EQ(refusal(ring, ""), Code::unauthorized);
  EXPECT_EQ(refusal(ring, ".."), Code::unauthorized);
  EXPECT_EQ(refusal(ring, base64url_encode(R"({"alg":"none"})") + ".e30."), Code::unauthorized);
  for (size_t size = 0; size < jwt.size(); ++size) {
    EXPECT_EQ(refusal(ring, jwt.substr(0, size)), Code::unauthorized) << size;
  }
}

// One signature has one spelling, so a revocation or replay list cannot be dodged by writing it differently.
TEST(Jws, NoSecondSpelling) {
  const HmacKeyRing ring = ring_of('a');
  const std::string jwt = ring.sign(R"({"v":2})");
  ASSERT_TRUE(ring.verify(jwt).ok());
  for (const std::string& other :
       {jwt + "=", jwt + ".", "." + jwt, jwt + ".x", jwt + "\n", " " + jwt, jwt + "A"}) {
    EXPECT_EQ(refusal(ring, other), Code::unauthorized) << other;
  }
  for (size_t i = 0; i < jwt.size(); ++i) {
    for (char c : {'A', 'b', '1', '-', '_', '.', '=', '+', '\0'}) {
      if (jwt[i] == c) continue;
      std::string other = jwt;
      other[i] = c;
      EXPECT_EQ(refusal(ring, other), Code::unauthorized) << other;
    }
  }
}

TEST(Jws, PayloadMustBeAnObject) {
  const HmacKeyRing ring = ring_of('a');
  for (std::string_view payload : {"", "7", "[]", "\"x\"", "{", "{}{}", "{\"a\":\"\xff\"}"}) {
    EXPECT_EQ(refusal(ring, ring.sign(payload)), Code::unauthorized) << payload;
  }
}

TEST(Jws, AtTheSizeLimitAndOnePast) {
  const HmacKeyRing ring = ring_of('a');
  const auto of_size = [&](size_t filler) {
    return ring.sign("{\"x\":\"" + std::string(filler, 'x') + "\"}");
  };
  const size_t fixed = 20 + 1 + 1 + 43;  // header, dots, signature
  const size_t bytes = (kMaxJwtSize - fixed) * 3 / 4;
  const std::string fits = of_size(bytes - 8);
  ASSERT_LE(fits.size(), kMaxJwtSize);
  EXPECT_TRUE(ring.verify(fits).ok());
  const std::string longer = of_size(bytes - 8 + 2);
  ASSERT_GT(longer.size(), kMaxJwtSize);
  EXPECT_EQ(refusal(ring, longer), Code::unauthorized);
}

TEST(Jws, ManyThreadsShareOneRing) {
  const HmacKeyRing ring = ring_of('a');
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&ring, t] {
      const std::string payload = "{\"t\":" + std::to_string(t) + "}";
      for (int i = 0; i < 200; ++i) {
        const auto verified = ring.verify(ring.sign(payload));
        ASSERT_TRUE(verified.ok());
        ASSERT_EQ((*verified)["t"].integer(), t);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(IdentityHash, VectorOfAuthAi) {
  const std::string mac = crypto::hmac_sha256(key('\x09'), std::string_view("openai\0acct", 11));
  EXPECT_EQ(base64url_encode(mac), "ofKmjFHKEkc4GvVdcMrsADLcrMGJNe_Fk-dP5G4RgAc");
}

TEST(ReadUnverified, TakesPaddedAndUnpaddedPayloads) {
  std::string payload = R"({"https://api.openai.com/auth":{"chatgpt_account_id":"acct_1"}})";
  for (int spaces = 0; spaces < 3; ++spaces, payload += ' ') {
    const std::string unpadded = base64url_encode(payload);
    const std::string padded = unpadded + std::string((4 - unpadded.size() % 4) % 4, '=');
    for (const std::string& part : {unpadded, padded}) {
      const auto claims = read_unverified("whatever." + part + ".signature");
      ASSERT_TRUE(claims.has_value()) << part;
      EXPECT_EQ((*claims)["https://api.openai.com/auth"]["chatgpt_account_id"].string(), "acct_1");
    }
  }
}

TEST(ReadUnverified, NothingForWhatIsNoJwt) {
  for (std::string_view bad :
       {"", "gho_abc", "a.b", "a.b.c", "a.e30", "a.e30.c.d", "a.W10.c", "..", "a.e30==.c"}) {
    EXPECT_FALSE(read_unverified(bad).has_value()) << bad;
  }
  EXPECT_TRUE(read_unverified("a.e30.").has_value());
}

}  // namespace
}  // namespace valetkey::jose
