#include "faces/oauth/authorize_endpoint.h"

#include "faces/oauth/client_call.h"
#include "faces/oauth/form_body.h"
#include "faces/oauth/json_errors.h"
#include "faces/oauth/refusals.h"
#include "faces/portal/portal_call.h"
#include "foundation/base/json.h"

namespace valetkey::faces {
namespace {

using authorization::AskPerson;
using authorization::AuthorizationFlow;
using authorization::Begun;
using authorization::OauthCode;
using authorization::Outcome;
using authorization::Refusal;
using authorization::SendToClient;
using authorization::ShowError;

// 303, so that a POST becomes a GET (RFC 9700 section 4.12).
http::Response go_to(const std::string& url) {
  return {303, {{"location", url}, {"cache-control", "no-store"}, {"referrer-policy", "no-referrer"}}, ""};
}

// The portal's own error page: nothing of the request is shown but our word and our sentence.
http::Response show_error(const Refusal& refusal) {
  http::Form query{{"code", std::string(to_string(refusal.code))}, {"message", refusal.description}};
  return go_to("/error?" + http::encode_form(query));
}

Result<http::Form> parameters_of(const http::Request& request) {
  if (request.method == "POST") return read_form(request);
  return http::decode_form(request.query);
}

struct Browser {
  std::string name;
  bool fresh = false;  // its cookie is to be set
  std::optional<accounts::BrowserSession> session;
};

Task<Result<Browser>> recognise(const Oauth& face, const http::Request& request) {
  Browser browser;
  Cookies cookies = read_cookies(request);
  browser.name = cookies.browser;
  if (browser.name.empty()) {
    browser.name = new_browser_name(face.authority.random);
    browser.fresh = true;
  }
  if (cookies.session.empty()) co_return browser;
  auto session = co_await face.sessions.find(std::move(cookies.session));
  if (session.ok()) {
    browser.session = std::move(*session);
  } else if (session.error().code != Code::unauthorized) {
    co_return std::move(session).error();
  }
  co_return browser;
}

http::Response next_step(const Begun& begun) {
  if (auto* client = std::get_if<SendToClient>(&begun)) return go_to(client->url);
  if (auto* error = std::get_if<ShowError>(&begun)) return show_error(error->refusal);
  const auto& question = std::get<AskPerson>(begun);
  return go_to("/consent?request=" + std::string(question.request.reveal()));
}

Refusal unavailable() {
  return {
      OauthCode::temporarily_unavailable, "The server cannot answer right now. Try again in a minute.", {}};
}

}  // namespace

Task<void> authorize(const Oauth& face, http::Exchange& exchange) {
  auto form = parameters_of(exchange.request());
  if (!form.ok()) {
    co_await exchange.send(
        show_error({OauthCode::invalid_request, "The parameters of this request cannot be read.", {}}));
    co_return;
  }
  auto browser = co_await recognise(face, exchange.request());
  if (!browser.ok()) {
    co_await exchange.send(show_error(unavailable()));
    co_return;
  }
  auto begun = co_await face.flow.begin(std::move(*form), browser->name, std::move(browser->session));
  http::Response response = begun.ok() ? next_step(*begun) : show_error(unavailable());
  if (browser->fresh) response.headers.add("set-cookie", browser_cookie(browser->name));
  co_await exchange.send(std::move(response));
}

Task<void> push_request(const Oauth& face, http::Exchange& exchange) {
  auto call = co_await authenticate_client(face, exchange);
  if (!call) co_return;
  auto key = co_await proved_key(face, exchange, face.authority.options.issuer + "/oauth/par");
  Result<Outcome<AuthorizationFlow::Pushed>> pushed = Outcome<AuthorizationFlow::Pushed>(Refusal{});
  if (!key.ok()) {
    pushed = key.error();
  } else if (auto* refused = std::get_if<Refusal>(&*key)) {
    pushed = Outcome<AuthorizationFlow::Pushed>(std::move(*refused));
  } else {
    // RFC 9449 section 10.1: a proof here is as good as dpop_jkt, and both must agree.
    const auto& thumbprint = std::get<std::string>(*key);
    auto given = http::form_value(call->form, "dpop_jkt");
    if (!thumbprint.empty() && !given.empty() && given != thumbprint) {
      pushed = Outcome<AuthorizationFlow::Pushed>(
          Refusal{OauthCode::invalid_dpop_proof, "dpop_jkt is not the key of the proof.", {}});
    } else {
      if (!thumbprint.empty() && given.empty()) call->form.emplace_back("dpop_jkt", thumbprint);
      pushed = co_await face.flow.push(std::move(call->form), call->client.client.id);
    }
  }
  if (!pushed.ok()) {
    co_await exchange.send(oauth_failure(pushed.error()));
  } else if (auto* refused = std::get_if<Refusal>(&*pushed)) {
    co_await exchange.send(refuse(*refused));
  } else {
    const auto& kept = std::get<AuthorizationFlow::Pushed>(*pushed);
    std::string body;
    JsonWriter(body)
        .begin_object()
        .member("request_uri", kept.request_uri)
        .member("expires_in", kept.expires_in)
        .end_object();
    co_await exchange.send(oauth_json(201, std::move(body)));
  }
}

}  // namespace valetkey::faces
