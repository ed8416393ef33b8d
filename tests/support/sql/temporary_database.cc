#include "tests/support/sql/temporary_database.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tests/support/sql/postgres_server.h"

namespace valetkey::sql {
namespace {

std::string make_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "valetkey-sqlite-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  return pattern;
}

std::string make_postgres_database() {
  static std::atomic<int> count = 0;
  std::string name = "test_" + std::to_string(++count);
  PostgresServer::instance().administer("CREATE DATABASE " + name);
  return name;
}

}  // namespace

TemporaryDatabase::TemporaryDatabase(Database::Kind kind, DatabaseOptions options)
    : kind_(kind), options_(std::move(options)) {
  if (kind == Database::Kind::sqlite) {
    place_ = make_directory();
    options_.url = "sqlite:" + place_ + "/store.db";
  } else {
    place_ = make_postgres_database();
    options_.url = PostgresServer::instance().url(place_);
  }
  database_ = open_another();
}

TemporaryDatabase::~TemporaryDatabase() {
  database_.reset();
  if (kind_ == Database::Kind::sqlite) {
    std::error_code ignored;
    std::filesystem::remove_all(place_, ignored);
  } else {
    PostgresServer::instance().administer("DROP DATABASE " + place_ + " WITH (FORCE)");
  }
}

std::unique_ptr<Database> TemporaryDatabase::open_another() const {
  auto opened = open_database(options_);
  if (!opened.ok()) {
    std::fprintf(stderr, "cannot open %s: %s\n", options_.url.c_str(), opened.error().detail.c_str());
    std::abort();
  }
  return std::move(opened).value();
}

void TemporaryDatabase::reopen() {
  database_.reset();
  database_ = open_another();
}

void TemporaryDatabase::cut_connections() {
  PostgresServer::instance().administer(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '" + place_ + "'");
}

std::vector<Database::Kind> engines_under_test() {
  return {Database::Kind::sqlite, Database::Kind::postgres};
}

std::string engine_name(Database::Kind kind) {
  return kind == Database::Kind::sqlite ? "sqlite" : "postgres";
}

}  // namespace valetkey::sql
