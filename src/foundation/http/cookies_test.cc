#include "foundation/http/cookies.h"

#include <gtest/gtest.h>

namespace valetkey::http {
namespace {

std::string_view read(std::vector<std::string_view> headers, std::string_view name) {
  Request request;
  for (std::string_view header : headers) request.headers.add("Cookie", header);
  return cookie_value(request, name);
}

TEST(Cookies, FindsTheFirstOfTheNameOverAllHeaders) {
  EXPECT_EQ(read({"__Host-s=one; __Host-s=two"}, "s"), "one");
  EXPECT_EQ(read({"a=b", "x=y;__Host-s=three"}, "s"), "three");
  EXPECT_EQ(read({"__Host-s=with=equals"}, "s"), "with=equals");
  EXPECT_EQ(read({"__Host-s="}, "s"), "");
  EXPECT_EQ(read({"__Host-s=one"}, "__Host-s"), "one");
}

TEST(Cookies, DoesNotReadWhatAnotherHostCouldHaveSet) {
  EXPECT_EQ(read({"s=planted"}, "s"), "");
  EXPECT_EQ(read({"s=planted; __Host-s=ours"}, "s"), "ours");
  EXPECT_EQ(read({"__host-s=planted"}, "s"), "");
  EXPECT_EQ(read({"__Secure-s=planted"}, "s"), "");
}

TEST(Cookies, NamesAreWholeAndCaseSensitive) {
  EXPECT_EQ(read({"__Host-session=x; __Host-S=y; __Host-s"}, "s"), "");
  EXPECT_EQ(read({}, "s"), "");
  EXPECT_EQ(read({";;; =; __Host-=z"}, "s"), "");
}

TEST(Cookies, SetsOnlyTheStrictKind) {
  EXPECT_EQ(host_cookie("s", "v", 0), "__Host-s=v; Path=/; Secure; HttpOnly; SameSite=Lax");
  EXPECT_EQ(host_cookie("s", "v", 90 * kSecond),
            "__Host-s=v; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=90");
  EXPECT_EQ(host_cookie("s", "v", 1), "__Host-s=v; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=1");
  EXPECT_EQ(host_cookie("s", "v", -1), "__Host-s=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
}

}  // namespace
}  // namespace valetkey::http
