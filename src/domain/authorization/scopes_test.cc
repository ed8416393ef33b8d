#include "domain/authorization/scopes.h"

#include <gtest/gtest.h>

namespace valetkey::authorization {
namespace {

TEST(ScopesTest, AListKeepsItsOrderAndDropsRepeats) {
  EXPECT_EQ(parse_scopes("openid notes:read openid email"), (Scopes{"openid", "notes:read", "email"}));
  EXPECT_EQ(parse_scopes("  a   b  "), (Scopes{"a", "b"}));
  EXPECT_EQ(parse_scopes(""), Scopes{});
  EXPECT_EQ(parse_scopes("   "), Scopes{});
  EXPECT_EQ(parse_scopes("https://a/b?c=d#e ! # [ ] ~"),
            (Scopes{"https://a/b?c=d#e", "!", "#", "[", "]", "~"}));
}

// RFC 6749 section 3.3: %x21 / %x23-5B / %x5D-7E.
TEST(ScopesTest, OtherCharactersSpoilTheWhole) {
  for (std::string_view bad :
       {"a\"b", "a\\b", "a\tb", "a\nb", "a\rb", "a\x7f", "\xC3\xA4", "good \x01", "good a\"", "a\x80"}) {
    EXPECT_EQ(parse_scopes(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse_scopes(std::string_view("a\0b", 3)), std::nullopt);
}

TEST(ScopesTest, TextAndNumberAreLimited) {
  EXPECT_TRUE(parse_scopes(std::string(kMaxScopeText, 'a')));
  EXPECT_FALSE(parse_scopes(std::string(kMaxScopeText + 1, 'a')));
  std::string many;
  for (size_t i = 0; i < kMaxScopes; ++i) many += "s" + std::to_string(i) + " ";
  ASSERT_TRUE(parse_scopes(many));
  EXPECT_EQ(parse_scopes(many)->size(), kMaxScopes);
  EXPECT_TRUE(parse_scopes(many + "s0")) << "a repeat is no more";
  EXPECT_FALSE(parse_scopes(many + "one-more"));
}

TEST(ScopesTest, ListsAreSets) {
  const Scopes scopes = {"a", "b", "c"};
  EXPECT_EQ(join_scopes(scopes), "a b c");
  EXPECT_EQ(join_scopes({}), "");
  EXPECT_TRUE(contains(scopes, "b"));
  EXPECT_FALSE(contains(scopes, "B"));
  EXPECT_FALSE(contains(scopes, ""));
  EXPECT_TRUE(contains_all(scopes, {"c", "a"}));
  EXPECT_TRUE(contains_all(scopes, {}));
  EXPECT_FALSE(contains_all(scopes, {"a", "d"}));
  EXPECT_EQ(unite(scopes, {"d", "a"}), (Scopes{"a", "b", "c", "d"}));
  EXPECT_EQ(intersect(scopes, {"c", "x", "a"}), (Scopes{"a", "c"}));
  EXPECT_EQ(intersect(scopes, {}), Scopes{});
}

}  // namespace
}  // namespace valetkey::authorization
