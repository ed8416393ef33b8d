// One delivery of one mail by SMTP, blocking: connect, STARTTLS, sign in, envelope, text, goodbye.
#pragma once

#include <atomic>
#include <string>

#include "foundation/base/secret.h"
#include "foundation/mail/mailer.h"

namespace valetkey::mail {

struct Delivery {
  enum class Outcome { accepted, refused, failed };  // refused: for good (5yz); failed: worth another try
  Outcome outcome = Outcome::failed;
  long reply = 0;      // the server's last reply code; 0 when it gave none
  std::string reason;  // libcurl's words; holds neither address nor text
};

// `cut` ends it within a second.
Delivery deliver(const MailerOptions& options, const std::string& from, const std::string& to,
                 const Secret& mail, const std::atomic<bool>& cut);

}  // namespace valetkey::mail
