#include "tests/support/sql/postgres_server.h"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>

namespace valetkey::sql {
namespace {

namespace fs = std::filesystem;

// $1 the programs' folder, $2 ours. Its standard input ends when the test process does, however that happens.
constexpr const char* kSupervisor = R"(
cd "$2" || exit 1
"$1/initdb" -D "$2/data" -U valetkey -A trust --no-sync --locale=C --encoding=UTF8 >"$2/log" 2>&1 || exit 1
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off -c autovacuum=off \
  -c max_connections=200 -c shared_buffers=16MB -c wal_level=minimal -c max_wal_senders=0 >>"$2/log" 2>&1 </dev/null &
server=$!
read -r line
# More than once: a server that is just starting still ignores it.
while kill -INT $server 2>/dev/null; do sleep 0.1; done
cd / && rm -rf "$2"
)";

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "PostgreSQL for the tests: %s\n", why.c_str());
  std::_Exit(1);
}

fs::path find_programs() {
  if (const char* chosen = std::getenv("VALETKEY_POSTGRES_BIN")) return chosen;
  fs::path newest;
  std::error_code ignored;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const fs::path programs = version.path() / "bin";
    if (fs::exists(programs / "initdb") && programs > newest) newest = programs;
  }
  if (newest.empty()) give_up("not installed (Debian: postgresql)");
  return newest;
}

// PostgreSQL refuses to run as root.
const passwd* unprivileged_user() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("postgres");
  if (user == nullptr) user = getpwnam("nobody");
  if (user == nullptr) give_up("no user to run it as");
  return user;
}

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
std::unique_ptr<PGconn, Finish> connect(const std::string& url) {
  return std::unique_ptr<PGconn, Finish>(PQconnectdb(url.c_str()));
}

}  // namespace

PostgresServer& PostgresServer::instance() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() {
  std::string pattern = (fs::temp_directory_path() / "valetkey-postgres-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) give_up("no temporary directory");
  directory_ = pattern;
  spawn_supervisor();
  wait_until_ready();
}

PostgresServer::~PostgresServer() {
  ::close(lifeline_);
  ::waitpid(supervisor_, nullptr, 0);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void PostgresServer::spawn_supervisor() {
  const std::string programs = find_programs().string();
  const passwd* user = unprivileged_user();
  if (user != nullptr && ::chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) give_up("chown");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) give_up("pipe");
  supervisor_ = ::fork();
  if (supervisor_ == 0) {
    ::dup2(ends[0], STDIN_FILENO);
    if (user != nullptr &&
        (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) {
      ::_exit(1);
    }
    // Out of the terminal's reach: the lifeline alone ends it.
    ::setsid();
    ::execl("/bin/sh", "sh", "-c", kSupervisor, "supervisor", programs.c_str(), directory_.c_str(), nullptr);
    ::_exit(1);
  }
  ::close(ends[0]);
  lifeline_ = ends[1];
}

void PostgresServer::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (PQstatus(connect(url("postgres")).get()) != CONNECTION_OK) {
    const bool ended = ::waitpid(supervisor_, nullptr, WNOHANG) == supervisor_;
    if (ended || std::chrono::steady_clock::now() > deadline) {
      std::ifstream log(directory_ + "/log");
      give_up("does not start:\n" + std::string(std::istreambuf_iterator<char>(log), {}));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

std::string PostgresServer::url(const std::string& database) const {
  return "postgresql:///" + database + "?host=" + directory_ + "&user=valetkey";
}

void PostgresServer::administer(const std::string& statement) {
  const auto connection = connect(url("postgres"));
  PGresult* result = PQexec(connection.get(), statement.c_str());
  const auto status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) give_up(PQerrorMessage(connection.get()));
  PQclear(result);
}

}  // namespace valetkey::sql
