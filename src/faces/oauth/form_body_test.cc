#include "faces/oauth/form_body.h"

#include <gtest/gtest.h>

namespace valetkey::faces {
namespace {

constexpr const char* kForm = "application/x-www-form-urlencoded";
constexpr const char* kJson = "application/json";

Result<http::Form> read(std::string_view type, std::string_view body) {
  http::Request request;
  if (!type.empty()) request.headers.add("content-type", type);
  request.body = body;
  return read_form(request);
}

void expect_refused(std::string_view type, std::string_view body) {
  auto form = read(type, body);
  ASSERT_FALSE(form.ok()) << type << " " << body;
  EXPECT_EQ(form.error().code, Code::invalid_argument) << body;
  EXPECT_FALSE(form.error().detail.empty());
}

TEST(FormBody, AFormIsDecoded) {
  auto form = read("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "grant_type=a+b&code=%C3%A4&&x=%3D");
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(*form, (http::Form{{"grant_type", "a b"}, {"code", "\xC3\xA4"}, {"x", "="}}));
}

TEST(FormBody, AJsonObjectOfStringsIsTheSame) {
  auto form = read(kJson, R"({"grant_type":"x","resource":["https://a","https://b"],"scope":null,
                              "authorization_details":[{"type":"t"}]})");
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(*form, (http::Form{{"grant_type", "x"},
                               {"resource", "https://a"},
                               {"resource", "https://b"},
                               {"authorization_details", R"([{"type":"t"}])"}}));
}

TEST(FormBody, AParameterWithoutAValueIsAsNotSent) {
  auto form = read(kForm, "scope=&scope=a&code");
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(*form, (http::Form{{"scope", "a"}}));
}

TEST(FormBody, NothingAtAllIsAnEmptyForm) {
  auto form = read("", "");
  ASSERT_TRUE(form.ok());
  EXPECT_TRUE(form->empty());
}

TEST(FormBody, OnlyResourceAndAudienceMayRepeat) {
  auto form = read(kForm, "resource=a&resource=b&audience=c&audience=d");
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(form->size(), 4u);
  for (const char* name : {"client_id", "code", "redirect_uri", "scope", "grant_type", "unknown"}) {
    expect_refused(kForm, std::string(name) + "=a&" + name + "=a");
    expect_refused(kJson, "{\"" + std::string(name) + "\":\"a\",\"" + name + "\":\"a\"}");
  }
}

TEST(FormBody, WhatIsNoFormIsRefused) {
  expect_refused("", "a=b");
  expect_refused("text/plain", "a=b");
  expect_refused("multipart/form-data; boundary=x", "--x--");
  expect_refused("application/x-www-form-urlencodedx", "a=b");
  for (const char* body : {"a=%", "a=%4", "a=%zz", "a=%00", "a%00=b", "a=%ff", "a=%C0%80"}) {
    expect_refused(kForm, body);
  }
  for (const char* body :
       {"", "[]", "\"a\"", "{", "{\"a\":1}", "{\"a\":true}", "{\"a\":{}}", "{\"a\":[\"b\"]}",
        "{\"resource\":[1]}", "{\"resource\":{}}", "{\"authorization_details\":{}}", "{\"a\":\"\\u0000\"}"}) {
    expect_refused(kJson, body);
  }
}

TEST(FormBody, TwoContentTypesAreRefused) {
  http::Request request;
  request.headers.add("content-type", kForm);
  request.headers.add("content-type", kJson);
  request.body = "a=b";
  EXPECT_FALSE(read_form(request).ok());
}

TEST(FormBody, TheNumberOfParametersIsLimited) {
  std::string form = "p0=x", json = R"({"p0":"x")";
  for (int i = 1; i < 256; ++i) {
    std::string name = "p" + std::to_string(i);
    form += "&" + name + "=x";
    json += ",\"" + name + "\":\"x\"";
  }
  EXPECT_TRUE(read(kForm, form).ok());
  EXPECT_TRUE(read(kJson, json + "}").ok());
  expect_refused(kForm, form + "&more=x");
  expect_refused(kJson, json + ",\"more\":\"x\"}");
}

TEST(FormBody, AQueryHasTheSameRules) {
  http::Request request;
  request.query = "state=a%20b";
  auto form = read_query(request);
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(http::form_value(*form, "state"), "a b");
  request.query = "state=a&state=b";
  EXPECT_FALSE(read_query(request).ok());
}

}  // namespace
}  // namespace valetkey::faces
