#include "foundation/base/json.h"

#include <gtest/gtest.h>

namespace valetkey {
namespace {

TEST(Json, ReadsEveryTypeAndAnswersNoForAbsentValues) {
  auto doc = JsonDocument::parse(
      R"({"s":"a\u00e9\n","i":-7,"u":3.0,"d":0.25,"t":true,"n":null,"a":[1,[2],{"k":3}],"o":{"x":{"y":"z"}}})");
  ASSERT_TRUE(doc.ok());
  Json root = doc->root();
  EXPECT_EQ(root["s"].string(), "aé\n");
  EXPECT_EQ(root["i"].integer(), -7);
  EXPECT_EQ(root["u"].integer(), 3);
  EXPECT_EQ(root["d"].number(), 0.25);
  EXPECT_EQ(root["t"].boolean(), true);
  EXPECT_TRUE(root["n"].is_null());
  EXPECT_EQ(root["a"].size(), 3u);
  EXPECT_EQ(root["a"].at(2)["k"].integer(), 3);
  EXPECT_EQ(root["o"]["x"]["y"].string(), "z");
  EXPECT_FALSE(root["o"]["nope"]["y"].exists());
  EXPECT_EQ(root["s"].integer(), std::nullopt);
}

TEST(Json, WritesBackWhatItRead) {
  const std::string text = R"({"a":[1,-2,0.1,1e+300,true,false,null,"q\"\\\u0001"],"b":{},"c":[]})";
  auto doc = JsonDocument::parse(text);
  ASSERT_TRUE(doc.ok());
  EXPECT_EQ(to_json(doc->root()), text);
}

TEST(Json, RefusesWhatIsNotJson) {
  for (std::string_view bad : {"", "{", "[1,]", "{\"a\":1}x", "\"\xff\"", "nul", "'a'"}) {
    EXPECT_FALSE(JsonDocument::parse(bad).ok()) << bad;
  }
  EXPECT_FALSE(JsonDocument::parse(std::string(300, '[') + std::string(300, ']')).ok());
  EXPECT_TRUE(JsonDocument::parse("7").ok());
}

TEST(Json, SeveralDocumentsLiveAtOnce) {
  auto one = JsonDocument::parse(R"({"v":"one"})");
  auto two = JsonDocument::parse(R"({"v":"two"})");
  EXPECT_EQ((*one)["v"].string(), "one");
  EXPECT_EQ((*two)["v"].string(), "two");
  *one = *JsonDocument::parse(R"({"v":"three"})");
  EXPECT_EQ((*one)["v"].string(), "three");
}

TEST(JsonWriter, PlacesCommasAndEscapes) {
  std::string out;
  JsonWriter w(out);
  w.begin_object().member("a", "x\ty").member("n", 5).key("l").begin_array().integer(1).null().end_array();
  w.member("b", true).key("o").begin_object().end_object().end_object();
  EXPECT_EQ(out, R"({"a":"x\ty","n":5,"l":[1,null],"b":true,"o":{}})");
}

}  // namespace
}  // namespace valetkey
