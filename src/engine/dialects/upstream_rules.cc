#include "engine/dialects/upstream_rules.h"

#include <array>

namespace valetkey::dialects {
namespace {

enum class Rule {
  own,      // written elsewhere
  forward,  // as it is
  drop,     // the answer means the same: named in x-valetkey-dropped
  quiet,    // nothing of it is lost
  refuse,   // the answer would mean something else
  limit     // a limit on the output, under the upstream's name for it
};

// Values that ask for nothing: never refused, never named.
enum class Inert { only_null, off, one, zero, empty, text_only, disabled };

struct Row {
  std::string_view name;
  Inert inert;
  Rule codex, copilot_chat, copilot_responses, xai_chat, xai_responses;
};

constexpr Row same(std::string_view name, Rule rule, Inert inert = Inert::only_null) {
  return {name, inert, rule, rule, rule, rule, rule};
}

using enum Rule;

constexpr std::array kChat = {
    same("model", own),
    same("messages", own),
    same("stream", own),
    same("stream_options", own),
    same("tools", own),
    same("tool_choice", own),
    same("functions", own),
    same("function_call", own),
    same("response_format", own),
    same("reasoning_effort", own),
    same("verbosity", own),
    same("parallel_tool_calls", own),
    same("stop", own),
    same("prompt_cache_key", own),
    same("service_tier", own),
    //                                              codex   copilot chat, responses   xai chat, responses
    Row{"web_search_options", Inert::only_null, own, refuse, refuse, refuse, own},
    Row{"n", Inert::one, refuse, refuse, refuse, refuse, refuse},
    Row{"temperature", Inert::only_null, drop, forward, drop, forward, forward},
    Row{"top_p", Inert::only_null, drop, forward, drop, forward, forward},
    Row{"top_k", Inert::only_null, drop, forward, drop, drop, drop},
    Row{"max_tokens", Inert::only_null, drop, forward, limit, forward, limit},
    Row{"max_completion_tokens", Inert::only_null, drop, forward, limit, forward, limit},
    Row{"presence_penalty", Inert::zero, drop, forward, drop, drop, drop},
    Row{"frequency_penalty", Inert::zero, drop, forward, drop, drop, drop},
    Row{"seed", Inert::only_null, drop, forward, drop, forward, drop},
    Row{"logprobs", Inert::off, refuse, forward, refuse, forward, refuse},
    Row{"top_logprobs", Inert::zero, refuse, forward, refuse, forward, refuse},
    Row{"logit_bias", Inert::empty, refuse, forward, refuse, refuse, refuse},
    Row{"user", Inert::only_null, drop, forward, drop, forward, forward},
    Row{"modalities", Inert::text_only, refuse, refuse, refuse, refuse, refuse},
    Row{"audio", Inert::only_null, refuse, refuse, refuse, refuse, refuse},
    Row{"prediction", Inert::only_null, drop, forward, drop, drop, drop},
    Row{"metadata", Inert::empty, drop, drop, drop, drop, drop},
    Row{"store", Inert::off, drop, drop, drop, drop, drop},
    Row{"safety_identifier", Inert::only_null, drop, drop, drop, drop, drop},
    Row{"prompt_cache_retention", Inert::only_null, drop, drop, drop, drop, drop},
    Row{"prompt_cache_options", Inert::only_null, drop, drop, drop, drop, drop},
};

constexpr std::array kResponses = {
    same("model", own),
    same("input", own),
    same("instructions", own),
    same("tools", own),
    same("tool_choice", own),
    same("parallel_tool_calls", own),
    same("reasoning", own),
    same("text", own),
    same("stream", own),
    same("include", own),
    same("store", own),
    same("stream_options", own),
    same("service_tier", own),
    same("prompt_cache_key", own),
    //                                              codex   copilot chat, responses   xai chat, responses
    Row{"client_metadata", Inert::only_null, forward, quiet, quiet, quiet, quiet},
    Row{"max_output_tokens", Inert::only_null, drop, limit, forward, limit, forward},
    Row{"max_tokens", Inert::only_null, drop, limit, limit, limit, limit},
    Row{"max_completion_tokens", Inert::only_null, drop, limit, limit, limit, limit},
    Row{"max_tool_calls", Inert::only_null, drop, drop, drop, drop, drop},
    Row{"temperature", Inert::only_null, drop, forward, drop, forward, forward},
    Row{"top_p", Inert::only_null, drop, forward, drop, forward, forward},
    Row{"top_logprobs", Inert::zero, refuse, refuse, refuse, refuse, forward},
    Row{"truncation", Inert::disabled, drop, drop, drop, drop, drop},
    Row{"user", Inert::only_null, drop, forward, drop, forward, forward},
    Row{"metadata", Inert::empty, drop, drop, drop, drop, drop},
    Row{"safety_identifier", Inert::only_null, drop, drop, drop, drop, drop},
    Row{"prompt_cache_retention", Inert::only_null, drop, drop, drop, drop, drop},
    Row{"prompt_cache_options", Inert::only_null, drop, drop, drop, drop, drop},
    Row{"context_management", Inert::empty, drop, drop, drop, drop, drop},
    Row{"background", Inert::off, refuse, refuse, refuse, refuse, refuse},
    Row{"previous_response_id", Inert::only_null, refuse, refuse, refuse, refuse, refuse},
    Row{"conversation", Inert::only_null, refuse, refuse, refuse, refuse, refuse},
    Row{"prompt", Inert::only_null, refuse, refuse, refuse, refuse, refuse},
};

Rule rule_of(const Row& row, UpstreamKind upstream) {
  switch (upstream) {
    case UpstreamKind::codex:
      return row.codex;
    case UpstreamKind::copilot_chat:
      return row.copilot_chat;
    case UpstreamKind::copilot_responses:
      return row.copilot_responses;
    case UpstreamKind::xai_chat:
      return row.xai_chat;
    case UpstreamKind::xai_responses:
      return row.xai_responses;
  }
  return drop;
}

bool asks_nothing(Inert inert, const Json& value) {
  if (value.is_null()) return true;
  switch (inert) {
    case Inert::only_null:
      return false;
    case Inert::off:
      return value.boolean() == false;
    case Inert::one:
      return value.integer() == 1;
    case Inert::zero:
      return value.number() == 0.0;
    case Inert::empty:
      return (value.is_object() || value.is_array()) && value.size() == 0;
    case Inert::text_only:
      return value.is_array() && value.size() == 1 && value.at(0).string() == "text";
    case Inert::disabled:
      return value.string() == "disabled";
  }
  return false;
}

// Parameters nobody has heard of: the same dialect passes them on, another has no word for them. Codex
// refuses all.
Rule rule_for_unknown(Dialect client, UpstreamKind upstream) {
  return client == dialect_of(upstream) && upstream != UpstreamKind::codex ? forward : drop;
}

std::string refusal_text(std::string_view name) {
  if (name == "n") return "this provider gives one choice per call: n must be 1";
  if (name == "previous_response_id" || name == "conversation") {
    return std::string(name) +
           " is not supported: responses are not stored here, send the whole conversation in input";
  }
  if (name == "background") return "background responses are not supported";
  if (name == "logprobs" || name == "top_logprobs") return "this provider gives no log probabilities";
  if (name == "modalities" || name == "audio") return "this provider answers in text only";
  return std::string(name) + " is not supported by this provider";
}

std::string_view limit_name(UpstreamKind upstream) {
  switch (upstream) {
    case UpstreamKind::copilot_chat:
      return "max_tokens";  // what serves only chat there are models of the older kind
    case UpstreamKind::xai_chat:
      return "max_completion_tokens";
    case UpstreamKind::codex:
    case UpstreamKind::copilot_responses:
    case UpstreamKind::xai_responses:
      return "max_output_tokens";
  }
  return "max_output_tokens";
}

const Row* find_row(Dialect client, std::string_view name) {
  auto search = [name](const auto& table) -> const Row* {
    for (const Row& row : table) {
      if (row.name == name) return &row;
    }
    return nullptr;
  };
  return client == Dialect::chat ? search(kChat) : search(kResponses);
}

}  // namespace

Dialect dialect_of(UpstreamKind kind) {
  switch (kind) {
    case UpstreamKind::copilot_chat:
    case UpstreamKind::xai_chat:
      return Dialect::chat;
    case UpstreamKind::codex:
    case UpstreamKind::copilot_responses:
    case UpstreamKind::xai_responses:
      return Dialect::responses;
  }
  return Dialect::responses;
}

std::optional<Failure> copy_parameters(const NeutralRequest& request, UpstreamKind upstream, JsonWriter& json,
                                       std::vector<std::string>& dropped) {
  std::optional<Failure> refused;
  bool limited = false;
  request.body.each_member([&](std::string_view name, const Json& value) {
    const Row* row = find_row(request.dialect, name);
    Rule rule = row ? rule_of(*row, upstream) : rule_for_unknown(request.dialect, upstream);
    if (asks_nothing(row ? row->inert : Inert::only_null, value)) return true;
    switch (rule) {
      case own:
      case quiet:
        break;
      case forward:
        json.member(name, value);
        break;
      case drop:
        dropped.emplace_back(name);
        break;
      case limit:
        if (!limited) json.member(limit_name(upstream), value);
        limited = true;
        break;
      case refuse:
        refused = invalid_request(refusal_text(name), std::string(name), "unsupported_parameter");
        return false;
    }
    return true;
  });
  return refused;
}

bool knows_stop(UpstreamKind upstream) {
  return upstream == UpstreamKind::copilot_chat;
}

std::string_view effort_for(UpstreamKind upstream, std::string_view effort) {
  return upstream == UpstreamKind::codex && effort == "minimal" ? "low" : effort;
}

std::string_view service_tier_for(UpstreamKind upstream, std::string_view tier,
                                  std::vector<std::string>& dropped) {
  if (tier.empty() || tier == "auto" || tier == "default") return {};
  if (upstream == UpstreamKind::codex && (tier == "priority" || tier == "fast")) return "priority";
  dropped.emplace_back("service_tier");
  return {};
}

}  // namespace valetkey::dialects
