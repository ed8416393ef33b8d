#include "faults.h"

#include <algorithm>

namespace valetkey::emulator {
namespace {

Error refuse(std::string detail) {
  return Error{Code::invalid_argument, std::move(detail), "faults"};
}

bool is_known_fault(std::string_view id) {
  const auto& all = fault_catalogue();
  return std::any_of(all.begin(), all.end(), [id](const FaultKind& kind) { return kind.id == id; });
}

// "nth": 3 strikes the third matching request only, "next": 2 the first two, "always": true every one,
// "after": 2 skips two first. Without any of them: the next one.
void read_ordinals(const Json& scenario, int64_t& first, int64_t& last) {
  const int64_t skipped = scenario["after"].integer().value_or(0);
  first = skipped + 1;
  last = skipped + scenario["next"].integer().value_or(1);
  if (auto nth = scenario["nth"].integer()) first = last = *nth;
  if (scenario["always"].boolean().value_or(false)) last = -1;
}

bool path_matches(std::string_view pattern, std::string_view path) {
  if (pattern.empty() || pattern == path) return true;
  if (pattern.back() == '*') return path.starts_with(pattern.substr(0, pattern.size() - 1));
  return path.ends_with(pattern);
}

}  // namespace

Result<std::string> FaultBook::add(const Json& scenario) {
  if (!scenario.is_object()) return refuse("a scenario is a JSON object");
  const std::string id(scenario["fault"].string_or(""));
  if (!is_known_fault(id)) return refuse("unknown fault '" + id + "'; GET /control/faults lists all");
  const Json parameters = scenario["parameters"];
  if (parameters.exists() && !parameters.is_object()) return refuse("'parameters' is an object");
  VK_TRY(JsonDocument copy, JsonDocument::parse(parameters.exists() ? to_json(parameters) : "{}"));

  Scenario entry;
  entry.upstream = scenario["upstream"].string_or("");
  entry.path = scenario["path"].string_or("");
  entry.credential = scenario["credential"].string_or("");
  read_ordinals(scenario, entry.first, entry.last);
  if (entry.first < 1) return refuse("ordinals start at 1");
  entry.fault = std::make_shared<const Fault>(id, std::move(copy));

  std::lock_guard lock(mutex_);
  entry.id = "scenario-" + std::to_string(next_id_++);
  scenarios_.push_back(entry);
  any_ = true;
  return entry.id;
}

bool FaultBook::remove(std::string_view id) {
  std::lock_guard lock(mutex_);
  const size_t removed =
      std::erase_if(scenarios_, [id](const Scenario& scenario) { return scenario.id == id; });
  any_ = !scenarios_.empty();
  return removed > 0;
}

void FaultBook::clear() {
  std::lock_guard lock(mutex_);
  scenarios_.clear();
  any_ = false;
}

std::shared_ptr<const Fault> FaultBook::strike(std::string_view upstream, std::string_view path,
                                               std::string_view owner) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<const Fault> struck;
  for (Scenario& scenario : scenarios_) {
    if (!scenario.upstream.empty() && scenario.upstream != upstream) continue;
    if (!path_matches(scenario.path, path)) continue;
    if (!scenario.credential.empty() && scenario.credential != owner) continue;
    ++scenario.seen;
    const bool due = scenario.seen >= scenario.first && (scenario.last < 0 || scenario.seen <= scenario.last);
    if (!due || struck) continue;
    ++scenario.hit;
    struck = scenario.fault;
  }
  return struck;
}

std::string FaultBook::describe() const {
  std::lock_guard lock(mutex_);
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const Scenario& scenario : scenarios_) {
    json.begin_object().member("id", scenario.id).member("fault", scenario.fault->id());
    json.member("upstream", scenario.upstream).member("path", scenario.path);
    json.member("seen", scenario.seen).member("hit", scenario.hit).end_object();
  }
  json.end_array();
  return out;
}

}  // namespace valetkey::emulator
