// The rows of signing_keys: what is stored, how a private key is sealed, and which key does what at a given
// time.
#pragma once

#include <string>
#include <vector>

#include "foundation/base/clock.h"
#include "foundation/base/random.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"
#include "foundation/jose/jwk.h"
#include "foundation/sql/database.h"

namespace valetkey::authorization {

// Rows never change but for `sealed`. Of one algorithm the key with the highest turn whose time has come
// signs.
struct SigningKeyRow {
  std::string key_id;
  jose::Algorithm algorithm = jose::Algorithm::ES256;
  int64_t turn =
      0;  // 1, 2, ... within the algorithm; (algorithm, turn) is unique, so instances agree on each
  std::string sealed;
  Millis signs_from = 0;
};
using SigningKeyRows = std::vector<SigningKeyRow>;

Result<SigningKeyRows> list_signing_keys(sql::Transaction& transaction);  // by algorithm and turn
// False when another has taken that turn (or that key id) first.
Result<bool> insert_signing_key(sql::Transaction& transaction, const SigningKeyRow& row, Millis now);
Result<void> reseal_signing_key(sql::Transaction& transaction, const SigningKeyRow& row,
                                const std::string& sealed);
Result<void> delete_signing_key(sql::Transaction& transaction, const std::string& key_id);

// The PKCS #8 text under a key derived from `secret`, bound to the row's key id and algorithm. Whoever can
// write to the database but has no secret can plant no key.
std::string seal_signing_key(const Secret& secret, const jose::SigningKey& key, Random& random);
struct OpenedSigningKey {
  jose::SigningKey key;
  bool by_first_secret = true;
};
// Code::invalid_argument when none of the secrets opens it.
Result<OpenedSigningKey> open_signing_key(const std::vector<Secret>& secrets, const SigningKeyRow& row);

// Positions in `rows`. The one that signs: of those whose time has come the last, else the first. Null: no
// row.
const SigningKeyRow* signing_row(const SigningKeyRows& rows, jose::Algorithm algorithm, Millis now);
const SigningKeyRow* last_row(const SigningKeyRows& rows, jose::Algorithm algorithm);
// Whether `row` has been out of use for `keep_after` (and a little more, for instances that are late to
// notice).
bool is_over(const SigningKeyRows& rows, const SigningKeyRow& row, Millis keep_after, Millis now);

}  // namespace valetkey::authorization
