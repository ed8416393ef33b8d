#include "recorder.h"

#include <gtest/gtest.h>

#include "foundation/base/json.h"

namespace valetkey::emulator {
namespace {

http::Request request(std::string_view body) {
  http::Request made;
  made.method = "POST";
  made.body = body;
  made.headers.add("B", "2");
  made.headers.add("a", "1");
  return made;
}

JsonDocument described(const Recorder& recorder, std::string_view upstream = "", int64_t since = 0) {
  return *JsonDocument::parse(recorder.describe(upstream, since, kMaxRecords));
}

TEST(Recorder, KeepsHeadersInOrderAndTellsUpstreamsApart) {
  Recorder recorder(true);
  recorder.open("chatgpt", "/x", request("one"));
  recorder.open("copilot", "/y", request("two"));
  const JsonDocument all = described(recorder);
  EXPECT_EQ(all["records"].size(), 2u);
  EXPECT_EQ(to_json(all["records"].at(0)["headers"]), R"([["B","2"],["a","1"]])");
  EXPECT_EQ(described(recorder, "copilot")["records"].at(0)["body"].string_or(""), "two");
  EXPECT_EQ(described(recorder, "", *all["next"].integer())["records"].size(), 0u);
}

TEST(Recorder, CutsLongBodiesButSaysHowLongTheyWere) {
  Recorder recorder(true);
  const std::string body(kMaxRecordedBody + 1, 'x');
  recorder.open("chatgpt", "/", request(body));
  const JsonDocument all = described(recorder);
  EXPECT_EQ(all["records"].at(0)["body"].string()->size(), kMaxRecordedBody);
  EXPECT_EQ(all["records"].at(0)["body_bytes"].integer(), static_cast<int64_t>(kMaxRecordedBody + 1));
}

TEST(Recorder, ForgetsTheOldestOverItsMemory) {
  Recorder recorder(true);
  const std::string body(kMaxRecordedBody, 'x');
  for (size_t i = 0; i <= kMaxRecordedBytes / kMaxRecordedBody; ++i)
    recorder.open("chatgpt", "/", request(body));
  const std::string one = recorder.describe("", 0, 1);
  EXPECT_NE(one.find("\"sequence\":2,"), std::string::npos);
}

TEST(Recorder, WritesBytesThatAreNoTextAsBase64) {
  Recorder recorder(true);
  recorder.open("chatgpt", "/", request("\xFF\x00"));
  EXPECT_TRUE(described(recorder)["records"].at(0)["body_base64"].is_string());
}

}  // namespace
}  // namespace valetkey::emulator
