// Any bytes as client metadata: registered, of a builder, or a document. What is taken keeps the rules and
// survives being stored.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "domain/apps/client_metadata.h"
#include "domain/apps/metadata_documents.h"

namespace {

using namespace valetkey;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string text_of(const apps::Client& client) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  apps::write_client_metadata(json, client);
  json.end_object();
  return text;
}

void check(const apps::Client& client) {
  require(!client.auth_methods.empty() && !client.grant_types.empty());
  require(client.redirect_uris.size() <= apps::kMaxRedirectUris &&
          client.name.size() <= apps::kMaxClientName);
  for (const std::string& uri : client.redirect_uris) {
    require(apps::check_redirect_uri(uri, client.application_type).ok());
  }
  if (client.kind == apps::ClientKind::document) {
    require(!apps::needs_secret(client) && !client.redirect_uris.empty());
  }
  if (client.is_public()) require(!client.has_grant_type(apps::kGrantClientCredentials));
  require(client.jwks_uri.empty() || client.jwks_uri.starts_with("https://"));
  std::string text = text_of(client);
  auto again = apps::read_stored_metadata(text, client.kind);
  require(again.ok());
  again->created_at = client.created_at;
  require(text_of(*again) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto document = JsonDocument::parse(text);
  if (!document.ok()) return 0;
  for (auto kind : {apps::ClientKind::dynamic, apps::ClientKind::builder, apps::ClientKind::document}) {
    for (bool open : {false, true}) {
      auto read = apps::read_client_metadata(document->root(), {kind, open});
      if (auto* client = std::get_if<apps::Client>(&read)) {
        check(*client);
      } else {
        require(!std::get<apps::RegistrationProblem>(read).error.empty());
      }
    }
  }
  std::string url((*document)["client_id"].string_or(""));
  auto described = apps::read_document(url, text);
  if (described.ok()) require(described->id == url && described->kind == apps::ClientKind::document);
  return 0;
}
