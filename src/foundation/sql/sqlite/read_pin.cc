#include "foundation/sql/sqlite/read_pin.h"

#include "foundation/net/worker.h"

namespace valetkey::sql::sqlite {

// Posted to the worker: over when its turn comes, or when the worker ends before.
struct ReadPin::Turn {
  explicit Turn(std::shared_ptr<ReadPin> of) : pin(std::move(of)) {}
  ~Turn() { pin->end_turn(); }
  std::shared_ptr<ReadPin> pin;
};

void ReadPin::on_read() {
  net::Worker* worker = net::Worker::current();
  reader_->leave_open(worker != nullptr);
  if (worker == nullptr) return;
  if (++reads_ == 1) worker->post([turn = std::make_shared<Turn>(shared_from_this())] {});
  if (reads_ == kFrom) hold();
}

// A failure costs nothing but speed.
void ReadPin::hold() {
  if (!connection_) {
    auto opened = Connection::open(path_, Connection::Role::reader);
    if (!opened.ok()) return;
    connection_ = std::move(*opened);
  }
  holds_ = connection_->run({"BEGIN"}).ok();
  if (holds_) (void)connection_->run({"SELECT 1 FROM sqlite_schema LIMIT 1"});  // BEGIN alone locks nothing
}

void ReadPin::detach() {
  reader_->leave_open(false);
  std::exchange(reader_, nullptr)->settle();
}

void ReadPin::end_turn() {
  reads_ = 0;
  if (const auto owner = owner_.lock(); owner && reader_ != nullptr) reader_->settle();
  if (std::exchange(holds_, false)) (void)connection_->run({"COMMIT"});
}

}  // namespace valetkey::sql::sqlite
