#include "domain/authorization/signing_keys.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "domain/authorization/signing_key_rows.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"
#include "tests/support/sql/await.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::authorization {
namespace {

using jose::Algorithm;

constexpr Millis kNow = 1'780'000'000'000;
constexpr Millis kSlack = 10 * kMinute;  // for instances that are late to notice
constexpr Algorithm kAll[] = {Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA};

Secret repeated(char byte) {
  return Secret(std::string(32, byte));
}

SigningKeyOptions options(std::vector<Secret> secrets = {repeated('s')}) {
  SigningKeyOptions out;
  out.seal_secrets = std::move(secrets);
  return out;
}

class SigningKeysTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  SigningKeysTest() {
    auto applied = sql::migrate(store.get(), signing_key_migrations(), kNow);
    EXPECT_TRUE(applied.ok()) << applied.error().detail;
  }
  std::unique_ptr<SigningKeys> instance(SigningKeyOptions with = options()) {
    return std::make_unique<SigningKeys>(store.get(), clock, crypto::system_random(), std::move(with));
  }
  std::unique_ptr<SigningKeys> started(SigningKeyOptions with = options()) {
    auto keys = instance(std::move(with));
    auto done = keys->start();
    EXPECT_TRUE(done.ok()) << done.error().detail;
    return keys;
  }
  void rotate(SigningKeys& keys) {
    auto done = await_now(keys.rotate());
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  SigningKeyRows rows() {
    SigningKeyRows found;
    auto read = store->write_now([&](sql::Transaction& transaction) -> Result<void> {
      VK_TRY(found, list_signing_keys(transaction));
      return {};
    });
    EXPECT_TRUE(read.ok());
    return found;
  }

  sql::TemporaryDatabase store{GetParam()};
  ManualClock clock{kNow};
};

INSTANTIATE_TEST_SUITE_P(Engines, SigningKeysTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

std::map<Algorithm, std::string> signers(const SigningKeys& keys) {
  std::map<Algorithm, std::string> out;
  for (const Algorithm algorithm : kAll) out[algorithm] = keys.current()->signing_key(algorithm).key_id();
  return out;
}

bool accepts(const SigningKeys& keys, const std::string& jwt) {
  const auto header = jose::read_jws_header(jwt);
  const jose::VerifyingKey* key = header.ok() ? keys.current()->find(header->key_id) : nullptr;
  return key != nullptr && jose::verify_jws(jwt, *key).ok();
}

// A 2048-bit key as the seed server writes its file.
std::string seed_file(const std::string& key_id, const jose::SigningKey& key) {
  std::string pem = jose::base64_encode(key.pkcs8().reveal());
  for (size_t i = 64; i < pem.size(); i += 65) pem.insert(i, "\n");
  pem = "-----BEGIN PRIVATE KEY-----\n" + pem + "\n-----END PRIVATE KEY-----\n";
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("privateKey", pem).member("publicKey", "unread").member("alg", "RS256");
  json.member("kid", key_id).end_object();
  return out;
}

TEST_P(SigningKeysTest, AFreshStoreSignsWithEveryAlgorithmAtOnce) {
  const auto keys = started();
  const auto set = keys->current();
  EXPECT_EQ(set->signing.size(), 3u);
  EXPECT_EQ(set->verifying.size(), 3u);
  for (const Algorithm algorithm : kAll) {
    const std::string jwt = set->signing_key(algorithm).sign_jwt("at+jwt", R"({"sub":"me"})");
    EXPECT_EQ(jose::read_jws_header(jwt)->algorithm, algorithm);
    EXPECT_TRUE(accepts(*keys, jwt));
  }
  EXPECT_EQ(set->find("unknown"), nullptr);
  EXPECT_EQ(set->find(""), nullptr);
}

TEST_P(SigningKeysTest, TheJwksIsWhatVerifiersNeedAndNothingSecret) {
  const auto keys = started();
  const auto set = keys->current();
  const auto published = jose::JwkSet::parse(set->jwks);
  ASSERT_TRUE(published.ok());
  ASSERT_EQ(published->keys().size(), 3u);
  for (const Algorithm algorithm : kAll) {
    const jose::SigningKey& key = set->signing_key(algorithm);
    const jose::VerifyingKey* found = published->find(key.key_id(), algorithm);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->thumbprint(), key.verifying_key().thumbprint());
  }
  for (const char* secret : {"\"d\"", "\"p\"", "\"q\"", "\"dp\""}) {
    EXPECT_EQ(set->jwks.find(secret), std::string::npos) << secret;
  }
  EXPECT_EQ(set->etag.size(), 24u);
  EXPECT_EQ(set->etag.front(), '"');
}

TEST_P(SigningKeysTest, ARestartChangesNothing) {
  const auto before = started()->current();
  store.reopen();
  const auto after = started()->current();
  EXPECT_EQ(after->jwks, before->jwks);
  EXPECT_EQ(after->etag, before->etag);
}

TEST_P(SigningKeysTest, InstancesThatStartAtOnceAgree) {
  std::vector<std::unique_ptr<sql::Database>> stores;
  std::vector<std::unique_ptr<SigningKeys>> instances;
  for (int i = 0; i < 4; ++i) {
    stores.push_back(store.open_another());
    instances.push_back(
        std::make_unique<SigningKeys>(*stores.back(), clock, crypto::system_random(), options()));
  }
  std::vector<std::thread> threads;
  for (auto& keys : instances) {
    threads.emplace_back([&keys] {
      auto done = keys->start();
      EXPECT_TRUE(done.ok()) << done.error().detail;
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& keys : instances) EXPECT_EQ(keys->current()->jwks, instances.front()->current()->jwks);
  EXPECT_EQ(rows().size(), 3u);
  instances.clear();
}

TEST_P(SigningKeysTest, PublishedBeforeUseThenUsedThenVerifiedThenDropped) {
  const auto keys = started();
  const SigningKeyOptions times = options();
  const auto first = signers(*keys);
  const std::string old_token = keys->current()->signing_key(Algorithm::ES256).sign_jwt("at+jwt", "{}");

  clock.advance(times.sign_for - times.publish_before - 1);
  rotate(*keys);
  EXPECT_EQ(keys->current()->verifying.size(), 3u);
  clock.advance(1);
  rotate(*keys);
  EXPECT_EQ(keys->current()->verifying.size(), 6u) << "published";
  EXPECT_EQ(signers(*keys), first) << "not yet in use";
  rotate(*keys);
  EXPECT_EQ(keys->current()->verifying.size(), 6u) << "made once";

  clock.advance(times.publish_before - 1);
  rotate(*keys);
  EXPECT_EQ(signers(*keys), first);
  clock.advance(1);
  rotate(*keys);
  const auto second = signers(*keys);
  for (const Algorithm algorithm : kAll) EXPECT_NE(second.at(algorithm), first.at(algorithm));
  EXPECT_TRUE(accepts(*keys, old_token)) << "after its key's retirement";

  clock.advance(times.keep_after + kSlack - 1);
  rotate(*keys);
  EXPECT_TRUE(accepts(*keys, old_token));
  clock.advance(1);
  rotate(*keys);
  EXPECT_FALSE(accepts(*keys, old_token));
  EXPECT_EQ(keys->current()->verifying.size(), 3u);
  EXPECT_EQ(rows().size(), 3u) << "dropped from the store too";
  EXPECT_EQ(signers(*keys), second);
}

TEST_P(SigningKeysTest, ASetInHandOutlivesTheRotation) {
  const auto keys = started();
  const auto in_hand = keys->current();
  clock.advance(400 * kDay);
  rotate(*keys);
  clock.advance(400 * kDay);
  rotate(*keys);
  EXPECT_EQ(in_hand->signing_key(Algorithm::EdDSA).sign_jwt("JWT", "{}").empty(), false);
}

// A server that slept for a year still lets verifiers see a key before it signs.
TEST_P(SigningKeysTest, AfterALongSleepTheOldKeySignsUntilTheNextWasPublishedLongEnough) {
  const auto keys = started();
  const auto first = signers(*keys);
  clock.advance(365 * kDay);
  const auto awake = started();
  EXPECT_EQ(signers(*awake), first);
  rotate(*awake);
  EXPECT_EQ(signers(*awake), first);
  EXPECT_EQ(awake->current()->verifying.size(), 6u);
  clock.advance(options().publish_before);
  rotate(*awake);
  EXPECT_NE(signers(*awake), first);
}

TEST_P(SigningKeysTest, InstancesThatRotateAtOnceAgree) {
  auto other_store = store.open_another();
  SigningKeys there(*other_store, clock, crypto::system_random(), options());
  const auto here = started();
  ASSERT_TRUE(there.start().ok());
  for (int turn = 0; turn < 2; ++turn) {
    clock.advance(options().sign_for - options().publish_before);
    std::thread thread([&] { EXPECT_TRUE(await_now(there.rotate()).ok()); });
    rotate(*here);
    thread.join();
    rotate(*here);
    rotate(there);
    EXPECT_EQ(here->current()->jwks, there.current()->jwks);
    EXPECT_EQ(signers(*here), signers(there));
    clock.advance(options().publish_before);
  }
}

TEST_P(SigningKeysTest, AStolenDatabaseShowsNoPrivateKey) {
  const auto keys = started();
  for (const SigningKeyRow& row : rows()) {
    const jose::SigningKey& key = keys->current()->signing_key(row.algorithm);
    const Secret pkcs8 = key.pkcs8();
    for (size_t at = 0; at + 16 <= pkcs8.size(); at += 16) {
      EXPECT_EQ(row.sealed.find(pkcs8.reveal().substr(at, 16)), std::string::npos);
    }
  }
}

TEST_P(SigningKeysTest, TheWrongSecretIsSaidClearly) {
  static_cast<void>(started());
  auto other = instance(options({repeated('o')}));
  const auto refused = other->start();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::invalid_argument);
  EXPECT_NE(refused.error().detail.find("JWT secret"), std::string::npos);
  EXPECT_EQ(other->current(), nullptr);
  EXPECT_EQ(instance(options({}))->start().error().code, Code::invalid_argument);
}

TEST_P(SigningKeysTest, SecretsCanBeChangedWithoutChangingKeys) {
  const auto before = started(options({repeated('a')}))->current();
  const auto between = started(options({repeated('b'), repeated('a')}))->current();
  EXPECT_EQ(between->jwks, before->jwks);
  EXPECT_EQ(started(options({repeated('b')}))->current()->jwks, before->jwks);
  EXPECT_FALSE(instance(options({repeated('a')}))->start().ok());
}

// Whoever can write to the store but has no secret plants no key, and moves none to another name.
TEST_P(SigningKeysTest, ARowThatWasTamperedWithIsRefusedAndThePresentSetStays) {
  const auto keys = started();
  const auto before = keys->current();
  static constexpr sql::Statement kSwap{
      "UPDATE signing_keys SET key_id = 'planted', algorithm = $1 WHERE algorithm = $1"};
  ASSERT_TRUE(store
                  ->write_now([&](sql::Transaction& transaction) -> Result<void> {
                    VK_CHECK(transaction.run(kSwap, {std::string("ES256")}));
                    return {};
                  })
                  .ok());
  EXPECT_FALSE(await_now(keys->rotate()).ok());
  EXPECT_EQ(keys->current()->jwks, before->jwks);
  EXPECT_FALSE(instance()->start().ok());
}

TEST_P(SigningKeysTest, ImportsTheSeedServersKey) {
  const auto keys = started();
  const std::string own_token = keys->current()->signing_key(Algorithm::RS256).sign_jwt("at+jwt", "{}");
  const auto seed = jose::SigningKey::generate(Algorithm::RS256, "6f0b4f0e-2c2b-4f2a-9a39-000000000001");
  const std::string seed_token = seed.sign_jwt("JWT", "{}");
  EXPECT_FALSE(accepts(*keys, seed_token));
  const std::string file = seed_file(seed.key_id(), seed);
  const auto imported = keys->import_seed_jwks(file);
  ASSERT_TRUE(imported.ok()) << imported.error().detail;
  EXPECT_TRUE(accepts(*keys, seed_token));
  EXPECT_TRUE(accepts(*keys, own_token));
  EXPECT_EQ(signers(*keys).at(Algorithm::RS256), seed.key_id());
  const auto again = keys->import_seed_jwks(file);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::conflict);

  clock.advance(options().sign_for);
  rotate(*keys);  // publishes the next
  EXPECT_EQ(signers(*keys).at(Algorithm::RS256), seed.key_id());
  clock.advance(options().publish_before);
  rotate(*keys);
  EXPECT_NE(signers(*keys).at(Algorithm::RS256), seed.key_id());
  EXPECT_TRUE(accepts(*keys, seed_token));
}

TEST_P(SigningKeysTest, ImportsBeforeTheFirstStart) {
  const auto seed = jose::SigningKey::generate(Algorithm::RS256, "seed");
  ASSERT_TRUE(instance()->import_seed_jwks(seed_file("seed", seed)).ok());
  const auto keys = started();
  EXPECT_EQ(signers(*keys).at(Algorithm::RS256), "seed");
  EXPECT_EQ(keys->current()->verifying.size(), 3u);
}

TEST_P(SigningKeysTest, WhatIsNoSeedFile) {
  const auto keys = started();
  const auto ec = jose::SigningKey::generate(Algorithm::ES256, "ec");
  const auto rsa = keys->current()->signing_key(Algorithm::RS256);
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), std::string("x"), std::string(R"({"kid":"a"})"),
        std::string(R"({"kid":"a","privateKey":"x"})"), std::string(R"({"kid":"a","privateKey":7})"),
        seed_file("ec", ec), seed_file("", rsa), seed_file(std::string(jose::kMaxKeyIdSize + 1, 'k'), rsa)}) {
    const auto refused = keys->import_seed_jwks(text);
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().code, Code::invalid_argument) << text;
  }
  EXPECT_EQ(keys->import_seed_jwks(std::string(64 * 1024 + 1, ' ')).error().code, Code::too_large);
  EXPECT_EQ(rows().size(), 3u);
}

TEST_P(SigningKeysTest, AStoreThatFailsLeavesThePresentSetInUse) {
  auto failing_store = std::make_unique<sql::TemporaryDatabase>(GetParam());  // has no tables
  SigningKeys lost(failing_store->get(), clock, crypto::system_random(), options());
  EXPECT_EQ(lost.start().error().code, Code::store);
  EXPECT_EQ(lost.current(), nullptr);

  const auto keys = started();
  const auto before = keys->current();
  static constexpr sql::Statement kDrop{"ALTER TABLE signing_keys RENAME TO lost_keys"};
  ASSERT_TRUE(store
                  ->write_now([&](sql::Transaction& transaction) -> Result<void> {
                    VK_CHECK(transaction.run(kDrop));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(await_now(keys->rotate()).error().code, Code::store);
  EXPECT_EQ(keys->current(), before);
}

}  // namespace
}  // namespace valetkey::authorization
