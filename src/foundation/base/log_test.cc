#include "foundation/base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "foundation/base/json.h"
#include "foundation/base/strings.h"

namespace valetkey {
namespace {

// Collects what is logged in a pipe; the pipe takes 64 KiB before it blocks.
class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    EXPECT_EQ(pipe(ends_), 0);
    log::set_file_descriptor(ends_[1]);
    log::set_level(log::Level::info);
  }
  ~LogTest() override {
    log::set_file_descriptor(2);
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }

  std::vector<std::string> lines() {
    close(ends_[1]);
    ends_[1] = -1;
    std::string all;
    char buffer[4096];
    for (ssize_t got; (got = read(ends_[0], buffer, sizeof buffer)) > 0;)
      all.append(buffer, static_cast<size_t>(got));
    std::vector<std::string> out;
    for (size_t start = 0, end; (end = all.find('\n', start)) != std::string::npos; start = end + 1) {
      out.push_back(all.substr(start, end - start));
    }
    return out;
  }

  int ends_[2] = {-1, -1};
};

TEST_F(LogTest, ALineIsOneJsonObjectWithTimeLevelEventAndFields) {
  log::warn("refresh_failed", {{"provider", "openai"}, {"status", 503}, {"retry", true}});
  auto written = lines();
  ASSERT_EQ(written.size(), 1u);
  auto document = JsonDocument::parse(written[0]);
  ASSERT_TRUE(document.ok()) << written[0];
  EXPECT_EQ((*document)["level"].string_or(""), "warn");
  EXPECT_EQ((*document)["event"].string_or(""), "refresh_failed");
  EXPECT_EQ((*document)["provider"].string_or(""), "openai");
  EXPECT_EQ((*document)["status"].integer(), 503);
  EXPECT_EQ((*document)["retry"].boolean(), true);
  std::string time((*document)["time"].string_or(""));
  ASSERT_EQ(time.size(), 24u) << time;
  EXPECT_EQ(time[10], 'T');
  EXPECT_EQ(time[19], '.');
  EXPECT_EQ(time.back(), 'Z');
}

TEST_F(LogTest, ATextCannotForgeASecondLineOrAField) {
  log::info("request", {{"user_agent", "x\"}\n{\"level\":\"error\",\"event\":\"forged\r\n"}});
  auto written = lines();
  ASSERT_EQ(written.size(), 1u);
  auto document = JsonDocument::parse(written[0]);
  ASSERT_TRUE(document.ok()) << written[0];
  EXPECT_EQ((*document)["level"].string_or(""), "info");
}

TEST_F(LogTest, BytesThatAreNotUtf8StillGiveValidJson) {
  log::info("request", {{"path", std::string_view("/a\xff\xc3(\0z", 7)}});
  auto written = lines();
  ASSERT_EQ(written.size(), 1u);
  EXPECT_TRUE(JsonDocument::parse(written[0]).ok()) << written[0];
}

TEST_F(LogTest, ALongTextIsCutBetweenCharacters) {
  std::string text(2047, 'a');
  text += "\xE2\x82\xAC and more";  // the euro sign straddles the limit
  log::info("long", {{"text", text}});
  auto written = lines();
  ASSERT_EQ(written.size(), 1u);
  auto document = JsonDocument::parse(written[0]);
  ASSERT_TRUE(document.ok());
  EXPECT_EQ((*document)["text"].string_or(""), std::string(2047, 'a'));
}

TEST_F(LogTest, LevelsBelowTheMinimumAreNotWritten) {
  log::write(log::Level::debug, "hidden");
  log::set_level(log::Level::error);
  log::warn("hidden");
  log::error("shown");
  log::set_level(log::Level::debug);
  log::write(log::Level::debug, "shown");
  log::set_level(log::Level::info);
  EXPECT_EQ(lines().size(), 2u);
}

TEST_F(LogTest, LinesOfParallelThreadsAreNeverMixed) {
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 4; ++writer) {
    threads.emplace_back([writer] {
      for (int i = 0; i < 50; ++i)
        log::info("parallel", {{"writer", writer}, {"text", std::string(100, 'x')}});
    });
  }
  for (auto& thread : threads) thread.join();
  auto written = lines();
  EXPECT_EQ(written.size(), 200u);
  for (const auto& line : written) EXPECT_TRUE(JsonDocument::parse(line).ok()) << line;
}

}  // namespace
}  // namespace valetkey
