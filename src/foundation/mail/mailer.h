// Sending mail by SMTP (libcurl), off the workers' threads. A message that is accepted is tried for an hour
// with growing pauses, in memory; a restart forgets it, and the person asks again.
#pragma once

#include <memory>
#include <string>

#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"

namespace valetkey::mail {

struct MailerOptions {
  std::string smtp_url;  // smtp://host[:port] or smtps://; empty: mail is off and send() is Code::unavailable
  std::string user;
  Secret password;
  std::string from;         // "Valetkey <no-reply@example.com>"
  bool require_tls = true;  // STARTTLS or smtps; off only for a loopback sink
  std::string ca_file;
  size_t max_queued = 1000;
  Millis first_pause = 2 * kSecond;  // after a failure that may pass; doubles up to max_pause
  Millis max_pause = 5 * kMinute;
  Millis give_up_after = kHour;
  Millis attempt_limit = 30 * kSecond;  // from connecting to the last answer
};

constexpr size_t kMaxMailAddress = 320;
constexpr size_t kMaxMailSubject = 500;
constexpr size_t kMaxMailText = 64 * 1024;

struct Message {
  std::string to;  // one address, already checked
  std::string subject;
  Secret text;  // UTF-8; may hold a link with a token
};

class Mailer {
 public:
  virtual ~Mailer() = default;
  // Never waits. Thread-safe. Code::unavailable: off, or the queue is full. Code::invalid_argument: a control
  // character in `to` or `subject`, a space, comma or bracket in `to`, broken UTF-8, a limit above.
  virtual Result<void> send(Message message) = 0;
};

// Sends from a thread of its own. The destructor cuts what is under way and forgets what is queued.
std::unique_ptr<Mailer> make_smtp_mailer(MailerOptions options);

}  // namespace valetkey::mail
