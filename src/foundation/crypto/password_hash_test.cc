#include "foundation/crypto/password_hash.h"

#include <gtest/gtest.h>

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::crypto {
namespace {

constexpr Argon2Cost kCheap{64, 1, 1};

std::string key_of(std::string_view password, std::string_view salt, Argon2Cost cost) {
  return to_hex(derive_key_from_password(Secret(password), salt, cost).reveal());
}

PasswordCheck check(std::string_view password, std::string_view hash, Argon2Cost cost = kCheap) {
  return check_password(Secret(password), hash, cost);
}

// Of the reference implementation of Argon2 (RFC 9106's own vector needs a secret and associated data).
TEST(PasswordHash, KnownAnswersOfArgon2id) {
  EXPECT_EQ(key_of("password", "somesalt", {256, 2, 1}),
            "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
  EXPECT_EQ(key_of("password", "somesalt", {256, 2, 2}),
            "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037");
  EXPECT_EQ(key_of("differentpassword", "somesalt", {65536, 2, 1}),
            "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde");
}

TEST(PasswordHash, TheRightPasswordMatchesAndNoOtherDoes) {
  const std::string hash = hash_password(Secret(std::string("correct horse")), system_random(), kCheap);
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << hash;
  EXPECT_TRUE(check("correct horse", hash).matches);
  EXPECT_FALSE(check("correct horse", hash).outdated);
  for (const char* wrong : {"", "correct hors", "correct horse ", "Correct horse"}) {
    EXPECT_FALSE(check(wrong, hash).matches) << wrong;
  }
}

TEST(PasswordHash, TheSamePasswordIsNeverHashedAlike) {
  const Secret password(std::string("again"));
  EXPECT_NE(hash_password(password, system_random(), kCheap),
            hash_password(password, system_random(), kCheap));
}

TEST(PasswordHash, EveryByteCounts) {
  const std::string with_nul("a\0b", 3);
  const std::string hash = hash_password(Secret(with_nul), system_random(), kCheap);
  EXPECT_TRUE(check(with_nul, hash).matches);
  EXPECT_FALSE(check("a", hash).matches);
  const std::string empty = hash_password(Secret(), system_random(), kCheap);
  EXPECT_TRUE(check("", empty).matches);
  EXPECT_FALSE(check(std::string_view("\0", 1), empty).matches);
}

TEST(PasswordHash, AnotherCostIsOutdated) {
  const std::string hash = hash_password(Secret(std::string("x")), system_random(), kCheap);
  for (const Argon2Cost now : {Argon2Cost{65, 1, 1}, Argon2Cost{64, 2, 1}, Argon2Cost{64, 1, 2}}) {
    EXPECT_TRUE(check("x", hash, now).matches);
    EXPECT_TRUE(check("x", hash, now).outdated);
    EXPECT_FALSE(check("y", hash, now).outdated);
  }
}

// The first three of OpenBSD's and OpenWall's lists, as $2a$, $2b$ and $2y$ of the same salt.
TEST(PasswordHash, KnownAnswersOfBcrypt) {
  const std::string tail = "$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  for (const char* kind : {"$2a", "$2b", "$2y"}) {
    EXPECT_TRUE(check("U*U", kind + tail).matches) << kind;
    EXPECT_TRUE(check("U*U", kind + tail).outdated) << kind;
    EXPECT_FALSE(check("U*V", kind + tail).matches) << kind;
  }
  EXPECT_TRUE(check("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK").matches);
  EXPECT_TRUE(check("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy").matches);
}

TEST(PasswordHash, BcryptIsNotFooledByNul) {
  const std::string hash = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  EXPECT_FALSE(check(std::string_view("U*U\0", 4), hash).matches);
  EXPECT_FALSE(check("U*U", hash + std::string(1, '\0')).matches);
}

TEST(PasswordHash, AnUnreadableHashMatchesNothing) {
  const std::string good = hash_password(Secret(std::string("x")), system_random(), kCheap);
  const std::string bcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  for (const std::string& bad :
       {std::string(), std::string("x"), std::string("*0"), std::string("$"), std::string("$1$abc$x"),
        good.substr(0, good.size() - 1), good + "A", good.substr(1), bcrypt.substr(0, 59), bcrypt + "W",
        "$2x" + bcrypt.substr(3), "$2a$17" + bcrypt.substr(6), "$2a$5a" + bcrypt.substr(6),
        std::string("$argon2id$v=19$m=64,t=1,p=1$"),
        std::string("$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$YWFh"),
        std::string("$argon2id$v=19$m=0,t=1,p=1$c29tZXNhbHQ$YWFhYWFhYWE")}) {
    EXPECT_FALSE(check("x", bad).matches) << bad;
    EXPECT_FALSE(check("", bad).matches) << bad;
  }
}

TEST(PasswordHash, ACheckSaysWhatItComputed) {
  const PasswordCheck argon2id = check("x", hash_password(Secret(std::string("y")), system_random(), kCheap));
  EXPECT_TRUE(argon2id.ran_argon2id);
  EXPECT_FALSE(argon2id.bcrypt_cost);
  const PasswordCheck bcrypt = check("x", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
  EXPECT_FALSE(bcrypt.ran_argon2id);
  EXPECT_EQ(bcrypt.bcrypt_cost, 5);
  for (const char* unreadable : {"", "x", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$!",
                                 "$2a$05$!!!!!!!!!!!!!!!!!!!!!!E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                                 "$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}) {
    EXPECT_FALSE(check("x", unreadable).ran_argon2id) << unreadable;
    EXPECT_FALSE(check("x", unreadable).bcrypt_cost) << unreadable;
  }
}

TEST(PasswordHash, NobodysBcryptCostsWhatItSaysAndMatchesNothing) {
  for (int cost = kLowestBcryptCost; cost <= 6; ++cost) {
    for (const char* password : {"", "U*U", "password"}) {
      EXPECT_EQ(check(password, bcrypt_of_nobody(cost)).bcrypt_cost, cost);
      EXPECT_FALSE(check(password, bcrypt_of_nobody(cost)).matches);
    }
  }
  EXPECT_TRUE(bcrypt_of_nobody(kHighestBcryptCost).starts_with("$2b$16$"));
  EXPECT_FALSE(check("x", bcrypt_of_nobody(kHighestBcryptCost + 1)).bcrypt_cost);
  EXPECT_FALSE(check("x", bcrypt_of_nobody(kLowestBcryptCost - 1)).bcrypt_cost);
}

// A database made to hang the server: refused by what the text says, before any work.
TEST(PasswordHash, ACostBeyondReasonIsNotPaid) {
  for (const char* dear : {"$argon2id$v=19$m=1048577,t=1,p=1$c29tZXNhbHQ$YWFhYWFhYWE",
                           "$argon2id$v=19$m=64,t=33,p=1$c29tZXNhbHQ$YWFhYWFhYWE",
                           "$argon2id$v=19$m=256,t=1,p=17$c29tZXNhbHQ$YWFhYWFhYWE",
                           "$argon2id$v=19$m=99999999999999999999,t=1,p=1$c29tZXNhbHQ$YWFhYWFhYWE",
                           "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}) {
    EXPECT_FALSE(check("U*U", dear).matches) << dear;
  }
}

}  // namespace
}  // namespace valetkey::crypto
