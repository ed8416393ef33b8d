// Every table of the house, in order.
#pragma once

#include <vector>

#include "foundation/sql/database.h"

namespace valetkey {

std::vector<sql::Migration> house_migrations();

}  // namespace valetkey
