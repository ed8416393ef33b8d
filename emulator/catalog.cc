#include "catalog.h"

#include <algorithm>

#include "foundation/base/json.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::emulator {
namespace {

template <class Model, class Key>
const Model* find_by(const std::vector<Model>& models, Key key, std::string_view wanted) {
  auto found =
      std::find_if(models.begin(), models.end(), [&](const Model& model) { return model.*key == wanted; });
  return found == models.end() ? nullptr : &*found;
}

void write_codex_model(JsonWriter& json, const CodexModel& model, int priority, bool extra_members,
                       size_t padding) {
  json.begin_object().member("slug", model.slug).member("display_name", model.name);
  json.member("description", padding > 0 ? std::string(padding, 'x') : "Emulated " + std::string(model.name));
  json.member("default_reasoning_level", model.default_effort)
      .key("supported_reasoning_levels")
      .begin_array();
  for (std::string_view effort : model.efforts) {
    json.begin_object()
        .member("effort", effort)
        .member("description", "Reasons at level " + std::string(effort));
    json.end_object();
  }
  json.end_array().member("shell_type", "shell_command").member("visibility", model.hidden ? "hide" : "list");
  json.member("minimal_client_version", "0.98.0")
      .member("supported_in_api", true)
      .member("priority", priority);
  json.key("upgrade").null().member("base_instructions", "You are an emulated model.");
  json.member("support_verbosity", true).member("default_verbosity", "low");
  json.member("apply_patch_tool_type", "freeform").member("web_search_tool_type", "text");
  json.key("truncation_policy").begin_object().member("mode", "tokens").member("limit", 10000).end_object();
  json.member("supports_parallel_tool_calls", !model.lite).member("supports_reasoning_summaries", true);
  json.member("context_window", model.context_window).member("max_context_window", model.max_context_window);
  json.key("auto_compact_token_limit").null().key("experimental_supported_tools").begin_array().end_array();
  json.key("input_modalities").begin_array().string("text");
  if (model.images) json.string("image");
  json.end_array().member("prefer_websockets", false).member("use_responses_lite", model.lite);
  json.key("available_in_plans").begin_array();
  for (const char* plan : {"free", "go", "plus", "pro", "team", "business", "enterprise", "edu"})
    json.string(plan);
  json.end_array().key("service_tiers").begin_array().begin_object();
  json.member("id", "priority").member("name", "Fast").member("description", "Sooner, at a higher rate");
  json.end_object().end_array();
  if (extra_members) json.key("quantum_state").begin_object().member("collapsed", false).end_object();
  json.end_object();
}

void write_copilot_model(JsonWriter& json, const CopilotModel& model) {
  json.begin_object().member("id", model.id).member("name", model.name).member("version", model.id);
  json.member("vendor", model.vendor).member("object", "model").member("preview", false);
  json.member("model_picker_enabled", true).member("model_picker_category", "versatile");
  json.key("supported_endpoints").begin_array();
  if (model.chat) json.string("/chat/completions");
  if (model.responses) json.string("/responses");
  json.end_array();
  json.key("policy").begin_object().member("state", "enabled").member("terms", "Emulated terms").end_object();
  json.key("billing")
      .begin_object()
      .member("is_premium", model.premium)
      .member("multiplier", model.premium ? 1 : 0);
  json.end_object();
  json.key("capabilities").begin_object().member("family", model.family).member("type", "chat");
  json.member("object", "model_capabilities").member("tokenizer", "o200k_base").key("limits").begin_object();
  json.member("max_context_window_tokens", 128000)
      .member("max_output_tokens", 16384)
      .member("max_prompt_tokens", 111000);
  json.end_object()
      .key("supports")
      .begin_object()
      .member("tool_calls", true)
      .member("parallel_tool_calls", true);
  json.member("streaming", true).member("structured_outputs", true).member("vision", model.vision);
  if (model.reasoning) {
    json.key("reasoning_effort").begin_array().string("low").string("medium").string("high").end_array();
  }
  json.end_object().end_object().end_object();
}

}  // namespace

