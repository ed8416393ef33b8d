// The models the emulated upstreams offer, and their catalogs on the wire (upstreams 2.7, 3.4, 4.6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace valetkey::emulator {

struct CodexModel {
  std::string_view slug, name, default_effort;
  std::vector<std::string_view> efforts;
  int context_window, max_context_window;
  bool lite, hidden, images;
};
const std::vector<CodexModel>& codex_models();
const CodexModel* find_codex_model(std::string_view slug);

struct CopilotModel {
  std::string_view id, name, vendor, family;
  bool chat, responses;  // endpoints it is reachable by
  bool reasoning, vision, premium;
};
const std::vector<CopilotModel>& copilot_models();
const CopilotModel* find_copilot_model(std::string_view id);

struct XaiModel {
  std::string_view id;
  bool reasoning;
  long created;
};
const std::vector<XaiModel>& xai_models();
const XaiModel* find_xai_model(std::string_view id);

// Whole catalogs as JSON. `extra_members`: with unknown fields; `padding`: a description of so many bytes
// (H6).
std::string codex_catalog(bool extra_members = false, size_t padding = 0);
std::string copilot_catalog();
std::string xai_catalog();
// Weak tag over a catalog's bytes.
std::string etag_of(std::string_view body);

}  // namespace valetkey::emulator
