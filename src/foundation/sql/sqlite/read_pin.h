// Under load many reads happen in one turn of a worker, and each takes and drops SQLite's lock on the WAL:
// two system calls. While another connection of the process holds the same lock SQLite only counts (its
// unixShmLock). So from the third read of a turn on, a connection that does nothing else holds a read
// transaction until the turn is over. Each read still sees what is committed when it starts: one that needs a
// newer part of the WAL takes its own lock as ever. The last read of a turn gives its lock back at the turn's
// end too: a request that is alone is then on its way to the upstream already.
#pragma once

#include <memory>
#include <string>

#include "foundation/sql/sqlite/connection.h"

namespace valetkey::sql::sqlite {

// Belongs to one thread. Does nothing outside a worker.
class ReadPin : public std::enable_shared_from_this<ReadPin> {
 public:
  // `reader`: the connection that reads, until detach(); `owner` keeps it.
  ReadPin(std::string path, std::weak_ptr<void> owner, Connection& reader)
      : path_(std::move(path)), owner_(std::move(owner)), reader_(&reader) {}
  // Before each read.
  void on_read();
  // The reader goes to another thread.
  void detach();

 private:
  static constexpr unsigned kFrom = 3;
  struct Turn;
  void hold();
  void end_turn();

  const std::string path_;
  std::weak_ptr<void> owner_;
  Connection* reader_;
  std::unique_ptr<Connection> connection_;  // opened when first needed
  unsigned reads_ = 0;                      // of this turn
  bool holds_ = false;
};

}  // namespace valetkey::sql::sqlite
