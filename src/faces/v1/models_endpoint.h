// GET /v1/models and GET /v1/models/{id}.
#pragma once

#include "faces/v1/v1.h"

namespace valetkey::faces {

Task<void> list_models(const V1& face, http::Exchange& exchange);
Task<void> retrieve_model(const V1& face, http::Exchange& exchange);

}  // namespace valetkey::faces
