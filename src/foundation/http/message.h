// Requests and responses as the rest of the house sees them.
#pragma once

#include <cstdint>
#include <initializer_list>
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
  void reserve(size_t count) { fields_.reserve(count); }
  void clear() { fields_.clear(); }
  // First of that name (case-insensitive); empty when absent.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  size_t count(std::string_view name) const;
  const std::vector<HeaderView>& fields() const { return fields_; }

 private:
  std::vector<HeaderView> fields_;
};

// A header list to be sent: owns its text, as it goes on the wire, and keeps its order. Values with CR, LF or
// NUL are refused when written.
class HeaderList {
 public:
  class Fields;  // a range of HeaderView, valid until the list changes

  HeaderList() = default;
  HeaderList(std::initializer_list<HeaderView> fields);
  // Several pieces make one value, joined.
  void add(std::string_view name, std::string_view value, std::string_view more_value = {});
  void set(std::string_view name, std::string_view value);  // replaces
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  Fields fields() const;
  // "name: value" and CRLF, for each field; not looked at.
  std::string_view lines() const { return text_; }

 private:
  struct Sizes {
    uint32_t name;
    uint32_t value;
  };
  void reserve(size_t fields, size_t text);
  void append(std::string_view name, std::string_view value, std::string_view more_value);

  static constexpr std::string_view kColon = ": ", kLineEnd = "\r\n";
  std::string text_;
  std::vector<Sizes> sizes_;
};

class HeaderList::Fields {
 public:
  class Iterator {
   public:
    Iterator(const char* at, const Sizes* sizes) : at_(at), sizes_(sizes) {}
    HeaderView operator*() const {
      return {{at_, sizes_->name}, {at_ + sizes_->name + kColon.size(), sizes_->value}};
    }
    Iterator& operator++() {
      at_ += sizes_->name + kColon.size() + sizes_->value + kLineEnd.size();
      ++sizes_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return sizes_ != other.sizes_; }

   private:
    const char* at_;
    const Sizes* sizes_;
  };
  explicit Fields(const HeaderList& list) : list_(list) {}
  Iterator begin() const { return {list_.text_.data(), list_.sizes_.data()}; }
  Iterator end() const { return {nullptr, list_.sizes_.data() + list_.sizes_.size()}; }
  size_t size() const { return list_.sizes_.size(); }
  bool empty() const { return list_.sizes_.empty(); }

 private:
  const HeaderList& list_;
};

inline HeaderList::Fields HeaderList::fields() const {
  return Fields(*this);
}

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
