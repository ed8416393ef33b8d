#include "faces/oauth/json_errors.h"

#include <gtest/gtest.h>

namespace valetkey::faces {
namespace {

TEST(OauthJsonErrors, AreNeverCached) {
  http::Response response = oauth_error(400, "invalid_grant", "The code is over.");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.headers.get("cache-control"), "no-store");
  EXPECT_EQ(response.headers.get("content-type"), "application/json");
  EXPECT_EQ(response.body, R"({"error":"invalid_grant","error_description":"The code is over."})");
}

// RFC 6749 section 5.2.
TEST(OauthJsonErrors, DescriptionsKeepToTheirCharacters) {
  EXPECT_EQ(oauth_error(400, "invalid_request", "a\"b\\c\nd\xc3\xa9").body,
            R"({"error":"invalid_request","error_description":"abcd"})");
  EXPECT_EQ(oauth_error(400, "invalid_request").body, R"({"error":"invalid_request"})");
}

TEST(OauthJsonErrors, DetailsOfOurSideStayInTheLog) {
  http::Response response = oauth_failure(Error{Code::store, "disk full at /var/lib", "sql"});
  EXPECT_EQ(response.status, 503);
  EXPECT_FALSE(response.headers.get("retry-after").empty());
  EXPECT_EQ(response.body.find("disk"), std::string::npos);
  EXPECT_EQ(oauth_failure(Error{Code::invalid_argument, "shown", ""}).status, 400);
}

TEST(OauthJsonErrors, AClientsOwnHostThatFailsIsNoFailureOfOurs) {
  http::Response response = oauth_failure(Error{Code::upstream, "The document is too large.", ""});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            R"({"error":"temporarily_unavailable","error_description":"The document is too large."})");
}

}  // namespace
}  // namespace valetkey::faces
