// The tables of authorization.
#pragma once

#include <vector>

#include "foundation/sql/database.h"

namespace valetkey::authorization {

const std::vector<sql::Migration>& migrations();  // number 15

}  // namespace valetkey::authorization
