// Under load many reads happen in one turn of a worker, and each takes and drops SQLite's lock on the WAL:
// two system calls. While another connection of the process holds the same lock SQLite only counts (its
// unixShmLock). So from the third read of a turn on, a connection that does nothing else holds a read
// transaction until the turn is over. Each read still sees what is committed when it starts: one that needs a
// newer part of the WAL takes its own lock as ever.
#pragma once

#include <memory>
#include <string>

#include "foundation/sql/sqlite/connection.h"

namespace valetkey::sql::sqlite {

// Belongs to one thread. Does nothing outside a worker.
class ReadPin : public std::enable_shared_from_this<ReadPin> {
 public:
  explicit ReadPin(std::string path) : path_(std::move(path)) {}
  // Before each read.
  void on_read();

 private:
  static constexpr unsigned kFrom = 3;
  struct Turn;
  void hold();
  void end_turn();

  const std::string path_;
  std::unique_ptr<Connection> connection_;  // opened when first needed
  unsigned reads_ = 0;                      // of this turn
  bool holds_ = false;
};

}  // namespace valetkey::sql::sqlite
