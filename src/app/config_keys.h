// The one table of configuration keys: name, names in the environment, where the value lives, limits,
// meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config.h"

namespace valetkey::config {

// Hex secrets, comma separated: "aa..,bb..".
struct SecretRing {
  std::vector<Secret>* secrets;
};

// A secret as it is, never shown. A plain Secret* is a URL that may hold a password, which alone is left out.
struct HiddenSecret {
  Secret* secret;
};

// A pointer to the member of a Config that a key fills.
using Slot =
    std::variant<std::string*, bool*, uint16_t*, unsigned*, size_t*, Millis*, std::vector<std::string>*,
                 std::vector<ProviderId>*, Secret*, HiddenSecret, SecretRing>;

enum class Check { none, word, address, network, url, host, header_text, issuer, smtp_url };

struct Key {
  const char* name;   // in TOML: "server.port"
  const char* alias;  // AuthAI's name or a shorter one of ours; "" for none
  Slot (*slot)(Config&);
  const char* meaning;
  int64_t minimum = 0;  // of an integer, both inclusive
  int64_t maximum = 0;
  Check check = Check::none;  // of a text, or of each element of a list
  const char* words = "";     // Check::word: the allowed ones, separated by spaces
};

const std::vector<Key>& keys();

// "server.port" -> "VALETKEY_SERVER_PORT".
std::string environment_name(std::string_view key);
// May be given as NAME_file (TOML) or NAME_FILE (environment): the name of a file with the value.
bool is_secret(const Key& key);
// Its value is shown nowhere, not even in part.
bool is_hidden(const Key& key);

}  // namespace valetkey::config
