// From an authorization request in a person's browser to the answer for the client: check, ask when it must
// be asked, remember, issue. Knows no HTTP; the oauth face sends the browser on, the portal face shows the
// question.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/accounts/browser_sessions.h"
#include "domain/authorization/authorization_request.h"
#include "domain/authorization/connected_ai.h"
#include "domain/authorization/grants.h"

namespace valetkey::authorization {

// Where the browser goes next.
struct SendToClient {
  std::string url;
};
struct AskPerson {
  Secret request;  // names the waiting request; in the page's address
};
struct ShowError {
  Refusal refusal;
};
using Begun = std::variant<SendToClient, AskPerson, ShowError>;

enum class SignInNeed { ok, required, again };  // again: prompt=login or max_age

// A waiting request as the consent page shows it.
struct Question {
  AuthorizationRequest request;
  Scopes granted_before;
  std::vector<ConnectedAi> ai;  // when the scopes ask for AI
  std::string ai_before;        // credential id chosen last time
  SignInNeed sign_in = SignInNeed::required;
  Millis expires_at = 0;
};

struct Decision {
  bool approve = false;
  std::optional<Scopes> scopes;  // those left ticked; absent: all
  std::string credential_id;     // the AI chosen; empty: none
};

class AuthorizationFlow {
 public:
  explicit AuthorizationFlow(const Authority& authority) : authority_(authority) {}

  // `form`: the parameters of GET or POST /oauth/authorize. `browser`: the browser cookie's value, never
  // empty.
  Task<Result<Begun>> begin(http::Form form, std::string browser,
                            std::optional<accounts::BrowserSession> session);

  // RFC 9126. The client is authenticated and named in the form. The urn and its life in seconds.
  struct Pushed {
    std::string request_uri;
    int64_t expires_in = 0;
  };
  Task<Result<Outcome<Pushed>>> push(http::Form form, std::string client_id);

  // Code::not_found: no such request, over, or of another browser.
  Task<Result<Question>> ask(Secret request, std::string browser,
                             std::optional<accounts::BrowserSession> session);
  // The address the browser goes to. Once: of racing decisions one wins, the others are Code::not_found.
  // Code::unauthorized: sign in (again) first. Code::invalid_argument: scopes or AI that were not offered.
  Task<Result<std::string>> decide(Secret request, std::string browser, accounts::BrowserSession session,
                                   Decision decision);

 private:
  struct Waiting {
    http::Form form;
    Millis created_at = 0, expires_at = 0;
  };
  Task<Result<std::optional<Waiting>>> find_waiting(std::string hash, std::string browser, bool take);
  Task<Result<std::variant<http::Form, Refusal>>> replace_request_uri(http::Form form);
  Task<Result<Secret>> keep(http::Form form, std::string browser, Millis lifetime);
  Task<Result<Begun>> answer_silently(AuthorizationRequest request, accounts::BrowserSession session,
                                      Consent consent);
  Task<Result<std::string>> issue(const AuthorizationRequest& request,
                                  const accounts::BrowserSession& session, Scopes scopes, AiKeys ai);

  const Authority& authority_;
};

// Shared with the device flow, which has a question of its own. The AI keys a person gives along: the chosen
// credential unwrapped with the session's vault key. Code::invalid_argument: not one of theirs, or locked.
Task<Result<AiKeys>> chosen_ai(const Authority& authority, const accounts::BrowserSession& session,
                               std::string credential_id);
Grant make_grant(const Authority& authority, const accounts::BrowserSession& session,
                 const apps::Client& client, const apps::Resource& resource, Scopes scopes,
                 std::string authorization_details);

}  // namespace valetkey::authorization
