#include "domain/authorization/device_codes.h"

#include "domain/authorization/client_rules.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/held_secret.h"
#include "foundation/crypto/key_agreement.h"

namespace valetkey::authorization {
namespace {

// Without vowels no word comes out, and without look-alikes nothing is misread (RFC 8628 section 6.1).
constexpr std::string_view kAlphabet = "BCDFGHJKLMNPQRSTVWXZ";
constexpr int kAttempts = 4;  // at a code that nobody else waits with

constexpr sql::Statement kInsert{
    "INSERT INTO oauth_device_codes (device_hash, user_code, client_id, parameters, state, grant_id,"
    " public_key, ai, interval_ms, next_poll_at, expires_at)"
    " VALUES ($1, $2, $3, $4, 'pending', '', $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING"};
constexpr sql::Statement kFind{
    "SELECT device_hash, parameters, public_key, expires_at FROM oauth_device_codes"
    " WHERE user_code = $1 AND state = 'pending' AND expires_at > $2"};
constexpr sql::Statement kDecide{
    "UPDATE oauth_device_codes SET state = $1, grant_id = $2, ai = $3"
    " WHERE device_hash = $4 AND state = 'pending' AND expires_at > $5"};
// Counted before it is known whether the code is right, so that racing guesses are counted too.
constexpr sql::Statement kCount{
    "INSERT INTO device_guesses (person_id, since, wrong) VALUES ($1, $2, 1)"
    " ON CONFLICT (person_id) DO UPDATE SET"
    " wrong = CASE WHEN device_guesses.since <= $3 THEN 1 ELSE device_guesses.wrong + 1 END,"
    " since = CASE WHEN device_guesses.since <= $3 THEN excluded.since ELSE device_guesses.since END"
    " RETURNING wrong"};
constexpr sql::Statement kWasRight{"UPDATE device_guesses SET wrong = wrong - 1 WHERE person_id = $1"};
constexpr sql::Statement kForgetGuesses{"DELETE FROM device_guesses WHERE since <= $1"};

// Uniform: bytes past the last multiple of 20 are thrown away.
std::string make_user_code(Random& random) {
  constexpr unsigned kFair = 256 - 256 % kAlphabet.size();
  std::string code;
  while (code.size() < kUserCodeLetters) {
    for (char byte : random.bytes(kUserCodeLetters)) {
      const auto value = static_cast<unsigned char>(byte);
      if (value < kFair && code.size() < kUserCodeLetters)
        code.push_back(kAlphabet[value % kAlphabet.size()]);
    }
  }
  return code;
}

// What the device asked for, checked: client, resource, scopes, details.
Task<Result<Outcome<AuthorizationRequest>>> check_request(const Authority& authority, apps::Client client,
                                                          http::Form form) {
  AuthorizationRequest request;
  if (auto refused = check_grant_type(client, kDeviceCode)) co_return std::move(*refused);
  CO_OAUTH_TRY(request.resource, co_await find_requested_resource(authority, client, form));
  auto scopes = choose_scopes(authority.options, client, request.resource, http::form_value(form, "scope"));
  if (auto* refused = std::get_if<Refusal>(&scopes)) co_return std::move(*refused);
  request.scopes = std::get<Scopes>(std::move(scopes));
  CO_OAUTH_TRY(request.authorization_details,
               check_authorization_details(http::form_value(form, "authorization_details")));
  request.client = std::move(client);
  co_return request;
}

std::string parameters_of(const AuthorizationRequest& request) {
  http::Form form{{"client_id", request.client.id},
                  {"resource", request.resource.uri},
                  {"scope", join_scopes(request.scopes)}};
  if (!request.authorization_details.empty()) {
    form.emplace_back("authorization_details", request.authorization_details);
  }
  return http::encode_form(form);
}

struct WaitingDevice {
  std::string device_hash, parameters, public_key;
  Millis expires_at = 0;
};

Error unknown_code() {
  return Error{Code::not_found, "This code is unknown or over.", "device_codes"};
}

// Nothing in the outer: too many wrong ones.
using Guess = std::optional<std::optional<WaitingDevice>>;

Result<Guess> guess(sql::Transaction& transaction, const std::string& person_id, const std::string& user_code,
                    Millis now) {
  VK_TRY(auto counted, transaction.run(kCount, {person_id, now, now - kGuessWindow}));
  if (counted.front().integer(0) > kWrongGuesses) return Guess();
  VK_TRY(auto rows, transaction.run(kFind, {user_code, now}));
  if (rows.empty()) return Guess(std::optional<WaitingDevice>());
  VK_CHECK(transaction.run(kWasRight, {person_id}));
  const sql::Row& row = rows.front();
  return Guess(WaitingDevice{row.text(0), row.text(1), row.blob(2), row.integer(3)});
}

struct FoundDevice {
  std::string user_code;
  WaitingDevice waiting;
  AuthorizationRequest request;
};

Task<Result<FoundDevice>> find_device(const Authority& authority, std::string typed, std::string person_id) {
  FoundDevice found;
  // What cannot be a code is looked up like any other, so that it counts.
  found.user_code = normal_user_code(typed).value_or("");
  std::function<Result<Guess>(sql::Transaction&)> look_up = [&](sql::Transaction& transaction) {
    return guess(transaction, person_id, found.user_code, authority.clock.now());
  };
  CO_TRY(Guess guessed, co_await authority.database.write_value<Guess>(std::ref(look_up)));
  if (!guessed) co_return Error{Code::rate_limited, "too many wrong codes", "device_codes"};
  if (!*guessed) co_return unknown_code();
  found.waiting = std::move(**guessed);
  CO_TRY(http::Form form, http::decode_form(found.waiting.parameters));
  auto client = co_await authority.clients.find(std::string(http::form_value(form, "client_id")));
  if (!client.ok()) {
    const Code code = client.error().code;
    const bool gone = code == Code::not_found || code == Code::invalid_argument;
    co_return gone ? unknown_code() : std::move(client).error();
  }
  CO_TRY(auto checked, co_await check_request(authority, std::move(*client), std::move(form)));
  if (!std::holds_alternative<AuthorizationRequest>(checked)) co_return unknown_code();
  found.request = std::get<AuthorizationRequest>(std::move(checked));
  co_return found;
}

}  // namespace

std::optional<std::string> normal_user_code(std::string_view typed) {
  std::string code;
  for (char c : typed.substr(0, 64)) {
    if (c == '-' || c == ' ') continue;
    const char letter = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (kAlphabet.find(letter) == std::string_view::npos) return std::nullopt;
    code.push_back(letter);
  }
  if (code.size() != kUserCodeLetters) return std::nullopt;
  return code;
}

Task<Result<Outcome<DeviceAuthorization>>> begin_device_authorization(const Authority& authority,
                                                                      apps::AuthenticatedClient client,
                                                                      http::Form form) {
  CO_OAUTH_TRY(auto request, co_await check_request(authority, std::move(client.client), std::move(form)));
  const Options& options = authority.options;
  DeviceAuthorization answer;
  answer.device_code = crypto::make_token(authority.random);
  answer.expires_in = options.device_code_lifetime / kSecond;
  answer.interval = options.device_poll_interval / kSecond;
  const std::string public_key = crypto::derive_sealing_key(answer.device_code).public_key;
  const std::string hash = crypto::lookup_hash(answer.device_code.reveal());
  const std::string parameters = parameters_of(request);
  const Millis now = authority.clock.now();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::string code = make_user_code(authority.random);
    std::function<Result<bool>(sql::Transaction&)> insert =
        [&](sql::Transaction& transaction) -> Result<bool> {
      VK_CHECK(transaction.run(kInsert,
                               {hash, code, request.client.id, parameters, sql::Blob{public_key}, sql::Blob{},
                                options.device_poll_interval, now, now + options.device_code_lifetime}));
      return transaction.changed() == 1;
    };
    CO_TRY(bool inserted, co_await authority.database.write_value<bool>(std::ref(insert)));
    if (!inserted) continue;
    answer.user_code = code.substr(0, 4) + "-" + code.substr(4);
    co_return answer;
  }
  co_return Error{Code::unavailable, "no free user code", "device_codes"};
}

