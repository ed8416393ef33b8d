// One request at an emulated upstream, with what the endpoint needs around it: the world, the fault that
// struck it, and short ways to read and answer. Lives as long as the exchange's handler.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "faults.h"
#include "foundation/base/json.h"
#include "foundation/http/exchange.h"
#include "foundation/http/url.h"
#include "recorder.h"
#include "world.h"

namespace valetkey::emulator {

class Call {
 public:
  Call(World& w, http::Exchange& x, std::string_view upstream_name, std::string_view path_below)
      : world(w), exchange(x), upstream(upstream_name), path(path_below) {}

  World& world;
  http::Exchange& exchange;
  std::string_view upstream;  // "chatgpt", ...
  std::string_view path;      // below the upstream's prefix
  std::shared_ptr<const Fault> fault;
  std::shared_ptr<Record> record;  // null when not recording

  const http::Request& request() const { return exchange.request(); }
  std::string_view header(std::string_view name) const { return request().headers.get(name); }
  // Whether this fault struck. Asking counts as knowing it (the recorder's fault_applied).
  bool struck_by(std::string_view fault_id);
  // Any fault whose id begins so ("S6."); for code that takes a whole family.
  bool struck_by_family(std::string_view prefix);
  std::string_view bearer() const;  // of Authorization: Bearer; empty when there is none
  // "http://127.0.0.1:4000": how the client reached us.
  std::string origin() const;
  // Waits real time; false when the client left meanwhile.
  Task<bool> wait(Millis duration);

  Task<void> reply(int status, std::string json);
  Task<void> reply_text(int status, std::string text, std::string content_type = "text/plain; charset=utf-8");
  Task<void> reply_html(int status, std::string html);
  Task<void> reply(http::Response response);
};

// A body that may be JSON or a form (upstreams 1.5).
class Fields {
 public:
  explicit Fields(const http::Request& request);
  std::string get(std::string_view name) const;
  bool has(std::string_view name) const { return !get(name).empty(); }
  bool is_json() const { return document_.has_value(); }

 private:
  std::optional<JsonDocument> document_;
  http::Form form_;
};

using Endpoint = std::function<Task<void>(Call&)>;

}  // namespace valetkey::emulator
