// The two ceremonies of Web Authentication level 2, sections 7.1 and 7.2. Everything about one answer is
// decided in one transaction that spends its challenge first, so a replay, in parallel too, finds nothing to
// spend.
#include <algorithm>
#include <utility>

#include "domain/accounts/passkey_options.h"
#include "domain/accounts/passkey_rows.h"
#include "domain/accounts/second_factors.h"
#include "domain/accounts/vault_key.h"
#include "domain/accounts/webauthn.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::accounts {
namespace {

constexpr size_t kChallengeSize = 32;
constexpr const char* kCannotAdd = "This passkey could not be added. Try again.";
constexpr const char* kTooLate = "This took too long or was begun in another browser. Try again.";
constexpr const char* kTooMany = "You have as many passkeys as an account can hold. Remove one first.";
constexpr const char* kPresent = "This passkey is registered already.";
constexpr const char* kBadName = "The name of a passkey has at most 100 characters.";

Error sentence(Code code, const char* text) {
  return Error{code, text, "passkeys"};
}
Error refused(const char* why) {
  return Error{Code::unauthorized, why, "passkeys"};
}

std::string hash_of(std::string_view secret) {
  return to_hex(crypto::sha256(secret));
}
std::string place_of(const std::string& passkey_id, const std::string& person_id) {
  return "passkey:" + passkey_id + ":" + person_id;
}

Result<std::string> read_name(std::string_view name) {
  name = trim(name);
  if (name.empty()) return std::string("Passkey");
  const bool has_control =
      std::any_of(name.begin(), name.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
  const auto characters = std::count_if(name.begin(), name.end(),
                                        [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; });
  if (has_control || !is_valid_utf8(name) || static_cast<size_t>(characters) > kMaxName) {
    return sentence(Code::invalid_argument, kBadName);
  }
  return std::string(name);
}

// What a stranger puts into a path need not even be text.
bool is_passkey_id(std::string_view id) {
  return id.size() <= 2 * kMaxCredentialId && jose::base64url_decode(id).has_value();
}

bool is_of(const AuthenticatorData& data, const RelyingParty& relying_party) {
  return crypto::equal(data.rp_id_hash, crypto::sha256(relying_party.id)) && data.user_present &&
         data.user_verified;
}

void wrap_for(StoredPasskey& passkey, const std::optional<std::string>& prf_output, const Secret& vault_key,
              Random& random) {
  if (!prf_output) return;
  passkey.vault_wrap =
      wrap_vault_key(Secret(*prf_output), place_of(passkey.id, passkey.person_id), vault_key, random);
  passkey.vault_id = vault_key_id(vault_key);
}

}  // namespace

struct Passkeys::State {
  sql::Database& database;
  const Clock& clock;
  Random& random;
  const RelyingParty relying_party;

