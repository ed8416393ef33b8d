#include "foundation/http/client/request_head.h"

#include <string_view>

#include "foundation/base/strings.h"
#include "foundation/http/h1_chars.h"

namespace valetkey::http {
namespace {

constexpr size_t kUsualStart = 256;

// What the client writes itself, or what is not the caller's business.
bool is_written_here(std::string_view name) {
  switch (name.size()) {
    case 2:
      return iequals(name, "te");
    case 4:
      return iequals(name, "host");
    case 7:
      return iequals(name, "upgrade");
    case 10:
      return iequals(name, "connection") || iequals(name, "keep-alive");
    case 14:
      return iequals(name, "content-length");
    case 16:
      return iequals(name, "proxy-connection");
    case 17:
      return iequals(name, "transfer-encoding");
    default:
      return false;
  }
}

bool is_request_target(std::string_view text) {
  return text.starts_with('/') && h1::is_target(text);
}

Error refused(std::string detail) {
  return Error{Code::invalid_argument, std::move(detail), "request_head"};
}

}  // namespace

Result<OutgoingHead> request_head(const ClientRequest& request) {
  if (!h1::is_token(request.method)) return refused("bad method");
  if (!is_request_target(request.url.target)) return refused("bad request target");
  bool names_encoding = false, all_go = true;
  for (const auto& [name, value] : request.headers.fields()) {
    if (!h1::is_token(name)) return refused("bad header name");
    if (!h1::is_field_value(value)) return refused("bad value of header " + std::string(name));
    all_go = all_go && !is_written_here(name);
    names_encoding = names_encoding || iequals(name, "accept-encoding");
  }
  OutgoingHead head;
  std::string& out = head.start;
  out.reserve(kUsualStart + request.url.target.size() + (all_go ? 0 : request.headers.lines().size()));
  out.append(request.method).append(" ").append(request.url.target).append(" HTTP/1.1\r\nhost: ");
  out.append(request.url.authority()).append("\r\n");
  if (!names_encoding) out.append("accept-encoding: identity\r\n");
  bool expects_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (expects_body || !request.body.empty()) {
    out.append("content-length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  if (all_go) {
    head.fields = request.headers.lines();
    return head;
  }
  for (const auto& [name, value] : request.headers.fields()) {
    if (!is_written_here(name)) out.append(name).append(": ").append(value).append("\r\n");
  }
  return head;
}

}  // namespace valetkey::http
