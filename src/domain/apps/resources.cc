#include "domain/apps/resources.h"

#include <optional>
#include <utility>

#include "domain/apps/resource_text.h"
#include "foundation/http/url.h"

namespace valetkey::apps {
namespace {

constexpr int64_t kMaxResourcesOfBuilder = 100;

constexpr sql::Statement kFind{"SELECT body, owner FROM oauth_resources WHERE uri_key = $1"};
constexpr sql::Statement kOfOwner{
    "SELECT body, owner FROM oauth_resources WHERE owner = $1 ORDER BY created_at, uri_key"};
constexpr sql::Statement kCount{"SELECT COUNT(*) FROM oauth_resources WHERE owner = $1"};
constexpr sql::Statement kInsert{
    "INSERT INTO oauth_resources (uri_key, uri, owner, body, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (uri_key) DO NOTHING"};
constexpr sql::Statement kReplace{
    "UPDATE oauth_resources SET body = $3, updated_at = $4 WHERE uri_key = $1 AND owner = $2"};
constexpr sql::Statement kDelete{"DELETE FROM oauth_resources WHERE uri_key = $1 AND owner = $2"};

Error unknown() {
  return Error{Code::not_found, "There is no such resource.", "resources"};
}

Result<Resource> read_row(const sql::Row& row) {
  VK_TRY(Resource resource, read_stored_resource(row.text(0)));
  resource.owner = row.text(1);
  return resource;
}

std::string text_of(const Resource& resource) {
  std::string text;
  JsonWriter json(text);
  write_resource(json, resource);
  return text;
}

}  // namespace

struct Resources::State {
  sql::Database& database;
  const Clock& clock;
  const std::vector<Resource> configured;

  const Resource* find_configured(const std::string& key) const {
    for (const Resource& resource : configured) {
      if (resource_key(resource.uri) == key) return &resource;
    }
    return nullptr;
  }

  // The operator's hosts are the operator's: nobody else registers resources beside theirs.
  bool is_on_configured_host(const std::string& uri) const {
    auto url = http::parse_url(uri);
    for (const Resource& resource : configured) {
      auto known = http::parse_url(resource.uri);
      if (url.ok() && known.ok() && url->origin() == known->origin()) return true;
    }
    return false;
  }
};

Resources::Resources(sql::Database& database, const Clock& clock, std::vector<Resource> configured)
    : state_(std::make_shared<State>(State{database, clock, std::move(configured)})) {}

Resources::~Resources() = default;

const Resource& Resources::default_resource() const {
  return state_->configured.front();
}

const std::vector<Resource>& Resources::configured() const {
  return state_->configured;
}

Task<Result<Resource>> Resources::find(std::string uri) {
  std::shared_ptr<State> state = state_;
  const std::string key = resource_key(uri);
  if (key.empty()) co_return unknown();
  if (const Resource* configured = state->find_configured(key)) co_return *configured;
  std::function<Result<Resource>(sql::Transaction&)> look_up =
      [&key](sql::Transaction& transaction) -> Result<Resource> {
    VK_TRY(sql::Rows rows, transaction.run(kFind, {key}));
    if (rows.empty()) return unknown();
    return read_row(rows.front());
  };
  co_return co_await state->database.read_value<Resource>(std::move(look_up));
}

Task<Result<std::vector<Resource>>> Resources::list_of(std::string owner) {
  std::shared_ptr<State> state = state_;
  std::function<Result<std::vector<Resource>>(sql::Transaction&)> list =
      [&owner](sql::Transaction& transaction) -> Result<std::vector<Resource>> {
    VK_TRY(sql::Rows rows, transaction.run(kOfOwner, {owner}));
    std::vector<Resource> resources;
    for (const sql::Row& row : rows) {
      VK_TRY(Resource resource, read_row(row));
      resources.push_back(std::move(resource));
    }
    return resources;
  };
  co_return co_await state->database.read_value<std::vector<Resource>>(std::move(list));
}

Task<Result<Resource>> Resources::create_for(std::string owner, Json body) {
  std::shared_ptr<State> state = state_;
  CO_TRY(Resource resource, read_resource(body));
  resource.owner = owner;
  const std::string key = resource_key(resource.uri);
  if (state->is_on_configured_host(resource.uri)) {
    co_return Error{Code::conflict, "This host belongs to the server's operator.", "resources"};
  }
  sql::Database::Work store = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(sql::Rows rows, transaction.run(kCount, {owner}));
    if (rows.front().integer(0) >= kMaxResourcesOfBuilder) {
      return Error{Code::invalid_argument, "There are 100 resources already.", "resources"};
    }
    VK_CHECK(transaction.run(kInsert, {key, resource.uri, owner, text_of(resource), state->clock.now()}));
    if (transaction.changed() == 0) return Error{Code::conflict, "Somebody has this resource.", "resources"};
    return {};
  };
  CO_CHECK(co_await state->database.write(std::move(store)));
  co_return resource;
}

Task<Result<Resource>> Resources::update_for(std::string owner, std::string uri, Json body) {
  std::shared_ptr<State> state = state_;
  CO_TRY(Resource resource, read_resource(body));
  const std::string key = resource_key(uri);
  if (key.empty() || resource_key(resource.uri) != key) {
    co_return Error{Code::invalid_argument, "The URI of a resource cannot change.", "resources"};
  }
  resource.owner = owner;
  std::function<Result<Resource>(sql::Transaction&)> replace =
      [&](sql::Transaction& transaction) -> Result<Resource> {
    VK_TRY(sql::Rows rows, transaction.run(kFind, {key}));
    if (rows.empty() || rows.front().text(1) != owner) return unknown();
    VK_TRY(Resource old, read_row(rows.front()));
    Resource changed = resource;
    changed.uri = old.uri;  // what tokens carry as `aud` keeps its spelling
    VK_CHECK(transaction.run(kReplace, {key, owner, text_of(changed), state->clock.now()}));
    return changed;
  };
  co_return co_await state->database.write_value<Resource>(std::move(replace));
}

Task<Result<void>> Resources::delete_for(std::string owner, std::string uri) {
  std::shared_ptr<State> state = state_;
  const std::string key = resource_key(uri);
  if (key.empty()) co_return unknown();
  sql::Database::Work remove = [&](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run(kDelete, {key, owner}));
    if (transaction.changed() == 0) return unknown();
    return {};
  };
  co_return co_await state->database.write(std::move(remove));
}

}  // namespace valetkey::apps
