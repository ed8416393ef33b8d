// Clients that are described by a document at their own URL: the client id metadata document draft, as the
// MCP authorization specification wants it. Private to the module.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "domain/apps/clients.h"

namespace valetkey::apps {

constexpr size_t kMaxDocumentSize = 10 * 1024;
constexpr size_t kMaxDocumentUrl = 2048;
constexpr Millis kMinDocumentLife = 30 * kSecond;
constexpr Millis kMaxDocumentLife = 24 * kHour;
constexpr size_t kMaxKeptDocuments = 1000;

// May this be the URL of a document at all: https, a path, no user info, fragment, dot segment. The sentence
// says what is wrong.
Result<void> check_document_url(std::string_view url);
// The client that `body` describes, when it was fetched from `url`. Code::invalid_argument with a sentence.
Result<Client> read_document(std::string_view url, std::string_view body,
                             bool dynamic_client_credentials = false);

// Thread-safe. One fetch per URL at a time; what was good is kept as long as its headers say, within the
// limits above; a failure is never kept and a stale document never served.
class MetadataDocuments {
 public:
  MetadataDocuments(const Clock& clock, FetchDocument fetch, bool dynamic_client_credentials = false);
  // Code::invalid_argument or Code::upstream; the detail may be shown.
  Task<Result<Client>> find(std::string url);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace valetkey::apps
