#include "engine/dialects/tool_choice.h"

namespace valetkey::dialects {
namespace {

// Of a choice that names no tool; else empty.
std::string_view word_of(ToolChoice::Kind kind) {
  switch (kind) {
    case ToolChoice::Kind::none:
      return "none";
    case ToolChoice::Kind::automatic:
      return "auto";
    case ToolChoice::Kind::required:
      return "required";
    case ToolChoice::Kind::unset:
    case ToolChoice::Kind::hosted:
    case ToolChoice::Kind::named:
    case ToolChoice::Kind::allowed:
      break;
  }
  return {};
}

}  // namespace

void write_tool_choice(JsonWriter& json, const ToolChoice& choice, Dialect dialect,
                       const std::function<void(ToolKind, std::string_view)>& write_reference) {
  std::string_view word = word_of(choice.kind);
  if (!word.empty()) json.member("tool_choice", word);
  if (choice.kind == ToolChoice::Kind::named) {
    json.key("tool_choice");
    write_reference(choice.tool, choice.name);
  }
  if (choice.kind != ToolChoice::Kind::allowed) return;
  const bool nested = dialect == Dialect::chat;  // chat puts mode and tools one object deeper
  json.key("tool_choice").begin_object().member("type", "allowed_tools");
  if (nested) json.key("allowed_tools").begin_object();
  json.member("mode", choice.mode).key("tools").begin_array();
  for (const auto& [kind, name] : choice.allowed) write_reference(kind, name);
  json.end_array();
  if (nested) json.end_object();
  json.end_object();
}

}  // namespace valetkey::dialects