  // The challenge's bytes; `person_id` is empty for a sign-in.
  Result<std::string> new_challenge(sql::Transaction& transaction, const std::string& browser,
                                    const std::string& person_id) const {
    std::string bytes = random.bytes(kChallengeSize);
    const Challenge challenge{hash_of(bytes), hash_of(browser), person_id};
    VK_CHECK(insert_challenge(transaction, challenge, clock.now() + kPasskeyChallengeLifetime));
    return bytes;
  }
  Result<StoredPasskey> read_registration(const RegistrationResponse& response, std::string& challenge) const;
  struct SignedIn {
    std::optional<PasskeySignIn> who;  // none: refused, and the challenge is spent all the same
    const char* why = "";
  };
  Result<SignedIn> sign_in(sql::Transaction& transaction, const AssertionResponse& response,
                           const AuthenticatorData& data, const Challenge& challenge,
                           const std::optional<UnlockedVault>& unlocked) const;
  Result<std::optional<Secret>> open_vault(sql::Transaction& transaction, StoredPasskey& passkey,
                                           const std::optional<std::string>& prf_output,
                                           const std::optional<UnlockedVault>& unlocked) const;
};

Passkeys::Passkeys(sql::Database& database, const Clock& clock, Random& random, RelyingParty relying_party)
    : state_(std::make_shared<State>(State{database, clock, random, std::move(relying_party)})) {}

Task<Result<std::string>> Passkeys::begin_registration(Person person, std::string browser) {
  auto state = state_;
  std::function<Result<std::string>(sql::Transaction&)> work =
      [&](sql::Transaction& transaction) -> Result<std::string> {
    VK_TRY(std::vector<PasskeyRow> present, list_passkeys(transaction, person.id));
    if (present.size() >= kMaxPasskeys) return sentence(Code::invalid_argument, kTooMany);
    VK_TRY(std::string challenge, state->new_challenge(transaction, browser, person.id));
    return creation_options(state->relying_party, person, challenge, present);
  };
  co_return co_await state->database.write_value(std::move(work));
}

// Section 7.1, steps 5 to 19. The signature over a "none" attestation does not exist, so what proves
// possession is the first sign-in.
Result<StoredPasskey> Passkeys::State::read_registration(const RegistrationResponse& response,
                                                         std::string& challenge) const {
  VK_TRY(challenge, read_client_data(response.client_data, {"webauthn.create", relying_party.origin}));
  VK_TRY(std::string_view bytes, read_attestation_object(response.attestation_object));
  VK_TRY(AuthenticatorData data, read_authenticator_data(bytes));
  if (!is_of(data, relying_party) || !data.attested) return refused("not for us, or nobody was verified");
  if (data.attested->id != response.credential_id) return refused("another credential id");
  StoredPasskey passkey;
  passkey.id = jose::base64url_encode(response.credential_id);
  passkey.key = data.attested->key;
  passkey.sign_count = data.sign_count;
  return passkey;
}

Task<Result<PasskeyRow>> Passkeys::finish_registration(std::string person_id, std::string name,
                                                       std::string browser, Json json,
                                                       std::optional<Secret> vault_key) {
  auto state = state_;
  CO_TRY(std::string shown_name, read_name(name));
  auto response = read_registration_response(json);
  if (!response.ok()) co_return sentence(Code::invalid_argument, kCannotAdd);
  std::string challenge;
  auto passkey = state->read_registration(*response, challenge);
  if (!passkey.ok()) co_return sentence(Code::invalid_argument, kCannotAdd);
  const Millis now = state->clock.now();
  passkey->person_id = person_id;
  passkey->name = shown_name;
  passkey->created_at = now;
  if (vault_key) wrap_for(*passkey, response->prf_output, *vault_key, state->random);
  const Challenge spent{hash_of(challenge), hash_of(browser), person_id};

  sql::Database::Work work = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(bool is_ours, spend_challenge(transaction, spent, now));
    if (!is_ours) return sentence(Code::invalid_argument, kTooLate);
    VK_TRY(std::vector<PasskeyRow> present, list_passkeys(transaction, person_id));
    if (present.size() >= kMaxPasskeys) return sentence(Code::invalid_argument, kTooMany);
    return insert_passkey(transaction, *passkey);
  };
  auto stored = co_await state->database.write(std::move(work));
  if (!stored.ok() && stored.error().code == Code::conflict) co_return sentence(Code::conflict, kPresent);
  CO_CHECK(std::move(stored));
  co_return PasskeyRow{passkey->id, passkey->name, !passkey->vault_id.empty(), now, 0};
}

Task<Result<std::string>> Passkeys::begin_sign_in(std::string browser) {
  auto state = state_;
  std::function<Result<std::string>(sql::Transaction&)> work = [&](sql::Transaction& transaction) {
    return state->new_challenge(transaction, browser, "");
  };
  CO_TRY(std::string challenge, co_await state->database.write_value(std::move(work)));
  co_return request_options(state->relying_party, challenge);
}

Result<std::optional<Secret>> Passkeys::State::open_vault(
    sql::Transaction& transaction, StoredPasskey& passkey, const std::optional<std::string>& prf_output,
    const std::optional<UnlockedVault>& unlocked) const {
  if (!prf_output) return std::optional<Secret>();
  const std::string& present = passkey.person_vault_id;
  if (!present.empty() && passkey.vault_id == present) {
    auto vault_key =
        unwrap_vault_key(Secret(*prf_output), place_of(passkey.id, passkey.person_id), passkey.vault_wrap);
    if (vault_key.ok()) return std::optional<Secret>(std::move(*vault_key));
  }
  if (!unlocked || unlocked->person_id != passkey.person_id || vault_key_id(unlocked->vault_key) != present) {
    return std::optional<Secret>();
  }
  wrap_for(passkey, prf_output, unlocked->vault_key, random);
  VK_CHECK(set_vault_wrap(transaction, passkey));
  return std::optional<Secret>(unlocked->vault_key);
}

