// One request and its answer, as a handler sees it. Belongs to the connection's worker; lives until the
// handler ends.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "foundation/base/cancellation.h"
#include "foundation/base/result.h"
#include "foundation/base/task.h"
#include "foundation/http/message.h"

namespace valetkey::net {
class Worker;
}

namespace valetkey::http {

class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const Request& request() const = 0;
  // A path parameter of the route ("{id}"), percent-decoded; empty when the route has none of that name.
  virtual std::string_view parameter(std::string_view name) const = 0;
  virtual const std::string& request_id() const = 0;
  // Numeric address of the client: the socket's peer, or what a trusted proxy says.
  virtual const std::string& client_address() const = 0;
  virtual net::Worker& worker() = 0;
  // Requested when the client is gone, the total deadline passes, or the server's drain limit ends the
  // stream. While a handler runs, the connection watches the socket, so this comes within 100 ms of the
  // client's leaving.
  virtual Cancellation& cancellation() = 0;

  // Exactly one answer: either send(), or begin() + write()* + end(). A client that is gone is the
  // connection's business, so send() returns nothing. CORS, request id, Date and Connection are added here.
  virtual Task<void> send(Response response) = 0;
  // Starts a streamed answer. The head is kept back and goes out with the first write (or end) in one system
  // call.
  virtual void begin(int status, HeaderList headers) = 0;
  // The next bytes, in up to two pieces that stay valid until this ends. Waits for the socket, which is the
  // back-pressure. Code::cancelled when the client is gone.
  virtual Task<Result<void>> write(std::string_view first, std::string_view second = {}) = 0;
  virtual Task<Result<void>> end(std::string_view first = {}, std::string_view second = {}) = 0;
  virtual bool answered() const = 0;  // send() or begin() was called

  // The server is shutting down: a stream should end itself with an in-band error when cancellation comes.
  virtual bool draining() const = 0;
  // A name for the access log: what the handler found out ("error code"); never a credential.
  virtual void note(std::string_view key, std::string_view value) = 0;

  // For the emulator's faults only: bytes exactly as given, in place of an answer; then end the connection.
  virtual Task<Result<void>> write_raw(std::string_view bytes) = 0;
  virtual void close_connection(bool with_reset) = 0;
};

using Handler = std::function<Task<void>(Exchange&)>;

}  // namespace valetkey::http
