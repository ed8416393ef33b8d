#include "engine/providers/openai/quota.h"

#include <gtest/gtest.h>

#include "engine/providers/durations.h"
#include "engine/providers/providers_test_support.h"

namespace valetkey::providers::openai {
namespace {

http::HeaderList mapped(const http::HeaderList& upstream) {
  http::HeaderList client;
  map_quota_headers(view_of(upstream), client, kNoon);
  return client;
}

TEST(OpenAiQuota, TheTighterWindowIsTold) {
  auto client = mapped({{"x-codex-primary-used-percent", "42.5"},
                        {"x-codex-primary-reset-at", "1763640090"},
                        {"x-codex-secondary-used-percent", "80"},
                        {"x-codex-secondary-reset-at", "1763726400"}});
  EXPECT_EQ(client.get("x-ratelimit-limit-requests"), "100");
  EXPECT_EQ(client.get("x-ratelimit-remaining-requests"), "20");
  EXPECT_EQ(client.get("x-ratelimit-reset-requests"), "24h0m0s");
}

TEST(OpenAiQuota, PercentsAreFloatsAndRoundedDown) {
  auto client =
      mapped({{"x-codex-primary-used-percent", "42.5"}, {"x-codex-primary-reset-after-seconds", "90"}});
  EXPECT_EQ(client.get("x-ratelimit-remaining-requests"), "57");
  EXPECT_EQ(client.get("x-ratelimit-reset-requests"), "1m30s");
}

TEST(OpenAiQuota, FullAndBeyond) {
  EXPECT_EQ(mapped({{"x-codex-primary-used-percent", "100"}}).get("x-ratelimit-remaining-requests"), "0");
  EXPECT_EQ(mapped({{"x-codex-primary-used-percent", "140"}}).get("x-ratelimit-remaining-requests"), "0");
  EXPECT_EQ(mapped({{"x-codex-primary-used-percent", "-5"}}).get("x-ratelimit-remaining-requests"), "100");
}

TEST(OpenAiQuota, AResetInThePastIsNow) {
  auto client = mapped({{"x-codex-primary-used-percent", "1"}, {"x-codex-primary-reset-at", "5"}});
  EXPECT_EQ(client.get("x-ratelimit-reset-requests"), "0ms");
}

TEST(OpenAiQuota, TheActiveLimitNamesTheFamily) {
  auto client = mapped({{"x-codex-active-limit", "codex_bengalfox"},
                        {"x-codex-primary-used-percent", "10"},
                        {"x-codex-bengalfox-primary-used-percent", "90"}});
  EXPECT_EQ(client.get("x-ratelimit-remaining-requests"), "10");
}

TEST(OpenAiQuota, NothingFromNothing) {
  EXPECT_TRUE(mapped({}).fields().empty());
  EXPECT_TRUE(mapped({{"x-codex-primary-used-percent", "many"}}).fields().empty());
  EXPECT_TRUE(mapped({{"x-codex-primary-used-percent", "nan"}}).fields().empty());
}

TEST(OpenAiQuota, ExhaustedWindow) {
  http::HeaderList headers = {{"x-codex-primary-used-percent", "100"},
                              {"x-codex-primary-reset-at", "1763640060"},
                              {"x-codex-secondary-used-percent", "100"},
                              {"x-codex-secondary-reset-at", "1763643600"}};
  EXPECT_EQ(exhausted_window_reset(view_of(headers), kNoon), kHour) << "both must reset";
  http::HeaderList fine = {{"x-codex-primary-used-percent", "99"},
                           {"x-codex-primary-reset-at", "1763640060"}};
  EXPECT_EQ(exhausted_window_reset(view_of(fine), kNoon), std::nullopt);
}

TEST(Durations, AsOpenAiWritesThem) {
  EXPECT_EQ(duration_text(12), "12ms");
  EXPECT_EQ(duration_text(kSecond), "1s");
  EXPECT_EQ(duration_text(6 * kMinute), "6m0s");
  EXPECT_EQ(duration_text(4 * kHour + 3 * kSecond), "4h0m3s");
  EXPECT_EQ(duration_text(-1), "0ms");
}

TEST(Durations, RateHeadersOfTheUpstreamAreCopiedWhenPlain) {
  http::HeaderList upstream = {{"x-ratelimit-limit-requests", "60"},
                               {"x-ratelimit-reset-tokens", "6m0s"},
                               {"x-ratelimit-remaining-tokens", "a b"},
                               {"x-other", "1"}};
  http::HeaderList client;
  copy_rate_headers(view_of(upstream), client);
  EXPECT_EQ(client.fields().size(), 2u);
  EXPECT_EQ(client.get("x-ratelimit-limit-requests"), "60");
}

}  // namespace
}  // namespace valetkey::providers::openai
