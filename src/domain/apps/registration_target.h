// What a registration names of the registry of resources: the resource must be known, the scopes its own.
#pragma once

#include <string>
#include <variant>

#include "domain/apps/clients.h"
#include "domain/apps/resources.h"

namespace valetkey::apps {

// The metadata with `resource` in its registered spelling and without the scopes that this resource does not
// have (openid, profile, email and offline_access are everybody's). invalid_target: an unknown resource.
// invalid_scope: no scope is left of those asked for. Without `resource` the metadata is as it was: which
// resource its scopes are for is known only when it asks. The document of `metadata` must outlive the await.
Task<Result<std::variant<JsonDocument, RegistrationProblem>>> fit_to_resource(Resources& resources,
                                                                              Json metadata);

}  // namespace valetkey::apps
