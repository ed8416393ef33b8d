// Chat client, chat upstream: the client's own body, with what the upstream needs changed.
#include <array>

#include "engine/dialects/upstream_rules.h"

namespace valetkey::dialects {
namespace {

constexpr std::array<std::string_view, 6> kCarried = {
    "messages", "tools", "tool_choice", "response_format", "reasoning_effort", "parallel_tool_calls"};

}  // namespace

EncodedRequest pass_chat(const NeutralRequest& request, UpstreamKind upstream) {
  // `functions` is older than some of these upstreams.
  if (request.legacy_function_call) return encode_as_chat(request, upstream);
  EncodedRequest out;
  out.body.reserve(1024);
  JsonWriter json(out.body);
  json.begin_object().member("model", request.model);
  for (std::string_view name : kCarried) {
    Json value = request.body[name];
    if (value.exists() && !value.is_null()) json.member(name, value);
  }
  if (!request.stops.empty() && knows_stop(upstream)) json.member("stop", request.body["stop"]);
  if (!request.verbosity.empty()) {
    if (upstream == UpstreamKind::copilot_chat) {
      json.member("verbosity", request.verbosity);
    } else {
      out.dropped.emplace_back("verbosity");
    }
  }
  (void)service_tier_for(upstream, request.service_tier, out.dropped);
  json.member("stream", true).key("stream_options").begin_object().member("include_usage", true).end_object();
  out.refused = copy_parameters(request, upstream, json, out.dropped);
  json.end_object();
  return out;
}

}  // namespace valetkey::dialects
