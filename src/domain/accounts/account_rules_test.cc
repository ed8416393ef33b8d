// The pure rules: addresses, names, passwords, waits, wraps of the vault key.
#include <gtest/gtest.h>

#include "domain/accounts/email_address.h"
#include "domain/accounts/mail_texts.h"
#include "domain/accounts/password_rules.h"
#include "domain/accounts/throttle.h"
#include "domain/accounts/vault_key.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::accounts {
namespace {

constexpr Millis kNow = 1'780'000'000'000;

std::string word_for(const std::string& password, const std::string& email = "ada@example.test") {
  auto problem = refuse_password(Secret(password), email);
  return problem ? problem->code : "";
}

TEST(EmailAddress, IsTrimmedAndInLowerCase) {
  EXPECT_EQ(canonical_email("  Ada.Lovelace+x@Example.COM\n"), "ada.lovelace+x@example.com");
  EXPECT_EQ(canonical_email("root@localhost"), "root@localhost");
  EXPECT_EQ(canonical_email("o'hara@xn--bcher-kva.example"), "o'hara@xn--bcher-kva.example");
}

TEST(EmailAddress, RefusesWhatCannotBeOneOrCouldBeSomethingElse) {
  for (const std::string& typed : {std::string(""),
                                   std::string("a"),
                                   std::string("@b.c"),
                                   std::string("a@"),
                                   std::string("a@b"),
                                   std::string("a@b@c.d"),
                                   std::string("a b@c.d"),
                                   std::string("a@b..c"),
                                   std::string("a@.b.c"),
                                   std::string("a@b.c."),
                                   std::string(".a@b.c"),
                                   std::string("a.@b.c"),
                                   std::string("a..b@c.d"),
                                   std::string("a@-b.c"),
                                   std::string("a@b-.c"),
                                   std::string("\"a\"@b.c"),
                                   std::string("a<x>@b.c"),
                                   std::string("a\r\nBcc: x@y.z@b.c"),
                                   std::string("a@b.c\r\nBcc: x@y.z"),
                                   std::string("a\0b@c.d", 7),
                                   std::string("\xc3\xa4@b.c"),
                                   std::string("a@[127.0.0.1]"),
                                   std::string("a,b@c.d"),
                                   std::string("a;b@c.d")}) {
    EXPECT_FALSE(canonical_email(typed)) << typed;
  }
}

TEST(EmailAddress, IsTakenUpToItsLimitsAndNoFurther) {
  const std::string label(61, 'd');
  const std::string domain = label + "." + label + "." + label;  // 185
  EXPECT_TRUE(canonical_email(std::string(64, 'l') + "@" + domain));
  EXPECT_FALSE(canonical_email(std::string(65, 'l') + "@" + domain));
  EXPECT_TRUE(canonical_email("a@" + std::string(63, 'd') + ".com"));
  EXPECT_FALSE(canonical_email("a@" + std::string(64, 'd') + ".com"));
  const std::string longest = std::string(64, 'l') + "@" + domain + ".ddd";  // 254
  ASSERT_EQ(longest.size(), kMaxEmail);
  EXPECT_TRUE(canonical_email(longest));
  EXPECT_FALSE(canonical_email(longest + "d"));
}

TEST(PasswordRules, CountCharactersAndNotBytes) {
  std::string eleven, twelve;
  for (int i = 0; i < 11; ++i) eleven += i % 2 ? "\xc3\xa4" : "\xe2\x82\xac";
  twelve = eleven + "x";
  EXPECT_EQ(word_for(eleven), "password_too_short");
  EXPECT_EQ(word_for(twelve), "");
  const std::string longest = std::string(100, 'a') + std::string(156, 'b');
  EXPECT_EQ(word_for(longest), "");
  EXPECT_EQ(word_for(longest + "c"), "password_too_long");
  EXPECT_EQ(word_for("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "invalid_request");
}

TEST(PasswordRules, RefuseWhatIsGuessedFirst) {
  for (const char* password : {"password1234", "PassWord1234", "123456789012", "qwertyuiop123",
                               "aaaaaaaaaaaaa", "abcabcabcabc", "abcdefghijklmnop", "987654321098",
                               "!qaz2wsx3edc", "zxcvbnmasdfghjklqwertyuiop", "correcthorsebatterystaple"}) {
    EXPECT_EQ(word_for(password), "password_too_common") << password;
  }
  EXPECT_EQ(word_for("ada@example.test"), "password_too_common");
  EXPECT_EQ(word_for("adalovelace1815", "AdaLovelace1815@example.test"), "")
      << "the rule takes canonical addresses";
  EXPECT_EQ(word_for("adalovelace1815", "adalovelace1815@example.test"), "password_too_common");
  EXPECT_EQ(word_for("a perfectly fine sentence"), "");
}

TEST(Throttle, WaitsDoubleFromTheLimitUpToTheLongest) {
  const ThrottleRule rule;
  ThrottleCount count;
  for (int i = 1; i < 5; ++i) {
    count = count_failure(count, rule, kNow);
    EXPECT_EQ(count.failures, i);
    EXPECT_EQ(count.wait_until, 0);
  }
  for (Millis wait : {2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900}) {
    count = count_failure(count, rule, kNow);
    EXPECT_EQ(count.wait_until, kNow + wait * kSecond);
  }
}

TEST(Throttle, ForgivesOneFailureAnHour) {
  const ThrottleRule rule;
  ThrottleCount count;
  for (int i = 0; i < 5; ++i) count = count_failure(count, rule, kNow);
  EXPECT_EQ(count_failure(count, rule, kNow + kHour - 1).failures, 6);
  EXPECT_EQ(count_failure(count, rule, kNow + kHour).failures, 5);
  EXPECT_EQ(count_failure(count, rule, kNow + 2 * kHour).wait_until, 0);
  // The rest of an hour is not lost by failing again.
  count = count_failure(count, rule, kNow + kHour - 1);
  EXPECT_EQ(count_failure(count, rule, kNow + kHour).failures, 6);
  EXPECT_EQ(count_failure(count, rule, kNow + 1000 * kDay).failures, 1);
}

TEST(Throttle, StaysSaneHoweverManyFailuresThereWere) {
  const ThrottleRule rule;
  ThrottleCount count;
  for (int i = 0; i < 1000; ++i) count = count_failure(count, rule, kNow);
  EXPECT_EQ(count.wait_until, kNow + 15 * kMinute);
  EXPECT_EQ(count_failure(count, rule, kNow + 26 * kHour).failures, 1) << "forgiven within a day or so";
}

TEST(VaultKey, OpensOnlyWithItsSecretInItsPlace) {
  Random& random = crypto::system_random();
  const Secret key = make_vault_key(random), secret(random.bytes(32));
  std::string wrap = wrap_vault_key(secret, "session:1", key, random);
  EXPECT_TRUE(*unwrap_vault_key(secret, "session:1", wrap) == key);
  EXPECT_FALSE(unwrap_vault_key(secret, "session:2", wrap).ok());
  EXPECT_FALSE(unwrap_vault_key(Secret(random.bytes(32)), "session:1", wrap).ok());
  for (size_t i = 0; i < wrap.size(); ++i) {
    std::string forged = wrap;
    forged[i] ^= 1;
    EXPECT_FALSE(unwrap_vault_key(secret, "session:1", forged).ok()) << i;
  }
  for (size_t size = 0; size < wrap.size(); ++size) {
    EXPECT_FALSE(unwrap_vault_key(secret, "session:1", wrap.substr(0, size)).ok());
  }
  EXPECT_EQ(wrap.find(std::string(key.reveal())), std::string::npos);
}

TEST(VaultKey, UnderAPasswordKeepsItsOwnSaltAndCost) {
  Random& random = crypto::system_random();
  const Secret key = make_vault_key(random), password(std::string("a perfectly fine sentence"));
  const std::string wrap = wrap_under_password(password, "ada", key, {64, 1, 1}, random);
  const std::string dearer = wrap_under_password(password, "ada", key, {128, 2, 1}, random);
  EXPECT_TRUE(*unwrap_under_password(password, "ada", wrap) == key);
  EXPECT_TRUE(*unwrap_under_password(password, "ada", dearer) == key);
  EXPECT_NE(wrap.substr(12, 16), dearer.substr(12, 16));
  EXPECT_FALSE(unwrap_under_password(password, "bob", wrap).ok());
  EXPECT_FALSE(unwrap_under_password(Secret(std::string("another")), "ada", wrap).ok());
  EXPECT_FALSE(unwrap_under_password(password, "ada", std::string(100, '\xff')).ok())
      << "a cost beyond reason";
  EXPECT_FALSE(unwrap_under_password(password, "ada", std::string(100, '\0')).ok());
  EXPECT_FALSE(unwrap_under_password(password, "ada", "").ok());
}

TEST(VaultKey, IsNamedWithoutShowingIt) {
  const Secret key = make_vault_key(crypto::system_random());
  EXPECT_EQ(vault_key_id(key).size(), 32u);
  EXPECT_EQ(vault_key_id(key), vault_key_id(key));
  EXPECT_NE(vault_key_id(key), vault_key_id(make_vault_key(crypto::system_random())));
}

TEST(MailTexts, SayWhoWritesAndWhatToDoAndKeepTheTokenInTheFragment) {
  const MailSender sender{"Valetkey", "https://valetkey.test", spell_duration(kHour)};
  const auto mail = reset_mail(sender, "ada@example.test", Secret(std::string("TOKEN")));
  EXPECT_EQ(mail.to, "ada@example.test");
  const std::string text(mail.text.reveal());
  EXPECT_NE(text.find("https://valetkey.test/reset-password#token=TOKEN\n"), std::string::npos);
  EXPECT_NE(text.find("one hour"), std::string::npos);
  EXPECT_EQ(spell_duration(15 * kMinute), "15 minutes");
  EXPECT_EQ(spell_duration(2 * kHour), "2 hours");
}

}  // namespace
}  // namespace valetkey::accounts
