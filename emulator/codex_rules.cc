#include "codex_rules.h"

#include <algorithm>
#include <array>

#include "catalog.h"
#include "foundation/jose/jose.h"

namespace valetkey::emulator {
namespace {

using Verdict = std::optional<Refusal>;

// Everything else is refused by name: sampling parameters, limits, metadata, previous_response_id, ...
// Sorted.
constexpr std::array<std::string_view, 15> kKnownParameters = {"client_metadata",
                                                               "include",
                                                               "input",
                                                               "instructions",
                                                               "model",
                                                               "parallel_tool_calls",
                                                               "prompt_cache_key",
                                                               "reasoning",
                                                               "service_tier",
                                                               "store",
                                                               "stream",
                                                               "stream_options",
                                                               "text",
                                                               "tool_choice",
                                                               "tools"};
static_assert(std::is_sorted(kKnownParameters.begin(), kKnownParameters.end()));

Verdict check_parameters(const Json& body) {
  Verdict verdict;
  body.each_member([&verdict](std::string_view name, const Json&) {
    if (std::binary_search(kKnownParameters.begin(), kKnownParameters.end(), name)) return true;
    verdict = detail_refusal(400, "Unsupported parameter: " + std::string(name));
    return false;
  });
  return verdict;
}

// The vendor's own CLI sends its system text as a first developer item in place of `instructions`.
bool has_instructions(const Json& body) {
  if (body["instructions"].is_string()) return true;
  return body["input"].at(0)["role"].string_or("") == "developer" ||
         body["input"].at(0)["type"].string_or("") == "additional_tools";
}

Verdict check_effort(const Json& reasoning, const CodexModel& model) {
  auto effort = reasoning["effort"].string();
  if (!effort) return std::nullopt;
  if (std::find(model.efforts.begin(), model.efforts.end(), *effort) != model.efforts.end())
    return std::nullopt;
  std::string supported;
  for (std::string_view known : model.efforts)
    supported += (supported.empty() ? "'" : ", '") + std::string(known) + "'";
  return envelope_refusal(400,
                          "Unsupported value: '" + std::string(*effort) + "' is not supported with the '" +
                              std::string(model.slug) + "' model. Supported values are: " + supported + ".",
                          "invalid_request_error", "reasoning.effort", "unsupported_value");
}

Verdict check_forced_fields(const Json& body) {
  if (!has_instructions(body)) return detail_refusal(400, "Instructions are required");
  if (!body["input"].is_array()) return detail_refusal(400, "Input must be a list");
  if (body["store"].boolean().value_or(true)) return detail_refusal(400, "Store must be set to false");
  if (!body["stream"].boolean().value_or(false)) return detail_refusal(400, "Stream must be set to true");
  const Json tier = body["service_tier"];
  if (tier.exists() && !tier.is_null() && tier.string_or("") != "priority") {
    return detail_refusal(400, "Unsupported service_tier: " + std::string(tier.string_or("?")));
  }
  if (body["stream_options"]["include_usage"].exists()) {
    return detail_refusal(400, "Unsupported parameter: stream_options.include_usage");
  }
  return std::nullopt;
}

// Ids of things that were never stored, and reasoning sealed for somebody else.
Verdict check_stored_state(const Json& input, std::string_view account_id) {
  Verdict verdict;
  input.each_element([&](const Json& item) {
    const std::string_view type = item["type"].string_or("");
    if (type != "reasoning") return true;
    const auto sealed = item["encrypted_content"].string();
    if (!sealed) {
      verdict = envelope_refusal(404,
                                 "Item with id '" + std::string(item["id"].string_or("?")) +
                                     "' not found. Items are not persisted when `store` is set to false.",
                                 "invalid_request_error", "input");
      return false;
    }
    const auto opened =
        sealed->starts_with("gAAAAA") ? jose::base64url_decode(sealed->substr(6)) : std::nullopt;
    const bool ours =
        opened && opened->starts_with("sealed|") &&
        (account_id.empty() || opened->find("|" + std::string(account_id) + "|") != std::string::npos);
    if (ours) return true;
    verdict = envelope_refusal(400, "The encrypted content could not be verified.", "invalid_request_error",
                               {}, "invalid_encrypted_content");
    return false;
  });
  return verdict;
}

}  // namespace

Verdict check_codex_request(const Json& body, std::string_view account_id) {
  if (!body.is_object()) return detail_refusal(400, "Request body is not valid JSON");
  const std::string_view name = body["model"].string_or("");
  if (name.empty()) return detail_refusal(400, "Model is required");
  const CodexModel* model = find_codex_model(name);
  if (!model) {
    return detail_refusal(400, "The '" + std::string(name) +
                                   "' model is not supported when using Codex with a ChatGPT account.");
  }
  if (auto refused = check_forced_fields(body)) return refused;
  if (auto refused = check_parameters(body)) return refused;
  if (auto refused = check_effort(body["reasoning"], *model)) return refused;
  if (auto refused = check_response_items(body)) return refused;
  if (auto refused = check_stored_state(body["input"], account_id)) return refused;
  if (auto refused = check_response_tools(body["tools"])) return refused;
  return check_text_format(body["text"]["format"]);
}

Verdict check_codex_compact(const Json& body) {
  if (!body.is_object()) return detail_refusal(400, "Request body is not valid JSON");
  if (!find_codex_model(body["model"].string_or(""))) return detail_refusal(400, "Model is required");
  if (!body["input"].is_array()) return detail_refusal(400, "Input must be a list");
  for (std::string_view name : {"stream", "store"}) {
    if (body[name].exists()) return detail_refusal(400, "Unsupported parameter: " + std::string(name));
  }
  return check_parameters(body);
}

std::string seal_reasoning(std::string_view account_id, std::string_view unique) {
  return "gAAAAA" + jose::base64url_encode("sealed|" + std::string(account_id) + "|" + std::string(unique));
}

}  // namespace valetkey::emulator
