#include "faces/oauth/logout_endpoint.h"

#include <algorithm>

#include "domain/authorization/tokens.h"
#include "faces/oauth/form_body.h"
#include "faces/portal/browser_cookies.h"
#include "foundation/http/cookies.h"

namespace valetkey::faces {
namespace {

constexpr size_t kMaxState = 4096;
// Where a person signs out by hand, and reads what is signed in where.
constexpr const char* kAsk = "/account/sessions";
constexpr const char* kSignedOut = "/sign-in";

http::Response go_to(const std::string& url) {
  return {303, {{"location", url}, {"cache-control", "no-store"}, {"referrer-policy", "no-referrer"}}, ""};
}

http::Response show_error(std::string_view code) {
  return go_to("/error?" + http::encode_form({{"code", std::string(code)}}));
}

// What the request proves and asks for.
struct Wish {
  std::string person_id;  // of a hint we signed; empty: nothing is proved
  std::string client_id;
  std::string target;  // post_logout_redirect_uri; empty: none
  std::string state;
};

// Nothing: hint and client_id name different clients.
std::optional<Wish> read_wish(const authorization::Authority& authority, const http::Form& form) {
  Wish wish;
  wish.client_id = http::form_value(form, "client_id");
  wish.target = http::form_value(form, "post_logout_redirect_uri");
  wish.state = http::form_value(form, "state");
  const std::string_view hint = http::form_value(form, "id_token_hint");
  if (wish.state.size() > kMaxState) return std::nullopt;
  if (hint.empty()) return wish;
  auto subject = authorization::subject_of_id_token(authority, hint, wish.client_id);
  if (!subject) return std::nullopt;
  wish.person_id = std::move(*subject);
  return wish;
}

// Byte for byte one of the client's, and never without a hint: whoever writes a link could send people
// through us otherwise.
Task<Result<bool>> may_return(const authorization::Authority& authority, const Wish& wish) {
  if (wish.person_id.empty()) co_return false;
  auto client = co_await authority.clients.find(wish.client_id);
  if (client.ok()) {
    const auto& known = client->post_logout_redirect_uris;
    co_return std::find(known.begin(), known.end(), wish.target) != known.end();
  }
  if (client.error().code == Code::store || client.error().code == Code::unavailable) {
    co_return std::move(client).error();
  }
  co_return false;
}

std::string return_address(const Wish& wish) {
  if (wish.target.empty()) return kSignedOut;
  if (wish.state.empty()) return wish.target;
  return wish.target + (wish.target.find('?') == std::string::npos ? '?' : '&') +
         http::encode_form({{"state", wish.state}});
}

// Signed out: nobody was, or who the hint names. Else the person must be asked.
Task<Result<bool>> end_session(const Oauth& face, const Wish& wish, Secret cookie) {
  if (cookie.empty()) co_return true;
  auto session = co_await face.sessions.find(cookie);
  if (!session.ok()) {
    if (session.error().code == Code::unauthorized) co_return true;
    co_return std::move(session).error();
  }
  if (wish.person_id.empty() || session->person.id != wish.person_id) co_return false;
  CO_CHECK(co_await face.sessions.end(std::move(cookie)));
  co_return true;
}

Task<Result<http::Response>> answer(const Oauth& face, const http::Request& request, http::Form form) {
  auto wish = read_wish(face.authority, form);
  if (!wish) co_return show_error("invalid_request");
  Secret cookie = read_cookies(request).session;
  if (request.method == "POST" && cookie.empty()) {
    // SameSite=Lax keeps the cookie from a POST of another site: once more, as a GET of the browser's own.
    co_return go_to("/oauth/logout?" + http::encode_form(form));
  }
  if (!wish->target.empty()) {
    CO_TRY(bool known, co_await may_return(face.authority, *wish));
    if (!known && !wish->person_id.empty()) co_return show_error("invalid_request");
    if (!known) wish->target.clear();
  }
  const bool had_cookie = !cookie.empty();
  CO_TRY(bool signed_out, co_await end_session(face, *wish, std::move(cookie)));
  if (!signed_out) co_return go_to(kAsk);
  http::Response response = go_to(return_address(*wish));
  if (had_cookie) response.headers.add("set-cookie", http::host_cookie(kSessionCookie, "", -1));
  co_return response;
}

}  // namespace

Task<void> log_out(const Oauth& face, http::Exchange& exchange) {
  const http::Request& request = exchange.request();
  auto form = request.method == "POST" ? read_form(request) : read_query(request);
  if (!form.ok()) {
    co_await exchange.send(show_error("invalid_request"));
    co_return;
  }
  auto response = co_await answer(face, request, std::move(*form));
  co_await exchange.send(response.ok() ? std::move(*response) : show_error("temporarily_unavailable"));
}

}  // namespace valetkey::faces
