#include "faces/portal/account_endpoint.h"

#include "faces/portal/second_factor_endpoint.h"

namespace valetkey::faces {
namespace {

// What the store says of a person, for the account page and the export.
struct AccountFacts {
  accounts::Person person;
  bool totp = false;
  int64_t recovery_codes_left = 0;
  std::vector<accounts::PasskeyRow> passkeys;
};

Task<Result<AccountFacts>> read_facts(const AccountFace& face, std::string person_id) {
  AccountFacts facts;
  CO_TRY(facts.person, co_await face.parts.accounts.find(person_id));
  CO_TRY(facts.totp, co_await face.parts.totp.is_on(person_id));
  CO_TRY(facts.recovery_codes_left, co_await face.parts.totp.recovery_codes_left(person_id));
  CO_TRY(facts.passkeys, co_await face.parts.passkeys.list(person_id));
  co_return facts;
}

void write_facts(JsonWriter& json, const AccountFacts& facts) {
  json.key("person");
  write_person(json, facts.person);
  json.member("created_at", facts.person.created_at).member("totp", facts.totp);
  json.member("recovery_codes_left", facts.recovery_codes_left).key("passkeys").begin_array();
  for (const accounts::PasskeyRow& row : facts.passkeys) write_passkey(json, row);
  json.end_array();
}

void write_sessions(JsonWriter& json, const std::vector<accounts::SessionRow>& rows,
                    const std::string& present) {
  json.key("sessions").begin_array();
  for (const accounts::SessionRow& row : rows) {
    json.begin_object()
        .member("id", row.id)
        .member("current", row.id == present)
        .member("user_agent", row.user_agent)
        .member("client_address", row.client_address)
        .member("signed_in_at", row.signed_in_at)
        .member("last_seen_at", row.last_seen_at)
        .end_object();
  }
  json.end_array();
}

Task<Result<std::string>> export_json(const AccountFace& face, const accounts::BrowserSession& session) {
  const std::string person_id = session.person.id;
  CO_TRY(AccountFacts facts, co_await read_facts(face, person_id));
  CO_TRY(std::vector<accounts::SessionRow> rows, co_await face.parts.sessions.list(person_id));
  std::string more;
  if (face.parts.export_more) {
    CO_TRY(more, co_await face.parts.export_more(person_id));
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("exported_at", face.parts.clock.now());
  write_facts(json, facts);
  write_sessions(json, rows, session.id);
  if (!more.empty()) body += "," + more;
  body += "}";
  co_return body;
}

}  // namespace

Task<void> show_account(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  auto facts = co_await read_facts(face, call->session->person.id);
  if (!facts.ok()) {
    co_await exchange.send(portal_failure(facts.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  write_facts(json, *facts);
  json.member("vault", call->session->vault_key.has_value()).end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> change_name(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  auto name = text_member(*call, "name", kMaxTextMember);
  if (!name.ok()) {
    co_await exchange.send(portal_failure(name.error()));
    co_return;
  }
  auto renamed = co_await face.parts.accounts.rename(call->session->person.id, std::move(*name));
  if (!renamed.ok()) {
    co_await exchange.send(portal_failure(renamed.error()));
    co_return;
  }
  auto person = co_await face.parts.accounts.find(call->session->person.id);
  if (!person.ok()) {
    co_await exchange.send(portal_failure(person.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("person");
  write_person(json, *person);
  json.end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> change_email(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::fresh_person);
  if (!call) co_return;
  auto email = text_member(*call, "email", kMaxTextMember);
  if (!email.ok()) {
    co_await exchange.send(portal_failure(email.error()));
    co_return;
  }
  auto done = co_await face.parts.accounts.change_email(call->session->person.id, std::move(*email));
  co_await exchange.send(plain_answer(done, 202));
}

Task<void> change_password(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  auto current = text_member(*call, "current", kMaxTextMember);
  auto password = text_member(*call, "password", kMaxPasswordMember);
  if (!current.ok() || !password.ok()) {
    co_await exchange.send(portal_failure(current.ok() ? password.error() : current.error()));
    co_return;
  }
  accounts::BrowserSession& session = *call->session;
  auto done = co_await face.parts.accounts.change_password(session.person.id, Secret(std::move(*current)),
                                                           Secret(std::move(*password)), session.vault_key,
                                                           exchange.client_address(), session.id);
  co_await exchange.send(plain_answer(done, 200));
}

Task<void> delete_account(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::fresh_person);
  if (!call) co_return;
  const std::string person_id = call->session->person.id;
  std::function<Result<void>(sql::Transaction&)> also;
  if (face.parts.forget_person) {
    also = [forget = face.parts.forget_person, person_id](sql::Transaction& transaction) {
      return forget(transaction, person_id);
    };
  }
  auto done = co_await face.parts.accounts.delete_account(person_id, std::move(also));
  http::Response response = plain_answer(done);
  if (done.ok()) response.headers.add("set-cookie", no_session_cookie());
  co_await exchange.send(std::move(response));
}

Task<void> export_account(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  auto body = co_await export_json(face, *call->session);
  if (!body.ok()) {
    co_await exchange.send(portal_failure(body.error()));
    co_return;
  }
  http::Response response = portal_json(200, std::move(*body));
  response.headers.add("content-disposition", "attachment; filename=\"account.json\"");
  co_await exchange.send(std::move(response));
}

Task<void> list_sessions(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  auto rows = co_await face.parts.sessions.list(call->session->person.id);
  if (!rows.ok()) {
    co_await exchange.send(portal_failure(rows.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  write_sessions(json, *rows, call->session->id);
  json.end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> end_session(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  const std::string id(exchange.parameter("id"));
  auto ended = co_await face.parts.sessions.end_by_id(call->session->person.id, id);
  if (!ended.ok() || !*ended) {
    co_await exchange.send(portal_failure(ended.ok() ? Error{Code::not_found, "", "portal"} : ended.error()));
    co_return;
  }
  http::Response response = portal_json(200, "{}");
  if (id == call->session->id) response.headers.add("set-cookie", no_session_cookie());
  co_await exchange.send(std::move(response));
}

Task<void> end_other_sessions(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  auto ended = co_await face.parts.sessions.end_all_but(call->session->person.id, call->session->id);
  co_await exchange.send(ended.ok() ? portal_json(200, "{}") : portal_failure(ended.error()));
}

}  // namespace valetkey::faces
