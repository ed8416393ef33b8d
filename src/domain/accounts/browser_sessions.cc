#include "domain/accounts/browser_sessions.h"

#include <algorithm>
#include <utility>

#include "domain/accounts/password_stamp.h"
#include "domain/accounts/vault_key.h"
#include "foundation/base/ids.h"
#include "foundation/base/log.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::accounts {
namespace {

constexpr size_t kCookieSize = 32;
constexpr Millis kSeenStep = kMinute;  // last_seen is written at most so often
constexpr size_t kMaxUserAgent = 256;
constexpr size_t kMaxAddress = 64;

constexpr sql::Statement kFind{
    "SELECT s.id, s.methods, s.vault_wrap, s.vault_id, s.signed_in_at, s.last_seen_at, p.id, p.email, p.name,"
    " p.vault_id, p.created_at FROM browser_sessions s JOIN persons p ON p.id = s.person_id"
    " WHERE s.cookie_hash = $1"};
constexpr sql::Statement kSeen{
    "UPDATE browser_sessions SET last_seen_at = $1 WHERE cookie_hash = $2 AND last_seen_at < $3"};
constexpr sql::Statement kInsert{
    "INSERT INTO browser_sessions (cookie_hash, id, person_id, methods, vault_wrap, vault_id, user_agent,"
    " client_address, signed_in_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
constexpr sql::Statement kEnd{"DELETE FROM browser_sessions WHERE cookie_hash = $1"};
constexpr sql::Statement kList{
    "SELECT id, user_agent, client_address, signed_in_at, last_seen_at FROM browser_sessions"
    " WHERE person_id = $1 AND last_seen_at > $2 AND signed_in_at > $3 ORDER BY last_seen_at DESC, id"};
constexpr sql::Statement kEndById{"DELETE FROM browser_sessions WHERE person_id = $1 AND id = $2"};
constexpr sql::Statement kEndOthers{"DELETE FROM browser_sessions WHERE person_id = $1 AND id <> $2"};
constexpr sql::Statement kDeleteExpired{
    "DELETE FROM browser_sessions WHERE last_seen_at <= $1 OR signed_in_at <= $2"};

struct Found {
  BrowserSession session;
  std::string wrap, wrap_vault_id, person_vault_id;
  Millis last_seen_at = 0;
};

std::string hash_of(const Secret& cookie) {
  return to_hex(crypto::sha256(cookie.reveal()));
}

std::string place_of(const std::string& session_id) {
  return "session:" + session_id;
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find(' ', from), text.size());
    if (end > from) words.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return words;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// What a browser says of itself is shown again: valid UTF-8 without controls, cut at a limit.
std::string printable(std::string_view text, size_t limit) {
  if (!is_valid_utf8(text)) return "";
  std::string out(text.substr(0, limit));
  while (!is_valid_utf8(out)) out.pop_back();
  std::erase_if(out, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
  return out;
}

Result<Found> read_session(sql::Transaction& transaction, const std::string& hash) {
  VK_TRY(sql::Rows rows, transaction.run(kFind, {hash}));
  if (rows.empty()) return Error{Code::unauthorized, "no such session", "browser_sessions"};
  const sql::Row& row = rows.front();
  Found found;
  found.session.id = row.text(0);
  found.session.methods = split_words(row.text(1));
  found.wrap = row.blob(2);
  found.wrap_vault_id = row.text(3);
  found.session.signed_in_at = row.integer(4);
  found.session.authenticated_at = row.integer(4);  // every proof begins a new session
  found.last_seen_at = row.integer(5);
  found.session.person = {row.text(6), row.text(7), true, row.text(8), row.integer(10)};
  found.person_vault_id = row.text(9);
  return found;
}

}  // namespace

BrowserSessions::BrowserSessions(sql::Database& database, const Clock& clock, Random& random,
                                 SessionLimits limits)
    : database_(database), clock_(clock), random_(random), limits_(limits) {}

Task<Result<BrowserSession>> BrowserSessions::find(Secret cookie) {
  const std::string hash = hash_of(cookie);
  const Millis now = clock_.now();
  std::function<Result<Found>(sql::Transaction&)> read = [hash](sql::Transaction& transaction) {
    return read_session(transaction, hash);
  };
  CO_TRY(Found found, co_await database_.read_value(std::move(read)));
  if (found.last_seen_at + limits_.idle <= now || found.session.signed_in_at + limits_.absolute <= now) {
    co_return Error{Code::unauthorized, "session is over", "browser_sessions"};
  }
  if (!found.wrap.empty() && found.wrap_vault_id == found.person_vault_id) {
    auto vault_key = unwrap_vault_key(cookie, place_of(found.session.id), found.wrap);
    if (vault_key.ok()) found.session.vault_key = std::move(*vault_key);
  }
  if (found.last_seen_at + kSeenStep <= now) {
    sql::Database::Work seen = [hash, now](sql::Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run(kSeen, {now, hash, now}));
      return {};
    };
    auto written = co_await database_.write(std::move(seen));
    if (!written.ok()) log::warn("session_seen_not_stored", {{"detail", written.error().detail}});
  }
  co_return std::move(found.session);
}

Task<Result<Secret>> BrowserSessions::begin(std::string person_id, std::vector<std::string> methods,
                                            std::optional<Secret> vault_key, SessionDevice device,
                                            std::optional<Secret> replaces, std::string password_stamp) {
  const Secret cookie(jose::base64url_encode(random_.bytes(kCookieSize)));
  const std::string id = make_uuid(random_);
  const Millis now = clock_.now();
  std::string wrap, vault_id;
  if (vault_key) {
    wrap = wrap_vault_key(cookie, place_of(id), *vault_key, random_);
    vault_id = vault_key_id(*vault_key);
  }
  const std::string ended = replaces && !replaces->empty() ? hash_of(*replaces) : "";
  sql::Database::Work store = [=, hash = hash_of(cookie), words = join_words(methods),
                               agent = printable(device.user_agent, kMaxUserAgent),
                               address = printable(device.client_address, kMaxAddress)](
                                  sql::Transaction& transaction) -> Result<void> {
    VK_TRY(std::string present_vault_id, lock_person(transaction, person_id, password_stamp));
    if (!ended.empty()) VK_CHECK(transaction.run(kEnd, {ended}));
    const bool opens = !vault_id.empty() && present_vault_id == vault_id;
    VK_CHECK(transaction.run(kInsert, {hash, id, person_id, words, sql::Blob{opens ? wrap : ""},
                                       opens ? vault_id : "", agent, address, now, now}));
    return {};
  };
  CO_CHECK(co_await database_.write(std::move(store)));
  co_return cookie;
}

Task<Result<void>> BrowserSessions::end(Secret cookie) {
  sql::Database::Work work = [hash = hash_of(cookie)](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run(kEnd, {hash}));
    return {};
  };
  co_return co_await database_.write(std::move(work));
}

