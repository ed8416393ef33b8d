#include "foundation/sql/postgres/connection.h"

#include <libpq-fe.h>

#include <unordered_map>

#include "foundation/base/strings.h"
#include "foundation/sql/postgres/values.h"

namespace valetkey::sql::postgres {
namespace {

constexpr const char* kWhere = "postgres";

// Every wait at the server has an end. A server set to answer before its log is on disk is overruled: a write
// that returns must be durable.
constexpr const char* kSessionSettings =
    "SET statement_timeout = 30000;"
    "SET lock_timeout = 10000;"
    "SET idle_in_transaction_session_timeout = 60000;"
    "SET default_transaction_isolation = 'read committed';"
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = "
    "'off';";

struct Close {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};

void ignore_notice(void*, const char*) {}

// The primary message of these classes may quote values of a row or a parameter; the log must not.
bool message_may_hold_values(std::string_view sqlstate) {
  return sqlstate.starts_with("22");
}

}  // namespace

struct Connection::Prepared {
  std::string text;
  std::string name;
  std::vector<Oid> parameter_types;
};

struct Connection::Answer {
  std::unique_ptr<PGresult, Close> result;
  explicit Answer(PGresult* raw) : result(raw) {}
  PGresult* get() const { return result.get(); }
  bool ok() const {
    const auto status = PQresultStatus(get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
  }
  std::string_view field(int code) const {
    const char* text = PQresultErrorField(get(), code);
    return text == nullptr ? std::string_view() : std::string_view(text);
  }
};

struct Connection::Native {
  std::unique_ptr<PGconn, Close> handle;
  std::unordered_map<const char*, Prepared> prepared;
  uint64_t names = 0;
};

Connection::Connection(std::string url) : url_(std::move(url)), native_(std::make_unique<Native>()) {}
Connection::~Connection() = default;

bool Connection::connected() const {
  return native_->handle != nullptr;
}

void Connection::drop() {
  native_->handle.reset();
  native_->prepared.clear();
}

Result<void> Connection::ensure() {
  if (native_->handle && PQstatus(native_->handle.get()) == CONNECTION_OK) return {};
  drop();
  // What the URL says comes later and wins, but for the encoding.
  const char* const names[] = {"connect_timeout",           "keepalives_idle",
                               "keepalives_interval",       "keepalives_count",
                               "tcp_user_timeout",          "gssencmode",
                               "fallback_application_name", "dbname",
                               "client_encoding",           nullptr};
  const char* const values[] = {"5",       "10",       "5",          "3",    "15000",
                                "disable", "valetkey", url_.c_str(), "UTF8", nullptr};
  native_->handle.reset(PQconnectdbParams(names, values, 1));
  if (PQstatus(native_->handle.get()) != CONNECTION_OK) {
    Error error{Code::store, std::string(trim(PQerrorMessage(native_->handle.get()))), kWhere};
    drop();
    return error;
  }
  PQsetNoticeProcessor(native_->handle.get(), ignore_notice, nullptr);
  return configure_session();
}

Result<void> Connection::configure_session() {
  const Answer answer(PQexec(native_->handle.get(), kSessionSettings));
  if (answer.ok()) return {};
  Error error = failure(answer);
  drop();
  return error;
}

Error Connection::failure(const Answer& answer) {
  const std::string_view state = answer.field(PG_DIAG_SQLSTATE);
  const std::string_view message = answer.field(PG_DIAG_MESSAGE_PRIMARY);
  // 57P: the server shuts down or was told to end this session.
  const bool lost = PQstatus(native_->handle.get()) != CONNECTION_OK || state.starts_with("57P");
  // A migration elsewhere changed what a prepared statement returns, or a pooler in between forgot it.
  const bool stale =
      state == "26000" || (state == "0A000" && message.find("cached plan") != std::string_view::npos);
  const bool demoted = state == "25006";  // the server has become a standby
  if (lost || stale || demoted) drop();
  worth_retrying_ = lost || stale || demoted || state == "40001" || state == "40P01";
  std::string detail(state.empty() ? "connection lost" : state);
  if (!message.empty() && !message_may_hold_values(state)) detail.append(" ").append(message);
  return Error{state == "23505" ? Code::conflict : Code::store, std::move(detail), kWhere};
}

Result<void> Connection::command(const char* text, std::string_view tag) {
  if (!native_->handle) return Error{Code::store, "not connected", kWhere};
  const Answer answer(PQexec(native_->handle.get(), text));
  if (!answer.ok()) return failure(answer);
  if (PQcmdStatus(answer.get()) != tag) return Error{Code::store, "the server rolled back", kWhere};
  return {};
}

Result<Connection::Prepared*> Connection::prepare(const Statement& statement) {
  const auto found = native_->prepared.find(statement.text);
  // The text is compared too: an address may have been used again.
  if (found != native_->prepared.end() && found->second.text == statement.text) return &found->second;
  if (native_->prepared.size() >= kMaxPrepared) {
    VK_CHECK(command("DEALLOCATE ALL", "DEALLOCATE ALL"));
    native_->prepared.clear();
  }
  Prepared fresh{statement.text, "s" + std::to_string(++native_->names), {}};
  PGconn* handle = native_->handle.get();
  const Answer prepared(PQprepare(handle, fresh.name.c_str(), statement.text, 0, nullptr));
  if (!prepared.ok()) return failure(prepared);
  const Answer described(PQdescribePrepared(handle, fresh.name.c_str()));
  if (!described.ok()) return failure(described);
  for (int i = 0, count = PQnparams(described.get()); i < count; ++i) {
    fresh.parameter_types.push_back(PQparamtype(described.get(), i));
  }
  return &native_->prepared.insert_or_assign(statement.text, std::move(fresh)).first->second;
}

Result<Rows> Connection::run(const Statement& statement, const std::vector<Value>& parameters) {
  if (!native_->handle) return Error{Code::store, "not connected", kWhere};
  VK_TRY(Prepared* const prepared, prepare(statement));
  const size_t count = prepared->parameter_types.size();
  if (parameters.size() != count) return Error{Code::internal, "wrong number of parameters", kWhere};
  std::vector<Encoded> encoded(count);
  std::vector<const char*> data(count);
  std::vector<int> sizes(count);
  const std::vector<int> formats(count, 1);
  for (size_t i = 0; i < count; ++i) {
    if (!encode(parameters[i], prepared->parameter_types[i], encoded[i])) {
      return Error{Code::store, "parameter $" + std::to_string(i + 1) + " does not fit its column", kWhere};
    }
    data[i] = encoded[i].data;
    sizes[i] = encoded[i].size;
  }
  const Answer answer(PQexecPrepared(native_->handle.get(), prepared->name.c_str(), static_cast<int>(count),
                                     data.data(), sizes.data(), formats.data(), 1));
  if (!answer.ok()) return failure(answer);
  return read_rows(answer);
}

Result<Rows> Connection::read_rows(const Answer& answer) {
  PGresult* result = answer.get();
  const std::string_view command = PQcmdStatus(result);
  if (command.starts_with("INSERT") || command.starts_with("UPDATE") || command.starts_with("DELETE")) {
    changed_ = parse_decimal(PQcmdTuples(result)).value_or(0);
  }
  const int rows = PQntuples(result), columns = PQnfields(result);
  Rows out;
  out.reserve(static_cast<size_t>(rows));
  for (int row = 0; row < rows; ++row) {
    std::vector<Value> values;
    values.reserve(static_cast<size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        values.emplace_back();
        continue;
      }
      const std::string_view bytes(PQgetvalue(result, row, column),
                                   static_cast<size_t>(PQgetlength(result, row, column)));
      auto value = decode(PQftype(result, column), bytes);
      if (!value) return Error{Code::store, std::string("type of column ") + PQfname(result, column), kWhere};
      values.push_back(*std::move(value));
    }
    out.emplace_back(std::move(values));
  }
  return out;
}

Result<Rows> PostgresTransaction::execute(const Statement& statement, const std::vector<Value>& parameters) {
  // Reads run without a BEGIN, so the server cannot refuse this; SQLite does.
  const std::string_view text = trim(statement.text);
  if (read_only_ && !iequals(text.substr(0, 6), "SELECT") && !iequals(text.substr(0, 4), "WITH")) {
    return Error{Code::store, "a write inside a read", kWhere};
  }
  return connection_.run(statement, parameters);
}

}  // namespace valetkey::sql::postgres