Task<Result<DeviceQuestion>> ask_device(const Authority& authority, std::string typed,
                                        accounts::BrowserSession session) {
  CO_TRY(FoundDevice found, co_await find_device(authority, std::move(typed), session.person.id));
  DeviceQuestion asked{std::move(found.user_code), {}};
  Question& question = asked.question;
  question.request = std::move(found.request);
  question.expires_at = found.waiting.expires_at;
  question.sign_in = SignInNeed::ok;
  const AuthorizationRequest& request = question.request;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(auto consent,
           find_consent(transaction, session.person.id, request.client.id, request.resource.uri));
    if (consent) {
      question.granted_before = consent->scopes;
      question.ai_before = consent->credential_id;
    }
    if (contains(request.scopes, kAiScope)) {
      VK_TRY(question.ai, list_usable_ai(transaction, session.person.id, session.vault_key));
    }
    return {};
  };
  CO_CHECK(co_await authority.database.read(std::ref(look_up)));
  co_return asked;
}

Task<Result<void>> decide_device(const Authority& authority, std::string request,
                                 accounts::BrowserSession session, Decision decision) {
  CO_TRY(FoundDevice found, co_await find_device(authority, std::move(request), session.person.id));
  const AuthorizationRequest& asked = found.request;
  if (decision.scopes && !contains_all(asked.scopes, *decision.scopes)) {
    co_return Error{Code::invalid_argument, "A scope that was not asked for cannot be given.",
                    "device_codes"};
  }
  Scopes scopes = decision.scopes ? intersect(asked.scopes, *decision.scopes) : asked.scopes;
  if (!decision.approve || !contains(scopes, kAiScope)) decision.credential_id.clear();
  CO_TRY(AiKeys ai, co_await chosen_ai(authority, session, decision.credential_id));
  std::string sealed;
  if (!ai.empty()) {
    CO_TRY(sealed, crypto::seal_to(found.waiting.public_key, write_ai_keys(ai).reveal(),
                                   found.waiting.device_hash, authority.random));
  }
  const Grant grant = make_grant(authority, session, asked.client, asked.resource, std::move(scopes),
                                 asked.authorization_details);
  std::function<Result<bool>(sql::Transaction&)> decide = [&](sql::Transaction& transaction) -> Result<bool> {
    VK_CHECK(transaction.run(
        kDecide, {decision.approve ? "approved" : "denied", decision.approve ? grant.id : std::string(),
                  sql::Blob{sealed}, found.waiting.device_hash, authority.clock.now()}));
    if (transaction.changed() == 0) return false;
    if (decision.approve) {
      VK_CHECK(insert_grant(transaction, grant));
      VK_CHECK(remember_consent(transaction, grant, decision.credential_id));
    }
    return true;
  };
  CO_TRY(bool decided, co_await authority.database.write_value<bool>(std::ref(decide)));
  if (!decided) co_return unknown_code();
  co_return Result<void>();
}

Result<int64_t> forget_wrong_guesses(sql::Transaction& transaction, Millis now) {
  VK_CHECK(transaction.run(kForgetGuesses, {now - kGuessWindow}));
  return transaction.changed();
}

}  // namespace valetkey::authorization