Task<Result<std::vector<SessionRow>>> BrowserSessions::list(std::string person_id) {
  const Millis now = clock_.now();
  std::function<Result<std::vector<SessionRow>>(sql::Transaction&)> work =
      [person_id, now, limits = limits_](sql::Transaction& transaction) -> Result<std::vector<SessionRow>> {
    VK_TRY(sql::Rows rows, transaction.run(kList, {person_id, now - limits.idle, now - limits.absolute}));
    std::vector<SessionRow> sessions;
    for (const sql::Row& row : rows) {
      sessions.push_back({row.text(0), row.text(1), row.text(2), row.integer(3), row.integer(4)});
    }
    return sessions;
  };
  co_return co_await database_.read_value(std::move(work));
}

Task<Result<bool>> BrowserSessions::end_by_id(std::string person_id, std::string session_id) {
  std::function<Result<bool>(sql::Transaction&)> work =
      [person_id, session_id](sql::Transaction& transaction) -> Result<bool> {
    VK_CHECK(transaction.run(kEndById, {person_id, session_id}));
    return transaction.changed() > 0;
  };
  co_return co_await database_.write_value(std::move(work));
}

Task<Result<int64_t>> BrowserSessions::end_all_but(std::string person_id, std::string session_id) {
  std::function<Result<int64_t>(sql::Transaction&)> work =
      [person_id, session_id](sql::Transaction& transaction) -> Result<int64_t> {
    VK_CHECK(transaction.run(kEndOthers, {person_id, session_id}));
    return transaction.changed();
  };
  co_return co_await database_.write_value(std::move(work));
}

Task<Result<int64_t>> BrowserSessions::delete_expired() {
  const Millis now = clock_.now();
  std::function<Result<int64_t>(sql::Transaction&)> work =
      [now, limits = limits_](sql::Transaction& transaction) -> Result<int64_t> {
    VK_CHECK(transaction.run(kDeleteExpired, {now - limits.idle, now - limits.absolute}));
    return transaction.changed();
  };
  co_return co_await database_.write_value(std::move(work));
}

}  // namespace valetkey::accounts