// Section 7.2, steps 5 to 21.
Result<Passkeys::State::SignedIn> Passkeys::State::sign_in(
    sql::Transaction& transaction, const AssertionResponse& response, const AuthenticatorData& data,
    const Challenge& challenge, const std::optional<UnlockedVault>& unlocked) const {
  const Millis now = clock.now();
  VK_TRY(bool is_ours, spend_challenge(transaction, challenge, now));
  if (!is_ours) return SignedIn{std::nullopt, "no such challenge"};
  const std::string id = jose::base64url_encode(response.credential_id);
  VK_TRY(std::optional<StoredPasskey> passkey, find_passkey(transaction, id));
  if (!passkey) return SignedIn{std::nullopt, "unknown passkey"};
  if (!crypto::equal(passkey->person_id, response.user_handle))
    return SignedIn{std::nullopt, "another person's"};
  if (!verify_assertion(passkey->key, response, data, relying_party.id)) {
    return SignedIn{std::nullopt, "the signature does not fit"};
  }
  VK_TRY(bool went_on, count_use(transaction, id, data.sign_count, now));
  if (!went_on) return SignedIn{std::nullopt, "the counter did not go on"};
  PasskeySignIn who;
  who.person_id = passkey->person_id;
  who.passkey_id = id;
  VK_TRY(who.vault_key, open_vault(transaction, *passkey, response.prf_output, unlocked));
  return SignedIn{std::move(who)};
}

Task<Result<PasskeySignIn>> Passkeys::finish_sign_in(std::string browser, Json json,
                                                     std::optional<UnlockedVault> unlocked) {
  auto state = state_;
  auto response = read_assertion_response(json);
  if (!response.ok()) co_return refused("not an assertion");
  auto challenge = read_client_data(response->client_data, {"webauthn.get", state->relying_party.origin});
  auto data = read_authenticator_data(response->authenticator_data);
  if (!challenge.ok() || !data.ok()) co_return refused("not an assertion for us");
  if (!is_of(*data, state->relying_party) || data->attested) co_return refused("nobody was verified");
  const Challenge spent{hash_of(*challenge), hash_of(browser), ""};

  // A refusal is a success of the transaction: the challenge stays spent.
  std::function<Result<State::SignedIn>(sql::Transaction&)> work = [&](sql::Transaction& transaction) {
    return state->sign_in(transaction, *response, *data, spent, unlocked);
  };
  CO_TRY(State::SignedIn outcome, co_await state->database.write_value(std::move(work)));
  if (!outcome.who) co_return refused(outcome.why);
  co_return std::move(*outcome.who);
}

Task<Result<std::vector<PasskeyRow>>> Passkeys::list(std::string person_id) {
  auto state = state_;
  std::function<Result<std::vector<PasskeyRow>>(sql::Transaction&)> work =
      [&](sql::Transaction& transaction) { return list_passkeys(transaction, person_id); };
  co_return co_await state->database.read_value(std::move(work));
}

Task<Result<bool>> Passkeys::rename(std::string person_id, std::string id, std::string name) {
  auto state = state_;
  CO_TRY(std::string shown_name, read_name(name));
  if (!is_passkey_id(id)) co_return false;
  std::function<Result<bool>(sql::Transaction&)> work = [&](sql::Transaction& transaction) {
    return rename_passkey(transaction, person_id, id, shown_name);
  };
  co_return co_await state->database.write_value(std::move(work));
}

Task<Result<bool>> Passkeys::remove(std::string person_id, std::string id) {
  auto state = state_;
  if (!is_passkey_id(id)) co_return false;
  std::function<Result<bool>(sql::Transaction&)> work = [&](sql::Transaction& transaction) {
    return delete_passkey(transaction, person_id, id);
  };
  co_return co_await state->database.write_value(std::move(work));
}

Task<Result<int64_t>> Passkeys::delete_expired() {
  auto state = state_;
  std::function<Result<int64_t>(sql::Transaction&)> work = [&](sql::Transaction& transaction) {
    return delete_old_challenges(transaction, state->clock.now());
  };
  co_return co_await state->database.write_value(std::move(work));
}

}  // namespace valetkey::accounts
