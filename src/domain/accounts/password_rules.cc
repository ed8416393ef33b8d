#include "domain/accounts/password_rules.h"

#include <algorithm>

#include "domain/accounts/email_address.h"
#include "foundation/base/strings.h"

namespace valetkey::accounts {
namespace {

// "aaaaaaaaaaaa", "abcabcabcabc": a short piece again and again.
bool is_repetition(std::string_view text) {
  constexpr size_t kLongestPiece = 4;
  for (size_t piece = 1; piece <= kLongestPiece; ++piece) {
    if (text.size() < 3 * piece) return false;
    bool repeats = true;
    for (size_t i = piece; i < text.size() && repeats; ++i) repeats = text[i] == text[i - piece];
    if (repeats) return true;
  }
  return false;
}

// "abcdefghijkl", "987654321098" as steps of one up or down.
bool is_sequence(std::string_view text) {
  for (int step : {1, -1}) {
    bool steady = true;
    for (size_t i = 1; i < text.size() && steady; ++i) steady = text[i] - text[i - 1] == step;
    if (steady) return true;
  }
  return false;
}

bool is_guessed_first(const Secret& password, std::string_view email) {
  const Secret lower(to_lower(password.reveal()));
  const std::string_view text = lower.reveal();
  if (is_repetition(text) || is_sequence(text) || is_common_password(text)) return true;
  return !email.empty() && (text == email || text == email.substr(0, email.find('@')));
}

}  // namespace

std::optional<AccountProblem> refuse_password(const Secret& password, std::string_view email) {
  const std::string_view text = password.reveal();
  if (!is_valid_utf8(text)) return AccountProblem{"invalid_request", "The password is not valid text."};
  const size_t length = count_characters(text);
  if (length < kMinPassword) {
    return AccountProblem{"password_too_short",
                          "Use at least " + std::to_string(kMinPassword) + " characters."};
  }
  if (length > kMaxPassword) {
    return AccountProblem{"password_too_long",
                          "Use at most " + std::to_string(kMaxPassword) + " characters."};
  }
  if (is_guessed_first(password, email)) {
    return AccountProblem{"password_too_common",
                          "This password is among the first that are guessed. Choose another one."};
  }
  return std::nullopt;
}

}  // namespace valetkey::accounts
