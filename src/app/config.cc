#include "app/config.h"

#include <unistd.h>

#include <algorithm>

#include "app/config_keys.h"
#include "app/config_sources.h"
#include "app/config_values.h"
#include "foundation/base/strings.h"

namespace valetkey {
namespace {

using config::Problems;

std::string place_of(const Config& config, const std::string& key) {
  auto origin = config.origins.find(key);
  return (origin == config.origins.end() ? "" : origin->second + ": ") + key;
}

bool is_postgres_url(std::string_view url) {
  return url.substr(0, 11) == "postgres://" || url.substr(0, 13) == "postgresql://";
}

bool share_a_secret(const std::vector<Secret>& a, const std::vector<Secret>& b) {
  auto in_b = [&b](const Secret& secret) { return std::find(b.begin(), b.end(), secret) != b.end(); };
  return std::any_of(a.begin(), a.end(), in_b);
}

void check_store(const Config& config, Problems& problems) {
  std::string_view url = config.store.url.reveal();
  std::string place = place_of(config, "store.url");
  if (config.store.driver == "postgres" && !is_postgres_url(url)) {
    problems.push_back(place + ": the driver postgres needs a postgres:// URL");
  } else if (config.store.driver == "sqlite" && is_postgres_url(url)) {
    problems.push_back(place + ": is a PostgreSQL URL, but the driver is sqlite");
  } else if (!is_postgres_url(url) && url.find("://") != std::string_view::npos) {
    problems.push_back(place + ": must be a path or a postgres:// URL");
  }
}

// A key that was given but refused has its own problem already; it must not be called missing too.
bool is_reported(const Problems& problems, const std::string& key) {
  std::string mark = ": " + key + ": ";
  auto names_key = [&mark](const std::string& problem) { return problem.find(mark) != std::string::npos; };
  return std::any_of(problems.begin(), problems.end(), names_key);
}

void check_required(const Config& config, Problems& problems) {
  auto require = [&problems](bool present, const char* key, const char* alias, const char* what) {
    if (present || is_reported(problems, key)) return;
    problems.push_back(std::string(key) + ": missing; set " + alias + " to " + what);
  };
  require(!config.originator.empty(), "originator", "AUTH_AI_ORIGINATOR", "the name of this relay");
  require(!config.secrets.jwt.empty(), "secrets.jwt", "AUTH_AI_JWT_SECRET", "32 random bytes in hex");
  require(!config.secrets.identity.empty(), "secrets.identity", "AUTH_AI_IDENTITY_SECRET",
          "32 other random bytes in hex");
}

void check_whole(const Config& config, Problems& problems) {
  check_required(config, problems);
  check_store(config, problems);
  if (share_a_secret(config.secrets.jwt, config.secrets.identity)) {
    problems.push_back(place_of(config, "secrets.identity") + ": must not be the same as secrets.jwt");
  }
  if (config.server.tls_certificate_file.empty() != config.server.tls_key_file.empty()) {
    problems.push_back("server.tls_certificate_file, server.tls_key_file: set both or none");
  }
}

void hide(std::string& text, size_t from, size_t to) {
  text.replace(from, to - from, "***");
}

}  // namespace

providers::ProviderOptions default_providers() {
  providers::ProviderOptions options;
  options.openai.fallback_models = {"gpt-5.5", "gpt-5.4", "gpt-5.4-mini"};
  return options;
}

Result<Config> load_config(const ConfigSource& source) {
  Problems problems;
  // Lowest first: what comes later replaces it.
  config::RawValues values = config::read_toml(source.file, problems);
  for (auto& layer : {config::read_env_file(source.env_file, problems),
                      config::read_environment(source.environment, problems)}) {
    for (const auto& [key, value] : layer) values[key] = value;
  }
  Config out;
  for (const config::Key& key : config::keys()) {
    auto value = values.find(key.name);
    if (value != values.end()) config::assign(key, value->second, out, problems);
  }
  check_whole(out, problems);
  if (problems.empty()) return out;
  std::string all;
  for (const std::string& problem : problems) all.append(all.empty() ? "" : "\n").append(problem);
  return Error{Code::invalid_argument, std::move(all), "config"};
}

Environment process_environment() {
  Environment out;
  for (char** entry = environ; *entry; ++entry) {
    std::string_view text = *entry;
    size_t equals = text.find('=');
    if (equals != std::string_view::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::string without_password(std::string_view url) {
  std::string out(url);
  size_t scheme = out.find("://");
  if (scheme != std::string::npos) {
    // The last @ ends the password even when somebody forgot to escape one inside it.
    size_t at = out.find_last_of('@', std::min(out.find('?'), out.size()));
    size_t colon = out.find(':', scheme + 3);
    if (at != std::string::npos && colon < at) hide(out, colon + 1, at);
  }
  constexpr std::string_view kParameter = "password=";
  for (size_t at = 0; (at = to_lower(out).find(kParameter, at)) != std::string::npos;) {
    size_t start = at + kParameter.size();
    hide(out, start, std::min(out.find_first_of("& ", start), out.size()));
    at = start + 3;
  }
  return out;
}

std::string describe(const Config& config) {
  Config copy = config;
  std::string out;
  for (const config::Key& key : config::keys()) {
    bool hidden = config::is_hidden(key);
    auto origin = config.origins.find(key.name);
    out.append(hidden ? "# " : "").append(key.name).append(" = ").append(config::show(key, copy));
    out.append("  # ").append(origin == config.origins.end() ? "default" : origin->second).append("\n");
  }
  return out;
}

std::string configuration_reference() {
  std::string out = "| key | environment | default | meaning |\n|---|---|---|---|\n";
  Config defaults;
  for (const config::Key& key : config::keys()) {
    std::string value = config::is_hidden(key) ? "" : config::show(key, defaults);
    out.append("| `").append(key.name).append("` | `").append(config::environment_name(key.name)).append("`");
    if (*key.alias) out.append(", `").append(key.alias).append("`");
    out.append(" | ");
    if (!value.empty() && value != "\"\"") out.append("`").append(value).append("`");
    out.append(" | ").append(key.meaning);
    if (key.maximum > 0) {
      out.append(" From ")
          .append(std::to_string(key.minimum))
          .append(" to ")
          .append(std::to_string(key.maximum));
      out.append(".");
    }
    out.append(" |\n");
  }
  return out;
}

}  // namespace valetkey
