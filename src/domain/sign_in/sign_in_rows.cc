#include "domain/sign_in/sign_in_rows.h"

#include <array>
#include <utility>

namespace valetkey {
namespace {

constexpr sql::Statement kInsert{
    "INSERT INTO pending_sign_ins (session_hash, provider, app, state, code_challenge, device, pass, problem,"
    " interval_ms, next_poll_at, claim_owner, claim_until, created_at, expires_at, delete_at)"
    " VALUES ($1, $2, $3, 'pending', $4, $5, $6, '', $7, $8, '', 0, $9, $10, $11)"};
constexpr sql::Statement kFind{
    "SELECT provider, app, state, code_challenge, device, pass, problem, interval_ms, next_poll_at, "
    "claim_until,"
    " created_at, expires_at, delete_at FROM pending_sign_ins WHERE session_hash = $1"};
constexpr sql::Statement kClaim{
    "UPDATE pending_sign_ins SET claim_owner = $1, claim_until = $2, next_poll_at = $3 + interval_ms"
    " WHERE session_hash = $4 AND state = 'pending' AND next_poll_at <= $5 AND claim_until <= $6 AND "
    "expires_at > $7"};
constexpr sql::Statement kExtendClaim{
    "UPDATE pending_sign_ins SET claim_until = $1"
    " WHERE session_hash = $2 AND claim_owner = $3 AND state = 'pending'"};
constexpr sql::Statement kRelease{
    "UPDATE pending_sign_ins SET claim_owner = '', claim_until = 0 WHERE session_hash = $1 AND claim_owner = "
    "$2"};
constexpr sql::Statement kLengthen{
    "UPDATE pending_sign_ins SET claim_owner = '', claim_until = 0, interval_ms = $1, next_poll_at = $2"
    " WHERE session_hash = $3 AND claim_owner = $4"};
constexpr sql::Statement kComplete{
    "UPDATE pending_sign_ins SET state = 'complete', pass = $1, device = $2, delete_at = $3, claim_until = 0"
    " WHERE session_hash = $4 AND state = 'pending' AND expires_at > $5"};
constexpr sql::Statement kOver{
    "UPDATE pending_sign_ins SET state = $1, problem = $2, device = $3, claim_until = 0"
    " WHERE session_hash = $4 AND state = 'pending' AND claim_owner = $5"};
constexpr sql::Statement kDeleteOld{"DELETE FROM pending_sign_ins WHERE delete_at <= $1"};

constexpr std::array<std::pair<SignInPhase, const char*>, 4> kPhases = {{{SignInPhase::pending, "pending"},
                                                                         {SignInPhase::complete, "complete"},
                                                                         {SignInPhase::failed, "failed"},
                                                                         {SignInPhase::expired, "expired"}}};

std::string to_text(SignInPhase phase) {
  for (auto [known, text] : kPhases) {
    if (known == phase) return text;
  }
  return "";
}

std::optional<SignInPhase> parse_phase(const std::string& text) {
  for (auto [known, spelt] : kPhases) {
    if (spelt == text) return known;
  }
  return std::nullopt;
}

Result<bool> run_on_one(sql::Transaction& transaction, const sql::Statement& statement,
                        const std::vector<sql::Value>& parameters) {
  VK_CHECK(transaction.run(statement, parameters));
  return transaction.changed() == 1;
}

}  // namespace

Result<void> insert_sign_in(sql::Transaction& transaction, const SignInRow& row) {
  VK_CHECK(
      transaction.run(kInsert, {row.session_hash, std::string(to_string(row.provider)), row.app,
                                row.code_challenge, sql::Blob{row.device}, sql::Blob{row.pass}, row.interval,
                                row.next_poll_at, row.created_at, row.expires_at, row.delete_at}));
  return {};
}

Result<std::optional<SignInRow>> find_sign_in(sql::Transaction& transaction,
                                              const std::string& session_hash) {
  VK_TRY(sql::Rows rows, transaction.run(kFind, {session_hash}));
  if (rows.empty()) return std::optional<SignInRow>();
  const sql::Row& found = rows.front();
  auto provider = parse_provider(found.text(0));
  auto phase = parse_phase(found.text(2));
  if (!provider || !phase) return Error{Code::store, "sign-in row of an unknown kind", "sign_in"};
  SignInRow row;
  row.session_hash = session_hash;
  row.provider = *provider;
  row.app = found.text(1);
  row.phase = *phase;
  row.code_challenge = found.text(3);
  row.device = found.blob(4);
  row.pass = found.blob(5);
  row.problem = found.text(6);
  row.interval = found.integer(7);
  row.next_poll_at = found.integer(8);
  row.claim_until = found.integer(9);
  row.created_at = found.integer(10);
  row.expires_at = found.integer(11);
  row.delete_at = found.integer(12);
  return std::optional<SignInRow>(std::move(row));
}

Result<bool> claim_poll(sql::Transaction& transaction, const std::string& session_hash,
                        const std::string& owner, Millis now, Millis until) {
  return run_on_one(transaction, kClaim, {owner, until, now, session_hash, now, now, now});
}

Result<void> extend_claim(sql::Transaction& transaction, const std::string& session_hash,
                          const std::string& owner, Millis until) {
  VK_CHECK(transaction.run(kExtendClaim, {until, session_hash, owner}));
  return {};
}

Result<void> release_claim(sql::Transaction& transaction, const std::string& session_hash,
                           const std::string& owner) {
  VK_CHECK(transaction.run(kRelease, {session_hash, owner}));
  return {};
}

Result<void> lengthen_interval(sql::Transaction& transaction, const std::string& session_hash,
                               const std::string& owner, Millis now, Millis interval) {
  VK_CHECK(transaction.run(kLengthen, {interval, now + interval, session_hash, owner}));
  return {};
}

Result<bool> mark_complete(sql::Transaction& transaction, const std::string& session_hash,
                           const std::string& pass, Millis now, Millis delete_at) {
  return run_on_one(transaction, kComplete, {sql::Blob{pass}, sql::Blob{}, delete_at, session_hash, now});
}

Result<bool> mark_over(sql::Transaction& transaction, const std::string& session_hash,
                       const std::string& owner, SignInPhase phase, const std::string& problem) {
  return run_on_one(transaction, kOver, {to_text(phase), problem, sql::Blob{}, session_hash, owner});
}

Result<int64_t> delete_old_sign_ins(sql::Transaction& transaction, Millis now) {
  VK_CHECK(transaction.run(kDeleteOld, {now}));
  return transaction.changed();
}

}  // namespace valetkey
