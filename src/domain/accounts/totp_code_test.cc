#include "domain/accounts/totp_code.h"

#include <gtest/gtest.h>

#include "domain/accounts/base32.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/hmac_sha1.h"

namespace valetkey::accounts {
namespace {

const Secret kRfcSecret(std::string("12345678901234567890"));

TEST(HmacSha1, GivesTheVectorsOfRfc2202) {
  EXPECT_EQ(to_hex(crypto::hmac_sha1(Secret(std::string(20, '\x0b')), "Hi There")),
            "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(to_hex(crypto::hmac_sha1(Secret(std::string("Jefe")), "what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(crypto::hmac_sha1(Secret(), "").size(), crypto::kSha1Size);
}

TEST(TotpCode, GivesTheVectorsOfRfc6238AppendixB) {
  const std::pair<int64_t, const char*> vectors[] = {{59, "94287082"},         {1111111109, "07081804"},
                                                     {1111111111, "14050471"}, {1234567890, "89005924"},
                                                     {2000000000, "69279037"}, {20000000000, "65353130"}};
  for (const auto& [seconds, code] : vectors)
    EXPECT_EQ(totp_code(kRfcSecret, seconds / 30, 8), code) << seconds;
}

TEST(TotpCode, GivesTheVectorsOfRfc4226AppendixD) {
  const char* codes[] = {"755224", "287082", "359152", "969429", "338314",
                         "254676", "287922", "162583", "399871", "520489"};
  for (int step = 0; step < 10; ++step) EXPECT_EQ(totp_code(kRfcSecret, step), codes[step]);
}

TEST(TotpCode, IsFoundOneStepEitherWayAndNotTwo) {
  const Millis now = 1000 * kTotpStep + 1;
  for (int64_t step = 997; step <= 1003; ++step) {
    auto found = find_totp_step(kRfcSecret, totp_code(kRfcSecret, step), now, 0);
    EXPECT_EQ(found.has_value(), step >= 999 && step <= 1001) << step;
    if (found) EXPECT_EQ(*found, step);
  }
}

TEST(TotpCode, IsNotFoundAtOrBeforeTheLastStep) {
  const Millis now = 1000 * kTotpStep;
  EXPECT_TRUE(find_totp_step(kRfcSecret, totp_code(kRfcSecret, 1000), now, 999));
  EXPECT_FALSE(find_totp_step(kRfcSecret, totp_code(kRfcSecret, 1000), now, 1000));
  EXPECT_FALSE(find_totp_step(kRfcSecret, totp_code(kRfcSecret, 999), now, 1000));
  EXPECT_TRUE(find_totp_step(kRfcSecret, totp_code(kRfcSecret, 1001), now, 1000));
}

TEST(TotpCode, IsTakenAsPeopleTypeItAndInNoOtherForm) {
  const Millis now = 3 * kTotpStep;  // 969429
  for (const char* good : {"969429", "969 429", " 969429 "})
    EXPECT_TRUE(find_totp_step(kRfcSecret, good, now, 0)) << good;
  for (std::string bad : {std::string(), std::string("96942"), std::string("9694290"), std::string("0969429"),
                          std::string("969-429"), std::string("969429\n"), std::string("969429\0", 7),
                          "969429" + std::string(100'000, ' ')}) {
    EXPECT_FALSE(find_totp_step(kRfcSecret, bad, now, 0));
  }
}

TEST(TotpCode, TheUriEscapesWhatItNames) {
  EXPECT_EQ(otpauth_uri(Secret(std::string("ABC")), "Valet & Key", "ada+x@example.test"),
            "otpauth://totp/Valet%20%26%20Key:ada%2Bx@example.test?secret=ABC&issuer=Valet%20%26%20Key"
            "&algorithm=SHA1&digits=6&period=30");
}

TEST(Base32, GivesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "MY"},
                                                         {"fo", "MZXQ"},
                                                         {"foo", "MZXW6"},
                                                         {"foob", "MZXW6YQ"},
                                                         {"fooba", "MZXW6YTB"},
                                                         {"foobar", "MZXW6YTBOI"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base32_encode(bytes), text);
    EXPECT_EQ(base32_decode(text), bytes);
  }
  EXPECT_EQ(base32_decode("mzxw-6ytb oi"), "foobar");
}

TEST(Base32, RefusesWhatNoBytesGive) {
  for (const char* bad : {"M", "MZX", "MZXW6Y", "MZ", "MY======", "M0", "M1", "M8", "M\xc3\xbc"}) {
    EXPECT_FALSE(base32_decode(bad)) << bad;
  }
}

}  // namespace
}  // namespace valetkey::accounts
