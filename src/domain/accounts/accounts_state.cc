#include "domain/accounts/accounts_state.h"

#include "domain/accounts/vault_key.h"
#include "foundation/base/log.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::accounts {
namespace {

constexpr size_t kTokenSize = 32;
// Mails to one address; beyond it none is sent and nothing said. Its owner has five good links by then.
constexpr ThrottleRule kMailRule{5, 10 * kMinute, kHour, 12 * kMinute};
// Mails caused by one client, whomever they go to.
constexpr ThrottleRule kMailsOfClientRule{20, 10 * kMinute, kHour, 3 * kMinute};
constexpr Millis kAddressForgivesOne = 10 * kMinute;

std::string without_slash(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace

Accounts::State::State(sql::Database& db, const Clock& c, Random& r, net::BlockingPool& pool, mail::Mailer& m,
                       Totp& t, AccountOptions o)
    : database(db),
      clock(c),
      random(r),
      mailer(m),
      totp(t),
      options(std::move(o)),
      sender{options.product_name, without_slash(options.issuer), spell_duration(options.link_lifetime)},
      passwords(pool, r, options.cost) {}

ThrottleRule Accounts::State::account_rule() const {
  return {options.failures_before_wait, options.first_wait, options.max_wait, kHour};
}

std::vector<ThrottleKey> Accounts::State::address_key(const std::string& client_address) const {
  if (client_address.empty()) return {};
  ThrottleRule rule = account_rule();
  rule.failures_before_wait = options.address_failures_before_wait;
  rule.forgive_one = kAddressForgivesOne;
  return {{throttle_key("address", client_address), rule}};
}

std::vector<ThrottleKey> Accounts::State::password_keys(const std::string& account,
                                                        const std::string& client_address) const {
  std::vector<ThrottleKey> keys = address_key(client_address);
  keys.push_back({account_throttle_key(account), account_rule()});
  return keys;
}

Task<Result<Attempt>> Accounts::State::let_in(std::vector<ThrottleKey> keys) {
  std::function<Result<Attempt>(sql::Transaction&)> work =
      [keys = std::move(keys), now = clock.now()](sql::Transaction& transaction) {
        return begin_attempt(transaction, keys, now);
      };
  co_return co_await database.write_value(std::move(work));
}

Task<Result<void>> Accounts::State::excuse(Attempt attempt, std::string clears) {
  sql::Database::Work work = [attempt = std::move(attempt),
                              clears = std::move(clears)](sql::Transaction& transaction) -> Result<void> {
    for (const Attempt::Counted& counted : attempt.counted) {
      if (counted.key == clears) {
        VK_CHECK(clear_throttle(transaction, counted.key));
      } else {
        VK_CHECK(take_back(transaction, counted));
      }
    }
    return {};
  };
  co_return co_await database.write(std::move(work));
}

Result<bool> Accounts::State::may_mail(sql::Transaction& transaction, const std::string& email) const {
  VK_TRY(Attempt attempt,
         begin_attempt(transaction, {{throttle_key("mail", email), kMailRule}}, clock.now()));
  return attempt.wait == 0;
}

Result<Millis> Accounts::State::mails_wait(sql::Transaction& transaction,
                                           const std::string& client_address) const {
  if (client_address.empty()) return Millis(0);
  const ThrottleKey key{throttle_key("mails of client", client_address), kMailsOfClientRule};
  VK_TRY(Attempt attempt, begin_attempt(transaction, {key}, clock.now()));
  return attempt.wait;
}

Task<Result<std::optional<PersonRow>>> Accounts::State::read_person(std::string id) {
  std::function<Result<std::optional<PersonRow>>(sql::Transaction&)> work =
      [id = std::move(id)](sql::Transaction& transaction) { return find_person(transaction, id); };
  co_return co_await database.read_value(std::move(work));
}

Task<Result<Candidate>> Accounts::State::read_candidate(Finder finder, std::string id_or_email) {
  std::function<Result<Candidate>(sql::Transaction&)> work =
      [finder, id_or_email = std::move(id_or_email)](sql::Transaction& transaction) -> Result<Candidate> {
    Candidate candidate;
    VK_TRY(candidate.row, finder(transaction, id_or_email));
    VK_TRY(candidate.bcrypt_costs, list_bcrypt_costs(transaction));
    return candidate;
  };
  co_return co_await database.read_value(std::move(work));
}

void Accounts::State::mail_or_log(mail::Message message) const {
  auto sent = mailer.send(std::move(message));
  if (!sent.ok()) log::warn("mail_not_sent", {{"detail", sent.error().detail}});
}

Secret make_link_token(Random& random) {
  return Secret(jose::base64url_encode(random.bytes(kTokenSize)));
}

std::string link_hash(const Secret& token) {
  return to_hex(crypto::sha256(token.reveal()));
}

std::string link_place(const std::string& person_id) {
  return "link:" + person_id;
}

std::string account_throttle_key(const std::string& email) {
  return throttle_key("account", email);
}

AccountProblem wrong_credentials() {
  return {"wrong_credentials", "The e-mail address or the password is not right."};
}

AccountProblem wrong_code() {
  return {"wrong_code", "This code is not right. Take the newest one."};
}

AccountProblem link_expired() {
  return {"link_expired", "This link was used already or is too old. Ask for a new one."};
}

AccountProblem email_invalid() {
  return {"email_invalid", "This does not look like an e-mail address."};
}

AccountProblem name_invalid() {
  return {"invalid_request", "Use a name of at most " + std::to_string(kMaxName) + " characters."};
}

AccountProblem sign_in_again() {
  return {"sign_in_required", "Sign in again: this took too long or too many tries."};
}

AccountProblem too_many_attempts(Millis wait) {
  const Millis seconds = (wait + kSecond - 1) / kSecond;
  const std::string after =
      seconds < 90 ? std::to_string(seconds) + " seconds" : std::to_string((seconds + 59) / 60) + " minutes";
  return {"too_many_attempts", "Too many attempts. Try again in " + after + ".", wait};
}

}  // namespace valetkey::accounts
