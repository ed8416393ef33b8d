// The emulated upstreams' routes. Each function lives in the file of its name.
#pragma once

#include <string>
#include <string_view>

#include "call.h"
#include "foundation/http/router.h"

namespace valetkey::emulator {

// Adds "/<upstream><path>" with everything that surrounds an endpoint: recorder, faults, trace.
void mount(http::Router& router, World& world, std::string_view method, std::string_view upstream,
           std::string_view path, Endpoint endpoint);

void add_openai_auth(http::Router& router, World& world);  // /auth.openai
void add_codex(http::Router& router, World& world);        // /chatgpt
void add_github(http::Router& router, World& world);       // /github and /api.github
void add_copilot(http::Router& router, World& world);      // /copilot
void add_xai_auth(http::Router& router, World& world);     // /auth.x
void add_xai(http::Router& router, World& world);          // /api.x and /cli-proxy.x
void add_control(http::Router& router, World& world);      // /control

// GET and POST of the page where a person types the user code.
Endpoint human_page(std::string_view upstream_label, std::string_view form_action);

}  // namespace valetkey::emulator
