#include "domain/authorization/jwt_bearer.h"

namespace valetkey::authorization {
namespace {

// Who a person is at an issuer we trust (jwt-bearer); how often a person typed a wrong device code.
constexpr const char* kTables =
    "CREATE TABLE linked_subjects ("
    " issuer TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " person_id TEXT NOT NULL,"
    " linked_at BIGINT NOT NULL,"
    " PRIMARY KEY (issuer, subject));\n"
    "CREATE INDEX linked_subjects_by_person ON linked_subjects (person_id);\n"
    "CREATE TABLE device_guesses ("
    " person_id TEXT PRIMARY KEY,"
    " since BIGINT NOT NULL,"
    " wrong BIGINT NOT NULL)";

}  // namespace

const std::vector<sql::Migration>& assertion_migrations() {
  static const std::vector<sql::Migration> list = {{16, "links and guesses", kTables}};
  return list;
}

}  // namespace valetkey::authorization
