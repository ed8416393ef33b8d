#include "domain/apps/metadata_documents.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "domain/apps/client_metadata.h"
#include "domain/apps/uri_rules.h"
#include "foundation/http/url.h"
#include "foundation/net/single_flight.h"

namespace valetkey::apps {
namespace {

constexpr Millis kPatience = 15 * kSecond;  // the fetcher gives up earlier

Error wrong(std::string sentence) {
  return Error{Code::invalid_argument, std::move(sentence), "metadata_document"};
}

}  // namespace

Result<void> check_document_url(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (url.size() > kMaxDocumentUrl) return wrong("A client_id URL must have at most 2048 characters.");
  if (!url.starts_with(kScheme)) return wrong("A client_id URL must be https.");
  if (!has_uri_characters(url) || !has_honest_percent_codes(url)) {
    return wrong("A client_id URL must consist of the characters of RFC 3986.");
  }
  if (!http::parse_url(url).ok()) return wrong("A client_id URL must have no user info and no fragment.");
  size_t path = url.find_first_of("/?", kScheme.size());
  if (path == std::string_view::npos || url[path] != '/' || url.substr(0, url.find('?')).size() == path + 1) {
    return wrong("A client_id URL must have a path.");
  }
  if (has_dot_segment(url)) return wrong("A client_id URL must have no dot segments.");
  return {};
}

Result<Client> read_document(std::string_view url, std::string_view body, bool dynamic_client_credentials) {
  if (body.size() > kMaxDocumentSize) return wrong("The client metadata document is larger than 10 KiB.");
  auto document = JsonDocument::parse(body);
  if (!document.ok() || !document->root().is_object()) {
    return wrong("The client metadata document is no JSON object.");
  }
  if ((*document)["client_id"].string_or("") != url) {
    return wrong("The client_id inside the client metadata document is not its URL.");
  }
  MetadataResult read =
      read_client_metadata(document->root(), {ClientKind::document, dynamic_client_credentials});
  if (auto* problem = std::get_if<RegistrationProblem>(&read)) {
    return wrong("Client metadata document: " + problem->description);
  }
  Client client = std::get<Client>(std::move(read));
  client.id = url;
  return client;
}

struct MetadataDocuments::State {
  State(const Clock& c, FetchDocument f, bool open)
      : clock(c), fetch(std::move(f)), dynamic_client_credentials(open), flights(kPatience) {}

  struct Kept {
    Client client;
    Millis until = 0;
  };

  std::optional<Client> find_kept(const std::string& url) {
    std::lock_guard lock(mutex);
    auto found = kept.find(url);
    if (found == kept.end()) return std::nullopt;
    if (found->second.until > clock.now()) return found->second.client;
    kept.erase(found);
    return std::nullopt;
  }

  void keep(const Client& client, Millis fresh_for) {
    std::lock_guard lock(mutex);
    Millis now = clock.now();
    if (kept.size() >= kMaxKeptDocuments)
      std::erase_if(kept, [now](const auto& e) { return e.second.until <= now; });
    if (kept.size() >= kMaxKeptDocuments) kept.erase(kept.begin());
    kept[client.id] = {client, now + std::clamp(fresh_for, kMinDocumentLife, kMaxDocumentLife)};
  }

  const Clock& clock;
  FetchDocument fetch;
  const bool dynamic_client_credentials;
  net::SingleFlight<Result<Client>> flights;
  std::mutex mutex;
  std::map<std::string, Kept> kept;

  static Task<Result<Client>> load(std::shared_ptr<State> state, std::string url) {
    CO_TRY(FetchedDocument fetched, co_await state->fetch(url, kMaxDocumentSize));
    CO_TRY(Client client, read_document(url, fetched.body, state->dynamic_client_credentials));
    client.created_at = state->clock.now();
    state->keep(client, fetched.fresh_for);
    co_return client;
  }
};

MetadataDocuments::MetadataDocuments(const Clock& clock, FetchDocument fetch, bool dynamic_client_credentials)
    : state_(std::make_shared<State>(clock, std::move(fetch), dynamic_client_credentials)) {}

Task<Result<Client>> MetadataDocuments::find(std::string url) {
  std::shared_ptr<State> state = state_;
  CO_CHECK(check_document_url(url));
  if (auto kept = state->find_kept(url)) co_return std::move(*kept);
  net::SingleFlight<Result<Client>>::Work work = [state, url] { return State::load(state, url); };
  auto landed = co_await state->flights.join(url, std::move(work), kPatience);
  if (!landed)
    co_return Error{Code::upstream, "The client metadata document took too long.", "metadata_document"};
  co_return std::move(*landed);
}

}  // namespace valetkey::apps
