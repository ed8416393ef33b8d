// What a raw value means for its key: type, limits, spelling.
#pragma once

#include "app/config_sources.h"

namespace valetkey::config {

// Sets the key's member in `config`, or adds a problem and leaves it alone.
void assign(const Key& key, const RawValue& raw, Config& config, Problems& problems);

// The value as TOML text; a secret shows only how many there are.
std::string show(const Key& key, Config& config);

}  // namespace valetkey::config
