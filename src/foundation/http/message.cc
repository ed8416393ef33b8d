#include "foundation/http/message.h"

#include "foundation/base/strings.h"

namespace valetkey::http {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && iequals(a, b);
}

}  // namespace

std::string_view Headers::get(std::string_view name) const {
  for (const HeaderView& field : fields_) {
    if (same_name(field.name, name)) return field.value;
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  for (const HeaderView& field : fields_) {
    if (same_name(field.name, name)) return true;
  }
  return false;
}

size_t Headers::count(std::string_view name) const {
  size_t found = 0;
  for (const HeaderView& field : fields_) {
    if (same_name(field.name, name)) ++found;
  }
  return found;
}

HeaderList::HeaderList(std::initializer_list<HeaderView> fields) {
  for (const HeaderView& field : fields) add(field.name, field.value);
}

void HeaderList::add(std::string_view name, std::string_view value, std::string_view more_value) {
  if (sizes_.empty()) {
    constexpr size_t kUsualFields = 12, kUsualText = 512;
    sizes_.reserve(kUsualFields);
    text_.reserve(kUsualText);
  }
  text_.append(name).append(value).append(more_value);
  sizes_.push_back(
      {static_cast<uint32_t>(name.size()), static_cast<uint32_t>(value.size() + more_value.size())});
}

void HeaderList::set(std::string_view name, std::string_view value) {
  if (!has(name)) return add(name, value);
  HeaderList changed;
  bool first = true;  // it keeps its place
  for (const HeaderView& field : fields()) {
    if (!same_name(field.name, name)) {
      changed.add(field.name, field.value);
    } else if (std::exchange(first, false)) {
      changed.add(field.name, value);
    }
  }
  *this = std::move(changed);
}

std::string_view HeaderList::get(std::string_view name) const {
  for (const HeaderView& field : fields()) {
    if (same_name(field.name, name)) return field.value;
  }
  return {};
}

bool HeaderList::has(std::string_view name) const {
  for (const HeaderView& field : fields()) {
    if (same_name(field.name, name)) return true;
  }
  return false;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 424:
      return "Failed Dependency";
    case 425:
      return "Too Early";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    case 529:
      return "Overloaded";
    default:
      return "Unknown";
  }
}

}  // namespace valetkey::http
