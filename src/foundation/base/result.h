// Errors are values. Result<T> holds a T or an Error; VK_TRY and CO_TRY pass an Error up.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace valetkey {

// What kind of failure this is. Each face maps every code to its wire form in one exhaustive switch.
enum class Code {
  invalid_argument,  // the caller sent something wrong; `detail` says what
  unauthorized,      // no pass, a bad pass, or a credential that is dead for good
  forbidden,         // a good pass that may not do this
  not_found,
  conflict,      // somebody else changed it first
  too_large,     // a written limit was passed
  rate_limited,  // come back later
  cancelled,     // the client left or the server stops
  timeout,       // a deadline passed
  disconnected,  // the peer closed or cut the connection
  protocol,      // the peer broke its protocol
  unavailable,   // no capacity now: a queue is full, the server drains
  upstream,      // an upstream refused or failed
  store,         // the database failed; never to be answered as success or 401
  internal,      // our own defect
};

// `detail` is for the log and never for the wire unless the face says so. `where` is a literal.
struct Error {
  Code code = Code::internal;
  std::string detail;
  const char* where = "";
};

struct Unit {};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)  // NOLINT(google-explicit-constructor): `return value;`
      : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error)  // NOLINT(google-explicit-constructor): `return error;`
      : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> : public Result<Unit> {
 public:
  Result() : Result<Unit>(Unit{}) {}
  Result(Error error) : Result<Unit>(std::move(error)) {}  // NOLINT(google-explicit-constructor)
};

}  // namespace valetkey

#define VK_CONCAT_INNER(a, b) a##b
#define VK_CONCAT(a, b) VK_CONCAT_INNER(a, b)
#define VK_TRY_WITH(ret, tmp, target, expression) \
  auto tmp = (expression);                        \
  if (!tmp.ok()) ret std::move(tmp).error();      \
  target = std::move(tmp).value()
#define VK_CHECK_WITH(ret, tmp, expression) \
  if (auto tmp = (expression); !tmp.ok()) ret std::move(tmp).error()

// VK_TRY(auto x, f());  in a function that returns Result. CO_TRY the same in a coroutine.
#define VK_TRY(target, expression) VK_TRY_WITH(return, VK_CONCAT(try_, __LINE__), target, expression)
#define CO_TRY(target, expression) VK_TRY_WITH(co_return, VK_CONCAT(try_, __LINE__), target, expression)
// VK_CHECK(f());  the same where there is no value to keep.
#define VK_CHECK(expression) VK_CHECK_WITH(return, VK_CONCAT(try_, __LINE__), expression)
#define CO_CHECK(expression) VK_CHECK_WITH(co_return, VK_CONCAT(try_, __LINE__), expression)
