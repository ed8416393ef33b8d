// The persons who "have" accounts at the upstreams. Everything about one follows from the e-mail address,
// unless the control API says otherwise. A value; no thread of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace valetkey::emulator {

constexpr std::string_view kDefaultEmail = "ada@example.test";

struct Person {
  std::string email;
  std::string name;
  std::string plan = "plus";  // ChatGPT plan
  std::string account_id;     // chatgpt_account_id
  std::string user_id;        // chatgpt_user_id, xAI sub
  std::string github_login;
  int64_t github_id = 0;
};

// `plan` may be empty (plus).
Person make_person(std::string_view email, std::string_view plan = {});

}  // namespace valetkey::emulator
