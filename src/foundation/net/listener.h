// A listening TCP socket of one worker. Several workers listen on one port by SO_REUSEPORT: the kernel
// spreads connections over them.
#pragma once

#include <memory>
#include <string>

#include "foundation/net/stream.h"
#include "foundation/net/worker.h"

namespace valetkey::net {

class Listener {
 public:
  // `address` is numeric; port 0 takes any free one. `shared`: other listeners of this process take the same
  // port. Code::unavailable when the port is taken (by another process too).
  static Result<Listener> bind(Worker& worker, const std::string& address, unsigned short port, bool shared);
  ~Listener();
  Listener(Listener&&) noexcept;
  Listener& operator=(Listener&&) noexcept;

  unsigned short port() const;
  // The next connection. Code::cancelled after close(); Code::unavailable when the process is out of
  // descriptors or memory: wait before trying again.
  Task<Result<Stream>> accept();
  void close();

 private:
  struct Native;
  explicit Listener(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;
};

}  // namespace valetkey::net
