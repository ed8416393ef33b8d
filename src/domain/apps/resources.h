// The registry of protected resources (RFC 8707, RFC 9728): what a token may be for. From the configuration
// (not to be changed at run time) and from builders.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "foundation/base/json.h"
#include "foundation/base/random.h"
#include "foundation/base/task.h"
#include "foundation/jose/jwk.h"
#include "foundation/sql/database.h"

namespace valetkey::apps {

struct ResourceScope {
  std::string name;         // a scope-token of RFC 6749
  std::string description;  // plain words for the consent page; empty: the name is shown
};

struct Resource {
  std::string uri;    // as registered; the `aud` of its tokens
  std::string name;   // shown to people
  std::string owner;  // person id; empty: configured by the operator
  std::vector<ResourceScope> scopes;
  std::string documentation_uri;
  jose::Algorithm access_token_algorithm = jose::Algorithm::ES256;
  bool dpop_required = false;

  bool has_scope(std::string_view name) const;
};

// Equal when scheme and host differ only in case, the default port is or is not spelt out, and the path is
// empty or "/". Everything else byte for byte. False for what is no absolute http(s) URI without fragment.
bool same_resource(std::string_view a, std::string_view b);
Result<void> check_resource_uri(std::string_view uri);

class Resources {
 public:
  Resources(sql::Database& database, const Clock& clock, std::vector<Resource> configured);
  ~Resources();
  // Code::not_found: an unknown resource (invalid_target).
  Task<Result<Resource>> find(std::string uri);
  const Resource& default_resource() const;  // the first configured
  const std::vector<Resource>& configured() const;

  Task<Result<std::vector<Resource>>> list_of(std::string owner);
  // Code::conflict: somebody has it. Code::invalid_argument with a sentence that may be shown.
  Task<Result<Resource>> create_for(std::string owner, Json body);
  Task<Result<Resource>> update_for(std::string owner, std::string uri, Json body);
  Task<Result<void>> delete_for(std::string owner, std::string uri);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

void write_resource(JsonWriter& json, const Resource& resource);  // one object, as the portal shows it

}  // namespace valetkey::apps
