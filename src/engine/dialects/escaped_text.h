// JSON string content that stays escaped from one dialect to the next: what stands between two quotes
// upstream may stand between two quotes downstream, so the hot path copies it and never decodes.
#pragma once

#include <string>
#include <string_view>

#include "foundation/base/json.h"

namespace valetkey::dialects {

// Valid JSON string content, without the quotes.
struct Escaped {
  std::string_view json;
};

// True when `content` may be copied between quotes as it is: no control byte, every escape complete,
// surrogates in pairs, valid UTF-8.
bool is_escaped_text(std::string_view content);
// The text that `escaped` means, appended as UTF-8. The argument must have passed is_escaped_text().
void append_unescaped(std::string& out, std::string_view escaped);
// Escapes `text` into `scratch` (overwritten); the result points into it.
Escaped escape_into(std::string& scratch, std::string_view text);

// Parses events of an upstream that may be careless about text: broken UTF-8 and lone surrogates become
// U+FFFD. An emoji that the upstream cut in two, one surrogate in each of two deltas, is joined in the
// second. One per stream.
class LenientParser {
 public:
  // Absent when the text is no JSON even after repair. The view lives until the next call of any such
  // parser on this thread.
  Json parse(std::string_view text);

 private:
  bool repair(std::string_view text);
  std::string repaired_;
  std::string high_surrogate_;  // as "\ud83d", waiting for its other half
};

}  // namespace valetkey::dialects
