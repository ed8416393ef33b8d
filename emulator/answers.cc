#include "answers.h"

#include <algorithm>

#include "foundation/base/strings.h"
#include "tool_wishes.h"

namespace valetkey::emulator {
namespace {

constexpr size_t kQuoteLimit = 400;     // bytes of the prompt or of a tool's result that an answer repeats
constexpr int64_t kMaxWords = 100'000;  // "write 5000 words"

// Cut at a character's border.
std::string_view shorten(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

// What follows the first of these openings in the prompt, or nothing.
std::string_view after(std::string_view text, std::initializer_list<std::string_view> openings) {
  const std::string lower = to_lower(text);
  for (std::string_view opening : openings) {
    const size_t at = lower.find(opening);
    if (at != std::string::npos) return trim(text.substr(at + opening.size()));
  }
  return {};
}

// "write 200 words": 200.
int64_t words_wanted(std::string_view text) {
  const std::string lower = to_lower(text);
  const size_t at = lower.find(" words");
  if (at == std::string::npos) return 0;
  size_t start = at;
  while (start > 0 && lower[start - 1] >= '0' && lower[start - 1] <= '9') --start;
  return std::min(parse_decimal(std::string_view(lower).substr(start, at - start)).value_or(0), kMaxWords);
}

std::string write_words(int64_t count) {
  static constexpr std::string_view kWords[] = {"the",   "valet",   "brings", "your", "car", "around",
                                                "and",   "hands",   "back",   "one",  "key", "that",
                                                "opens", "nothing", "else",   "than", "its", "door"};
  std::string text;
  for (int64_t i = 0; i < count; ++i) {
    if (i > 0) text += ' ';
    text += kWords[static_cast<size_t>(i) % std::size(kWords)];
  }
  return text;
}

std::string describe_attachments(const Prompt& prompt) {
  std::string text;
  for (size_t bytes : prompt.images) text += "I see an image of " + std::to_string(bytes) + " bytes. ";
  for (const std::string& url : prompt.image_urls) text += "I see an image at " + url + ". ";
  for (const std::string& file : prompt.files) text += "I have read the file " + file + ". ";
  return text;
}

std::string answer_from_results(const Prompt& prompt) {
  std::string text;
  for (const ToolResult& result : prompt.results) {
    if (!text.empty()) text += ' ';
    text += result.name.empty() ? "The tool" : result.name;
    text += " answered: ";
    text += shorten(trim(result.output), kQuoteLimit);
    text += '.';
  }
  return text;
}

std::string answer_in_words(const Prompt& prompt) {
  const std::string_view wish = trim(prompt.user_text);
  if (auto exact = after(wish, {"say exactly:", "reply with exactly:", "repeat after me:"}); !exact.empty()) {
    return std::string(exact);
  }
  if (const int64_t count = words_wanted(wish); count > 0) return write_words(count);
  if (!prompt.results.empty()) return answer_from_results(prompt);
  std::string text = describe_attachments(prompt);
  if (wish.empty()) return text + "Hello! What can I do for you?";
  return text + "You said \"" + std::string(shorten(wish, kQuoteLimit)) +
         "\", and here is a friendly answer from the emulator.";
}

std::string answer_in_json(const Prompt& prompt, const Hints& hints) {
  if (prompt.format == OutputFormat::json_schema) return make_instance(prompt.schema, hints);
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("answer", answer_in_words(prompt)).end_object();
  return out;
}

void cut_at_stop(Answer& answer, const std::vector<std::string>& stops) {
  size_t cut = std::string::npos;
  for (const std::string& stop : stops) {
    if (!stop.empty()) cut = std::min(cut, answer.text.find(stop));
  }
  if (cut != std::string::npos) answer.text.resize(cut);
}

void cut_at_length(Answer& answer, const Prompt& prompt) {
  if (!prompt.max_tokens) return;
  const auto pieces = pieces_of(answer.text);
  const auto limit = static_cast<size_t>(std::max<int64_t>(*prompt.max_tokens, 0));
  if (pieces.size() <= limit) return;
  size_t bytes = 0;
  for (size_t i = 0; i < limit; ++i) bytes += pieces[i].size();
  answer.text.resize(bytes);
  answer.finish = Answer::Finish::length;
}

void count_tokens(Answer& answer, const Prompt& prompt) {
  answer.input_tokens = static_cast<int64_t>(prompt.prompt_bytes / 4 + 8);
  answer.cached_tokens = answer.input_tokens / 4;
  int64_t visible = static_cast<int64_t>(pieces_of(answer.text).size() + pieces_of(answer.refusal).size());
  for (const ToolCall& call : answer.calls) visible += static_cast<int64_t>(call.arguments.size() / 4 + 4);
  answer.reasoning_tokens = answer.reasoning.empty() ? 0 : 16 + visible / 4;
  answer.output_tokens = visible + answer.reasoning_tokens;
}

}  // namespace

Answer compose_answer(const Prompt& prompt) {
  Answer answer;
  const Hints hints = read_hints(prompt.user_text);
  if (prompt.wants_reasoning) {
    answer.reasoning =
        "The person asks: " + std::string(shorten(trim(prompt.user_text), 60)) + ". I answer in short.";
  }
  if (to_lower(prompt.user_text).find("please refuse") != std::string::npos) {
    answer.refusal = "I'm sorry, but I can't help with that.";
  } else if (answer.calls = wished_calls(prompt, hints); !answer.calls.empty()) {
    answer.finish = Answer::Finish::tool_calls;
  } else {
    answer.text =
        prompt.format == OutputFormat::text ? answer_in_words(prompt) : answer_in_json(prompt, hints);
    cut_at_stop(answer, prompt.stops);
    cut_at_length(answer, prompt);
  }
  count_tokens(answer, prompt);
  return answer;
}

std::vector<std::string_view> pieces_of(std::string_view text) {
  std::vector<std::string_view> pieces;
  size_t start = 0;
  for (size_t i = 1; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == ' ' && text[i - 1] != ' ')) {
      pieces.push_back(text.substr(start, i - start));
      start = i;
    }
  }
  return pieces;
}

int64_t pace_in_prompt(std::string_view user_text) {
  const size_t at = user_text.find("[pace ");
  if (at == std::string_view::npos) return -1;
  std::string_view digits = user_text.substr(at + 6);
  digits = digits.substr(0, std::min(digits.find_first_not_of("0123456789"), digits.size()));
  return parse_decimal(digits).value_or(-1);
}

}  // namespace valetkey::emulator
