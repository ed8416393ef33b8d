#include "people.h"

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"
#include "ids.h"

namespace valetkey::emulator {

Person make_person(std::string_view email, std::string_view plan) {
  Person person;
  person.email = to_lower(trim(email.empty() ? kDefaultEmail : email));
  person.github_login = person.email.substr(0, person.email.find('@'));
  person.name = person.github_login;
  if (!person.name.empty() && person.name[0] >= 'a' && person.name[0] <= 'z') {
    person.name[0] = static_cast<char>(person.name[0] - 32);
  }
  if (!plan.empty()) person.plan = plan;
  person.account_id = uuid_of("account:" + person.email);
  const std::string digest = crypto::sha256("user:" + person.email);
  person.user_id = "user-" + to_hex(digest).substr(0, 24);
  for (size_t i = 0; i < 4; ++i)
    person.github_id = person.github_id * 128 + (static_cast<unsigned char>(digest[i]) & 127);
  return person;
}

}  // namespace valetkey::emulator
