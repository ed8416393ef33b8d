#include "foundation/sql/sqlite/readers.h"

#include <atomic>

#include "foundation/sql/sqlite/read_pin.h"

namespace valetkey::sql::sqlite {
namespace {

uint64_t next_id() {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

}  // namespace

struct Readers::ThreadLocal {
  struct Entry {
    uint64_t id;
    Connection* connection;
    std::weak_ptr<Readers> owner;
    std::shared_ptr<ReadPin> pin;
  };
  std::vector<Entry> entries;

  ~ThreadLocal() {
    for (const Entry& entry : entries) {
      const auto owner = entry.owner.lock();
      if (!owner) continue;
      entry.pin->detach();
      owner->give_back(entry.connection);
    }
  }
};

Readers::Readers(std::string path) : path_(std::move(path)), id_(next_id()) {}

Result<Connection*> Readers::mine() {
  static thread_local ThreadLocal local;
  for (const auto& entry : local.entries) {
    if (entry.id != id_) continue;
    entry.pin->on_read();
    return entry.connection;
  }
  std::erase_if(local.entries, [](const ThreadLocal::Entry& entry) { return entry.owner.expired(); });
  VK_TRY(Connection* const connection, lend());
  local.entries.push_back(
      {id_, connection, weak_from_this(), std::make_shared<ReadPin>(path_, weak_from_this(), *connection)});
  return connection;
}

Result<Connection*> Readers::lend() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Connection* connection = idle_.back();
      idle_.pop_back();
      return connection;
    }
  }
  VK_TRY(auto connection, Connection::open(path_, Connection::Role::reader));
  const std::lock_guard lock(mutex_);
  all_.push_back(std::move(connection));
  return all_.back().get();
}

void Readers::give_back(Connection* connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(connection);
}

}  // namespace valetkey::sql::sqlite
