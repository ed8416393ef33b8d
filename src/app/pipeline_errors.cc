#include "app/pipeline_errors.h"

#include "engine/dialects/failure.h"
#include "faces/auth/auth.h"

namespace valetkey {
namespace {

bool below(std::string_view path, std::string_view root) {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

http::Response openai_error(int status, std::string_view message) {
  Failure failure;
  failure.status = status;
  failure.message = std::string(message);
  if (status == 429) {
    failure.message = "rate limit exceeded";
    failure.type = "rate_limit_error";
    failure.code = "rate_limit_exceeded";
  } else {
    failure.type = status < 500 ? "invalid_request_error" : "server_error";
  }
  return error_response(failure);
}

http::Response plain_text(int status, std::string_view message) {
  std::string body(message);
  if (status == 404) body = "404 Not Found";
  if (status == 500) body = "Internal Server Error";
  return {status, {{"content-type", "text/plain; charset=UTF-8"}}, std::move(body)};
}

}  // namespace

http::Response pipeline_error(int status, std::string_view path, std::string_view message) {
  if (below(path, "/v1")) return openai_error(status, message);
  // AuthAI answers what it has no route for, and what went wrong inside, in plain text everywhere else.
  if (below(path, "/auth") && status != 404 && status != 500) return faces::auth_error(status, message);
  return plain_text(status, message);
}

}  // namespace valetkey
