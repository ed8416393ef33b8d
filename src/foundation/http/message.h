// Requests and responses as the rest of the house sees them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace valetkey::http {

// A parsed header list: views into the connection's buffer.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

class Headers {
 public:
  void add(std::string_view name, std::string_view value) { fields_.push_back({name, value}); }
  void clear() { fields_.clear(); }
  // First of that name (case-insensitive); empty when absent.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  size_t count(std::string_view name) const;
  const std::vector<HeaderView>& fields() const { return fields_; }

 private:
  std::vector<HeaderView> fields_;
};

// A header list to be sent: owns its strings, keeps its order. Values with CR, LF or NUL are refused when
// written.
class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);  // replaces
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// A complete request. All views live until the handler returns.
struct Request {
  std::string_view method;  // as sent, e.g. "POST"
  std::string_view target;  // as sent
  std::string_view path;    // before '?', not decoded
  std::string_view query;   // after '?', without it
  int minor_version = 1;    // HTTP/1.x
  Headers headers;
  std::string_view body;  // complete, framing removed, within the route's limit
};

struct Response {
  int status = 200;
  HeaderList headers;  // without Content-Length, Date, Connection: the connection writes those
  std::string body;
};

std::string_view reason_phrase(int status);

}  // namespace valetkey::http
