// One read connection per thread, opened at its first read. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "foundation/sql/sqlite/connection.h"

namespace valetkey::sql::sqlite {

// Owns the connections: they close with it. A thread that ends hands its connection back for the next one.
class Readers : public std::enable_shared_from_this<Readers> {
 public:
  explicit Readers(std::string path);
  Result<Connection*> mine();

 private:
  struct ThreadLocal;
  Result<Connection*> lend();
  void give_back(Connection* connection);

  const std::string path_;
  const uint64_t id_;  // never used twice in a process
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> all_;
  std::vector<Connection*> idle_;
};

}  // namespace valetkey::sql::sqlite
