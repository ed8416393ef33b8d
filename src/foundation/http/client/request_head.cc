#include "foundation/http/client/request_head.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "foundation/base/strings.h"

namespace valetkey::http {
namespace {

constexpr std::string_view kWrittenHere[] = {
    "host",       "content-length",   "connection", "transfer-encoding",
    "keep-alive", "proxy-connection", "upgrade",    "te"};

// RFC 9110 section 5.6.2.
constexpr auto kIsTokenChar = [] {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return kIsTokenChar[static_cast<unsigned char>(c)]; });
}
bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 32 && byte != 127);
  });
}
bool is_target(std::string_view text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) {
           auto byte = static_cast<unsigned char>(c);
           return byte > 32 && byte < 127;
         });
}

bool is_written_here(std::string_view name) {
  return std::any_of(std::begin(kWrittenHere), std::end(kWrittenHere),
                     [name](std::string_view own) { return iequals(own, name); });
}

Error refused(std::string detail) {
  return Error{Code::invalid_argument, std::move(detail), "request_head"};
}

}  // namespace

Result<std::string> request_head(const ClientRequest& request) {
  if (!is_token(request.method)) return refused("bad method");
  if (!is_target(request.url.target)) return refused("bad request target");
  std::string out;
  out.reserve(256 + request.url.target.size() + request.headers.fields().size() * 64);
  out.append(request.method).append(" ").append(request.url.target).append(" HTTP/1.1\r\nhost: ");
  out.append(request.url.authority()).append("\r\n");
  bool names_encoding = false;
  for (const auto& [name, value] : request.headers.fields()) {
    if (!is_token(name)) return refused("bad header name");
    if (!is_value(value)) return refused("bad value of header " + name);
    if (is_written_here(name)) continue;
    names_encoding = names_encoding || iequals(name, "accept-encoding");
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!names_encoding) out.append("accept-encoding: identity\r\n");
  bool expects_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (expects_body || !request.body.empty()) {
    out.append("content-length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  out.append("\r\n");
  return out;
}

}  // namespace valetkey::http
