#include "schema_instance.h"

#include <gtest/gtest.h>

namespace valetkey::emulator {
namespace {

std::string instance(const std::string& schema, Hints hints = {}) {
  auto document = JsonDocument::parse(schema);
  EXPECT_TRUE(document.ok()) << schema;
  return document.ok() ? make_instance(document->root(), hints) : "";
}

TEST(SchemaInstance, AbsentOrEmptySchemaIsAnEmptyObject) {
  EXPECT_EQ(make_instance(Json(), {}), "{}");
  EXPECT_EQ(instance("{}"), "{}");
}

TEST(SchemaInstance, FillsWhatIsRequiredAndNothingElse) {
  EXPECT_EQ(
      instance(
          R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["b"]})"),
      R"({"b":1})");
}

TEST(SchemaInstance, TakesValuesFromThePrompt) {
  Hints hints;
  hints.prompt = "the weather in Paris in fahrenheit for 3 days";
  hints.subjects = {"Paris"};
  EXPECT_EQ(instance(R"({"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},
      "unit":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["city","days","unit"]})",
                     hints),
            R"({"city":"Paris","days":3,"unit":"fahrenheit"})");
}

TEST(SchemaInstance, HonoursConstEnumAndBounds) {
  EXPECT_EQ(instance(R"({"const":{"x":1}})"), R"({"x":1})");
  EXPECT_EQ(instance(R"({"enum":["b","a"]})"), R"("b")");
  EXPECT_EQ(instance(R"({"type":"integer","minimum":10})"), "10");
  EXPECT_EQ(instance(R"({"type":"integer","exclusiveMinimum":10})"), "11");
  EXPECT_EQ(instance(R"({"type":"number","maximum":-2.5})"), "-2.5");
  EXPECT_EQ(instance(R"({"type":"integer","minimum":10,"multipleOf":7})"), "14");
  EXPECT_EQ(instance(R"({"type":"string","minLength":8,"maxLength":8})"), R"("valuexxx")");
  EXPECT_EQ(instance(R"({"type":"array","items":{"type":"string"},"minItems":2})"), R"(["value","value 2"])");
  EXPECT_EQ(instance(R"({"type":"array","items":{"type":"string"},"maxItems":0})"), "[]");
}

TEST(SchemaInstance, PrefersAValueToNull) {
  EXPECT_EQ(instance(R"({"anyOf":[{"type":"null"},{"type":"boolean"}]})"), "true");
  EXPECT_EQ(instance(R"({"type":["null","integer"]})"), "1");
}

TEST(SchemaInstance, FollowsReferencesAndAllOf) {
  EXPECT_EQ(
      instance(R"({"$defs":{"p":{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"]}},
      "type":"object","properties":{"p":{"$ref":"#/$defs/p"}},"required":["p"]})"),
      R"({"p":{"x":1}})");
  EXPECT_EQ(
      instance(
          R"({"allOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":{"const":2}},"required":["b"]}]})"),
      R"({"a":1,"b":2})");
}

TEST(SchemaInstance, EndsOnRecursiveSchemas) {
  const std::string tree =
      R"({"$defs":{"n":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]},
      "kids":{"type":"array","items":{"$ref":"#/$defs/n"}}},"required":["next","kids"]}},"$ref":"#/$defs/n"})";
  const std::string made = instance(tree);
  EXPECT_TRUE(JsonDocument::parse(made).ok());
  EXPECT_TRUE(
      JsonDocument::parse(instance(R"({"type":"object","properties":{"n":{"$ref":"#"}},"required":["n"]})"))
          .ok());
  EXPECT_EQ(instance(R"({"$ref":"#"})"),
            R"("value")");  // refers to itself and says nothing: any value will do
}

TEST(SchemaInstance, WritesShellCommandsByTheToolsShape) {
  Hints hints;
  hints.command = "ls -la";
  EXPECT_EQ(
      instance(
          R"({"type":"object","properties":{"command":{"type":"array","items":{"type":"string"}}},"required":["command"]})",
          hints),
      R"({"command":["bash","-lc","ls -la"]})");
  EXPECT_EQ(instance(R"({"type":"object","properties":{"cmd":{"type":"string"}},"required":["cmd"]})", hints),
            R"({"cmd":"ls -la"})");
}

TEST(SchemaInstance, KnowsFormats) {
  for (const char* format :
       {"date-time", "date", "time", "email", "uuid", "uri", "ipv4", "ipv6", "hostname", "duration"}) {
    EXPECT_NE(instance(R"({"type":"string","format":")" + std::string(format) + "\"}"), R"("value")")
        << format;
  }
}

}  // namespace
}  // namespace valetkey::emulator
