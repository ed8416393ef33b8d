// Writing heads and chunks.
#include <charconv>
#include <ctime>

#include "foundation/base/strings.h"
#include "foundation/http/h1.h"
#include "foundation/http/h1_chars.h"

namespace valetkey::http {
namespace {

void append_number(std::string& out, uint64_t value, int base = 10) {
  char digits[20];
  auto [end, failure] = std::to_chars(digits, digits + sizeof digits, value, base);
  out.append(digits, end);
}

// "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", written once a second and thread.
std::string_view date_line() {
  struct Cached {
    std::time_t second = 0;
    char line[64];
    size_t size = 0;
  };
  thread_local Cached cached;
  std::time_t now = std::time(nullptr);
  if (now != cached.second) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    // Not strftime's %a and %b: those depend on the locale.
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int size = std::snprintf(cached.line, sizeof cached.line, "date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n",
                             kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900,
                             parts.tm_hour, parts.tm_min, parts.tm_sec);
    cached.size = static_cast<size_t>(size);
    cached.second = now;
  }
  return {cached.line, cached.size};
}

// What append_response_head writes itself.
bool is_own_field(std::string_view name) {
  switch (name.size()) {
    case 4:
      return iequals(name, "date");
    case 10:
      return iequals(name, "connection");
    case 14:
      return iequals(name, "content-length");
    case 17:
      return iequals(name, "transfer-encoding");
    default:
      return false;
  }
}

void append_status_line(std::string& out, int status) {
  if (status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<uint64_t>(status));
  out.append(" ").append(reason_phrase(status)).append("\r\n");
}

}  // namespace

void append_response_head(std::string& out, int status, const HeaderList& headers,
                          std::optional<uint64_t> length, bool keep_alive, std::string_view extra_headers,
                          bool chunked) {
  append_status_line(out, status);
  out.append(date_line());
  for (const auto& [name, value] : headers.fields()) {
    if (is_own_field(name) || !h1::is_token(name) || !h1::is_field_value(value)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  out.append(extra_headers);
  bool bodiless = status < 200 || status == 204 || status == 304;
  if (!bodiless && length) {
    out.append("content-length: ");
    append_number(out, *length);
    out.append("\r\n");
  } else if (!bodiless && chunked) {
    out.append("transfer-encoding: chunked\r\n");
  }
  if (!keep_alive) out.append("connection: close\r\n");
  out.append("\r\n");
}

void append_chunk_start(std::string& out, size_t size) {
  append_number(out, size, 16);
  out.append("\r\n");
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  append_chunk_start(out, data.size());
  out.append(data).append(kChunkEnd);
}

}  // namespace valetkey::http
