#include "tool_wishes.h"

#include <algorithm>
#include <array>

#include "foundation/base/strings.h"

namespace valetkey::emulator {
namespace {

constexpr size_t kMaxCalls = 4;  // on one turn

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}
bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (static_cast<unsigned char>(c) & 0x80);
}

// A name's parts: get_currentWeather -> get, current, weather.
std::vector<std::string> words_of_name(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  for (char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if ((!is_word_char(c) || upper) && !word.empty()) {
      words.push_back(word);
      word.clear();
    }
    if (is_word_char(c)) word += ascii_lower(c);
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

// Words in a tool's name that say nothing about what it is for.
bool says_little(const std::string& word) {
  static constexpr std::array<std::string_view, 18> kLittle = {
      "get",   "set",    "the",    "tool", "call", "make",    "list", "find",     "fetch",
      "query", "create", "update", "with", "from", "current", "exec", "function", "user"};
  return word.size() < 4 || std::find(kLittle.begin(), kLittle.end(), word) != kLittle.end();
}

bool tool_is_mentioned(const OfferedTool& tool, const std::string& prompt) {
  const std::string name = to_lower(tool.name);
  if (!name.empty() && contains(prompt, name)) return true;
  for (const std::string& word : words_of_name(tool.name)) {
    if (!says_little(word) && contains(prompt, word)) return true;
  }
  return false;
}

bool is_shell(const OfferedTool& tool) {
  if (tool.kind == OfferedTool::Kind::local_shell) return true;
  if (tool.kind != OfferedTool::Kind::function) return false;
  const Json properties = tool.schema["properties"];
  return properties["command"].exists() || properties["cmd"].exists();
}

bool asks_for_any_tool(const std::string& prompt) {
  return contains(prompt, "use the tool") || contains(prompt, "use a tool") ||
         contains(prompt, "call the tool") || contains(prompt, "call a tool") ||
         contains(prompt, "use your tool");
}

ToolCall call_tool(const OfferedTool& tool, const Hints& hints) {
  ToolCall call{tool.kind, tool.name, tool.name_space, ""};
  if (tool.kind == OfferedTool::Kind::function) {
    call.arguments = make_instance(tool.schema, hints);
  } else {
    call.arguments = hints.command.empty() ? hints.prompt : hints.command;
  }
  return call;
}

// One required string and several subjects ("Paris and Rome"): one call for each.
void call_per_subject(const OfferedTool& tool, const Hints& hints, bool parallel,
                      std::vector<ToolCall>& calls) {
  size_t strings = 0;
  tool.schema["properties"].each_member([&](std::string_view, const Json& property) {
    if (property["type"].string_or("") == "string" && !property["enum"].exists()) ++strings;
  });
  if (!parallel || strings != 1 || hints.subjects.size() < 2 || !hints.command.empty()) {
    calls.push_back(call_tool(tool, hints));
    return;
  }
  for (const std::string& subject : hints.subjects) {
    if (calls.size() == kMaxCalls) return;
    Hints one = hints;
    one.subjects = {subject};
    calls.push_back(call_tool(tool, one));
  }
}

std::vector<ToolCall> forced_calls(const Prompt& prompt, const Hints& hints, const std::string& lower) {
  const OfferedTool* picked = nullptr;
  for (const OfferedTool& tool : prompt.tools) {
    if (prompt.tool_choice == ToolChoice::named ? tool.name == prompt.chosen_tool
                                                : tool_is_mentioned(tool, lower)) {
      picked = &tool;
      break;
    }
  }
  if (!picked && !prompt.tools.empty()) picked = &prompt.tools.front();
  std::vector<ToolCall> calls;
  if (picked) calls.push_back(call_tool(*picked, hints));
  return calls;
}

// In `backticks`, or after "run: " / "run the command " up to the end of the line.
std::string command_in(std::string_view text) {
  const std::string lower = to_lower(text);
  if (!contains(lower, "run") && !contains(lower, "execute")) return {};
  const size_t open = text.find('`');
  if (open != std::string_view::npos) {
    const size_t close = text.find('`', open + 1);
    if (close != std::string_view::npos) return std::string(trim(text.substr(open + 1, close - open - 1)));
  }
  for (std::string_view opening : {"run the command ", "run the command: ", "run: ", "execute: "}) {
    const size_t at = lower.find(opening);
    if (at == std::string::npos) continue;
    std::string_view rest = text.substr(at + opening.size());
    return std::string(trim(rest.substr(0, std::min(rest.find('\n'), rest.size()))));
  }
  return {};
}

// Words between double quotes.
void add_quoted(std::string_view text, std::vector<std::string>& subjects) {
  for (size_t open = text.find('"'); open != std::string_view::npos; open = text.find('"', open + 1)) {
    const size_t close = text.find('"', open + 1);
    if (close == std::string_view::npos) return;
    if (close > open + 1) subjects.emplace_back(text.substr(open + 1, close - open - 1));
    open = close;
  }
}

// Runs of capitalised words that do not begin a sentence: "New York".
void add_names(std::string_view text, std::vector<std::string>& subjects) {
  bool sentence_start = true;
  size_t i = 0;
  while (i < text.size()) {
    if (!is_word_char(text[i])) {
      if (text[i] == '.' || text[i] == '!' || text[i] == '?' || text[i] == '\n' || text[i] == ':')
        sentence_start = true;
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size() && is_word_char(text[end])) ++end;
    const std::string_view word = text.substr(i, end - i);
    const bool capital =
        word.size() > 1 && word[0] >= 'A' && word[0] <= 'Z' && ascii_lower(word[1]) == word[1];
    if (capital && !sentence_start) {
      const bool joins = !subjects.empty() && i > 0 && text[i - 1] == ' ' && i >= 2 &&
                         is_word_char(text[i - 2]) && text.substr(0, i - 1).ends_with(subjects.back());
      if (joins)
        subjects.back() += " " + std::string(word);
      else
        subjects.emplace_back(word);
    }
    sentence_start = false;
    i = end;
  }
}

}  // namespace

Hints read_hints(std::string_view user_text) {
  Hints hints;
  hints.prompt = user_text;
  hints.command = command_in(user_text);
  add_quoted(user_text, hints.subjects);
  if (hints.subjects.empty()) add_names(user_text, hints.subjects);
  return hints;
}

std::vector<ToolCall> wished_calls(const Prompt& prompt, const Hints& hints) {
  std::vector<ToolCall> calls;
  if (prompt.tools.empty() || prompt.tool_choice == ToolChoice::none) return calls;
  const std::string lower = to_lower(prompt.user_text);
  if (prompt.tool_choice == ToolChoice::named || prompt.tool_choice == ToolChoice::required) {
    return forced_calls(prompt, hints, lower);
  }
  if (!prompt.results.empty()) return calls;
  if (!hints.command.empty()) {
    for (const OfferedTool& tool : prompt.tools) {
      if (is_shell(tool)) return {call_tool(tool, hints)};
    }
  }
  for (const OfferedTool& tool : prompt.tools) {
    if (calls.size() < kMaxCalls && tool_is_mentioned(tool, lower)) {
      call_per_subject(tool, hints, prompt.parallel_calls, calls);
    }
  }
  if (calls.empty() && asks_for_any_tool(lower)) calls.push_back(call_tool(prompt.tools.front(), hints));
  if (!prompt.parallel_calls && calls.size() > 1) calls.resize(1);
  return calls;
}

}  // namespace valetkey::emulator