const std::vector<CodexModel>& codex_models() {
  static const std::vector<std::string_view> kUltra = {"low", "medium", "high", "xhigh", "max", "ultra"};
  static const std::vector<std::string_view> kMax = {"low", "medium", "high", "xhigh", "max"};
  static const std::vector<std::string_view> kXhigh = {"low", "medium", "high", "xhigh"};
  static const std::vector<CodexModel> kModels = {
      {"gpt-5.6-sol", "GPT-5.6 Sol", "low", kUltra, 272000, 272000, true, false, true},
      {"gpt-5.6-terra", "GPT-5.6 Terra", "medium", kUltra, 272000, 272000, true, false, true},
      {"gpt-5.6-luna", "GPT-5.6 Luna", "medium", kMax, 272000, 272000, true, false, true},
      {"gpt-5.5", "GPT-5.5", "medium", kXhigh, 272000, 272000, false, false, true},
      {"gpt-5.4", "GPT-5.4", "medium", kXhigh, 272000, 1000000, false, false, true},
      {"gpt-5.4-mini", "GPT-5.4 mini", "medium", kXhigh, 272000, 272000, false, false, true},
      {"gpt-5.3-codex-spark", "GPT-5.3 Codex Spark", "high", kXhigh, 128000, 128000, false, false, false},
      {"codex-auto-review", "Codex Auto Review", "medium", kXhigh, 272000, 1000000, false, true, true},
  };
  return kModels;
}

const CodexModel* find_codex_model(std::string_view slug) {
  return find_by(codex_models(), &CodexModel::slug, slug);
}

const std::vector<CopilotModel>& copilot_models() {
  static const std::vector<CopilotModel> kModels = {
      {"gpt-4.1", "GPT-4.1", "Azure OpenAI", "gpt-4.1", true, false, false, true, false},
      {"gpt-4o", "GPT-4o", "Azure OpenAI", "gpt-4o", true, false, false, true, false},
      {"gpt-5-mini", "GPT-5 mini", "Azure OpenAI", "gpt-5-mini", true, true, true, true, false},
      {"gpt-5.5", "GPT-5.5", "OpenAI", "gpt-5.5", false, true, true, true, true},
      {"gpt-5.4", "GPT-5.4", "OpenAI", "gpt-5.4", false, true, true, true, true},
      {"gpt-5.3-codex", "GPT-5.3-Codex", "OpenAI", "gpt-5.3-codex", false, true, true, true, true},
      {"claude-sonnet-4.6", "Claude Sonnet 4.6", "Anthropic", "claude-sonnet-4.6", true, false, false, true,
       true},
      {"gemini-3.1-pro", "Gemini 3.1 Pro", "Google", "gemini-3.1-pro", true, false, false, true, true},
  };
  return kModels;
}

const CopilotModel* find_copilot_model(std::string_view id) {
  return find_by(copilot_models(), &CopilotModel::id, id);
}

const std::vector<XaiModel>& xai_models() {
  static const std::vector<XaiModel> kModels = {
      {"grok-4.7", true, 1788220800},
      {"grok-4.6", true, 1785542400},
      {"grok-4.5", true, 1780272000},
      {"grok-4.3", true, 1775001600},
      {"grok-4.20-0309-reasoning", true, 1773014400},
      {"grok-4.20-0309-non-reasoning", false, 1773014400},
      {"grok-build-0.1", true, 1777593600},
  };
  return kModels;
}

const XaiModel* find_xai_model(std::string_view id) {
  return find_by(xai_models(), &XaiModel::id, id);
}

std::string codex_catalog(bool extra_members, size_t padding) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("models").begin_array();
  int priority = 1;
  for (const CodexModel& model : codex_models()) {
    write_codex_model(json, model, priority, extra_members, priority == 1 ? padding : 0);
    ++priority;
  }
  json.end_array();
  if (extra_members) json.member("galaxy", "far away");
  json.end_object();
  return out;
}

std::string copilot_catalog() {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("object", "list").key("data").begin_array();
  for (const CopilotModel& model : copilot_models()) write_copilot_model(json, model);
  json.end_array().end_object();
  return out;
}

std::string xai_catalog() {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("object", "list").key("data").begin_array();
  for (const XaiModel& model : xai_models()) {
    json.begin_object().member("id", model.id).member("object", "model").member("created", model.created);
    json.member("owned_by", "xai").end_object();
  }
  json.end_array().end_object();
  return out;
}

std::string etag_of(std::string_view body) {
  return "W/\"" + to_hex(crypto::sha256(body)).substr(0, 16) + "\"";
}

}  // namespace valetkey::emulator
