#include "foundation/mail/mailer.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

#include "foundation/base/ids.h"
#include "foundation/base/log.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"
#include "foundation/mail/mail_format.h"
#include "foundation/mail/smtp_delivery.h"

namespace valetkey::mail {
namespace {

struct Pending {
  std::string to;
  Secret mail;
  Millis due_at = 0;  // steady
  Millis give_up_at = 0;
  Millis pause = 0;  // before the try after the next
  int attempts = 0;
};

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

class SmtpMailer final : public Mailer {
 public:
  SmtpMailer(MailerOptions options, Mailbox from) : options_(std::move(options)), from_(std::move(from)) {
    thread_ = std::thread([this] { work(); });
  }
  ~SmtpMailer() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  Result<void> send(Message message) override {
    if (!is_plain_address(message.to)) return Error{Code::invalid_argument, "not one address", "mail"};
    if (message.subject.size() > kMaxMailSubject || has_control(message.subject) ||
        !is_valid_utf8(message.subject)) {
      return Error{Code::invalid_argument, "not a subject", "mail"};
    }
    if (message.text.size() > kMaxMailText) return Error{Code::invalid_argument, "text too long", "mail"};
    const Stamp stamp{SystemClock().now(), make_uuid(crypto::system_random())};
    Pending pending;
    pending.mail = render_mail(from_, message, stamp);
    pending.to = std::move(message.to);
    pending.due_at = steady_millis();
    pending.give_up_at = pending.due_at + options_.give_up_after;
    pending.pause = options_.first_pause;
    std::lock_guard lock(mutex_);
    if (held_ >= options_.max_queued) return Error{Code::unavailable, "the mail queue is full", "mail"};
    ++held_;
    queue_.push_back(std::move(pending));
    changed_.notify_all();
    return {};
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      auto next = std::min_element(queue_.begin(), queue_.end(),
                                   [](const Pending& a, const Pending& b) { return a.due_at < b.due_at; });
      if (next == queue_.end()) {
        changed_.wait(lock);
        continue;
      }
      const Millis wait = next->due_at - steady_millis();
      if (wait > 0) {
        changed_.wait_for(lock, std::chrono::milliseconds(wait));
        continue;
      }
      std::list<Pending> taken;
      taken.splice(taken.begin(), queue_, next);
      lock.unlock();
      const bool is_over = attempt(taken.front());
      lock.lock();
      if (is_over) {
        --held_;
      } else {
        queue_.splice(queue_.end(), taken);
      }
    }
  }

  // True when there is nothing left to try. The log names no recipient.
  bool attempt(Pending& pending) {
    const Delivery delivery = deliver(options_, from_.address, pending.to, pending.mail, stopping_);
    ++pending.attempts;
    if (delivery.outcome == Delivery::Outcome::accepted) return true;
    if (stopping_) return true;
    const bool is_refused = delivery.outcome == Delivery::Outcome::refused;
    pending.due_at = steady_millis() + pending.pause;
    pending.pause = std::min(2 * pending.pause, options_.max_pause);
    const bool is_over = is_refused || pending.due_at >= pending.give_up_at;
    log::warn(
        is_over ? "mail_not_sent" : "mail_delayed",
        {{"attempt", pending.attempts}, {"reply", int64_t{delivery.reply}}, {"reason", delivery.reason}});
    return is_over;
  }

  const MailerOptions options_;
  const Mailbox from_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Pending> queue_;  // but for the one under way
  size_t held_ = 0;           // with the one under way
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

// No server or no sender: registration and reset say that mail is off.
class NoMailer final : public Mailer {
 public:
  Result<void> send(Message) override { return Error{Code::unavailable, "mail is off", "mail"}; }
};

}  // namespace

std::unique_ptr<Mailer> make_smtp_mailer(MailerOptions options) {
  if (options.smtp_url.empty()) return std::make_unique<NoMailer>();
  auto from = parse_mailbox(options.from);
  if (!from.ok()) {
    log::error("mail_is_off", {{"reason", from.error().detail}});
    return std::make_unique<NoMailer>();
  }
  return std::make_unique<SmtpMailer>(std::move(options), std::move(*from));
}

}  // namespace valetkey::mail
