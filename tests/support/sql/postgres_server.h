// The PostgreSQL server of this test process.
#pragma once

#include <string>

namespace valetkey::sql {

class PostgresServer {
 public:
  // Started at the first call, stopped and removed at exit.
  static PostgresServer& instance();

  std::string url(const std::string& database) const;
  // Runs one statement in the maintenance database; ends the process when it fails.
  void administer(const std::string& statement);

 private:
  PostgresServer();
  ~PostgresServer();
  void spawn_supervisor();
  void wait_until_ready();

  std::string directory_;
  int lifeline_ = -1;  // the supervisor stops the server when this end is closed
  int supervisor_ = -1;
};

}  // namespace valetkey::sql
