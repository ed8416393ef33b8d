// The pure half of provider.h: Copilot's catalog, and which of its endpoints a call takes.
#include "engine/providers/github/provider.h"

namespace valetkey::providers::github {
namespace {

using dialects::Dialect;
using dialects::UpstreamKind;

// Endpoints are named with or without the version: "/chat/completions", "/v1/chat/completions".
void read_endpoints(const Json& names, CatalogModel& entry) {
  if (names.size() == 0) {  // absent: from before there was a choice
    entry.chat = true;
    entry.responses = false;
    return;
  }
  entry.chat = entry.responses = false;
  names.each_element([&](const Json& name) {
    std::string_view path = name.string_or("");
    if (path.starts_with("/v1/")) path.remove_prefix(3);
    if (path == "/chat/completions") entry.chat = true;
    if (path == "/responses") entry.responses = true;
  });
}

bool is_offered(const Json& info) {
  bool chats = info["capabilities"]["type"].string_or("chat") == "chat";
  bool picked = info["model_picker_enabled"].boolean().value_or(true);
  bool accepted = info["policy"]["state"].string_or("enabled") == "enabled";  // else a call is refused
  return chats && picked && accepted;
}

UpstreamKind other_than(UpstreamKind excluded) {
  return excluded == UpstreamKind::copilot_chat ? UpstreamKind::copilot_responses
                                                : UpstreamKind::copilot_chat;
}

}  // namespace

std::optional<Catalog> read_catalog(std::string_view body) {
  auto document = JsonDocument::parse(body);
  if (!document.ok() || !document->root()["data"].is_array()) return std::nullopt;
  Catalog catalog;
  document->root()["data"].each_element([&](const Json& info) {
    CatalogModel entry;
    entry.model.id = std::string(info["id"].string_or(""));
    entry.model.created = info["created"].integer().value_or(0);
    entry.model.owned_by = std::string(info["vendor"].string_or("github-copilot"));
    read_endpoints(info["supported_endpoints"], entry);
    entry.listed = is_offered(info) && (entry.chat || entry.responses);
    add_model(catalog, std::move(entry));
  });
  return catalog;
}

std::optional<UpstreamKind> choose_endpoint(Dialect dialect, const CatalogModel* known,
                                            std::optional<UpstreamKind> excluded) {
  if (excluded) return other_than(*excluded);
  if (known == nullptr) return UpstreamKind::copilot_chat;
  bool wants_responses = dialect == Dialect::responses;
  if (known->responses && (wants_responses || !known->chat)) return UpstreamKind::copilot_responses;
  if (known->chat) return UpstreamKind::copilot_chat;
  return std::nullopt;
}

}  // namespace valetkey::providers::github
