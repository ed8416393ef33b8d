#include "faces/mcp/tools.h"

#include "domain/authorization/options.h"

namespace valetkey::faces::mcp {
namespace {

constexpr std::string_view kNoArguments = R"({"type":"object","properties":{},"additionalProperties":false})";

constexpr std::string_view kPong =
    R"({"type":"object","properties":{"status":{"type":"string"}},"required":["status"]})";

constexpr std::string_view kPerson =
    R"({"type":"object","properties":{)"
    R"("subject":{"type":"string"},)"
    R"("client_id":{"type":"string"},)"
    R"("email":{"type":"string"},)"
    R"("scopes":{"type":"array","items":{"type":"string"}},)"
    R"("resource":{"type":"string"},)"
    R"("expires_at":{"type":"integer","description":"seconds since 1970"}},)"
    R"("required":["subject","client_id","scopes","resource","expires_at"]})";

constexpr std::string_view kModels =
    R"({"type":"object","properties":{"models":{"type":"array","items":{"type":"string"}}},"required":["models"]})";

constexpr std::string_view kQuestion =
    R"({"type":"object","properties":{)"
    R"("model":{"type":"string","description":"an id of list_models","minLength":1,"maxLength":200},)"
    R"("prompt":{"type":"string","description":"what the model is asked","minLength":1}},)"
    R"("required":["model","prompt"],"additionalProperties":false})";

constexpr std::string_view kAnswer =
    R"({"type":"object","properties":{"model":{"type":"string"},"answer":{"type":"string"}},)"
    R"("required":["model","answer"]})";

void write_security_schemes(JsonWriter& json, const Tool& tool) {
  json.key("securitySchemes").begin_array();
  if (tool.anonymous) json.begin_object().member("type", "noauth").end_object();
  json.begin_object().member("type", "oauth2").key("scopes").begin_array();
  for (const std::string& scope : tool.scopes) json.string(scope);
  json.end_array().end_object().end_array();
}

void write_tool(JsonWriter& json, const Tool& tool) {
  json.begin_object().member("name", tool.name).member("title", tool.title);
  json.member("description", tool.description).key("inputSchema").raw(tool.input_schema);
  json.key("outputSchema").raw(tool.output_schema);
  json.key("annotations").begin_object().member("title", tool.title).member("readOnlyHint", true);
  json.member("destructiveHint", false).member("idempotentHint", !tool.open_world);
  json.member("openWorldHint", tool.open_world).end_object();
  write_security_schemes(json, tool);
  json.key("_meta").begin_object();
  write_security_schemes(json, tool);
  json.end_object().end_object();
}

}  // namespace

const std::vector<Tool>& tools() {
  static const std::vector<Tool> all = {
      {"ping",
       "Ping",
       "Says that this server is there. Needs no sign-in.",
       kNoArguments,
       kPong,
       {},
       true,
       false},
      {"whoami",
       "Who am I",
       "Tells for which person and which app the present access was given, and what it allows.",
       kNoArguments,
       kPerson,
       {"profile"},
       false,
       false},
      {"list_models",
       "List models",
       "Lists the models of the AI that the person has connected and lets this app use.",
       kNoArguments,
       kModels,
       {authorization::kAiScope},
       false,
       true},
      {"ask",
       "Ask a model",
       "Sends one prompt to a model of the person's connected AI, on the person's own plan, and gives its "
       "answer.",
       kQuestion,
       kAnswer,
       {authorization::kAiScope},
       false,
       true},
  };
  return all;
}

const Tool* find_tool(std::string_view name) {
  for (const Tool& tool : tools()) {
    if (tool.name == name) return &tool;
  }
  return nullptr;
}

void write_tools(JsonWriter& json) {
  json.key("tools").begin_array();
  for (const Tool& tool : tools()) write_tool(json, tool);
  json.end_array();
}

}  // namespace valetkey::faces::mcp
