#include "domain/vault/credential.h"

namespace valetkey {

std::string_view to_string(ProviderId id) {
  switch (id) {
    case ProviderId::openai:
      return "openai";
    case ProviderId::xai:
      return "xai";
    case ProviderId::github:
      return "github";
  }
  return "";
}

std::string_view display_name(ProviderId id) {
  switch (id) {
    case ProviderId::openai:
      return "ChatGPT";
    case ProviderId::xai:
      return "Grok";
    case ProviderId::github:
      return "GitHub Copilot";
  }
  return "";
}

std::optional<ProviderId> parse_provider(std::string_view text) {
  for (ProviderId id : kAllProviders) {
    if (to_string(id) == text) return id;
  }
  return std::nullopt;
}

}  // namespace valetkey
