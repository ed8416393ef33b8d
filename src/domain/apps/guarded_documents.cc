#include "domain/apps/guarded_documents.h"

#include <utility>

#include "foundation/base/log.h"
#include "foundation/http/url.h"

namespace valetkey::apps {
namespace {

bool is_json(std::string_view content_type) {
  return content_type == "application/json" ||
         (content_type.starts_with("application/") && content_type.ends_with("+json"));
}

// Nothing of this tells a stranger what is behind our resolver: which of the rules was broken, not what was
// found.
const char* sentence_of(Code code) {
  switch (code) {
    case Code::invalid_argument:
    case Code::forbidden:
      return "The document's URL is not one of a public https host.";
    case Code::rate_limited:
      return "Too many documents are being fetched. Try again later.";
    case Code::too_large:
      return "The document is too large.";
    case Code::timeout:
      return "The document's host took too long.";
    case Code::upstream:
      return "The document's host did not answer 200.";
    case Code::unauthorized:
    case Code::not_found:
    case Code::conflict:
    case Code::cancelled:
    case Code::disconnected:
    case Code::protocol:
    case Code::unavailable:
    case Code::store:
    case Code::internal:
      return "The document could not be fetched.";
  }
  return "The document could not be fetched.";
}

std::string host_of(const std::string& url) {
  auto parsed = http::parse_url(url);
  return parsed.ok() ? parsed->host : std::string();
}

Error told(const char* sentence, const std::string& url, std::string_view reason) {
  log::info("document_not_fetched", {{"host", host_of(url)}, {"reason", reason}});
  return Error{Code::upstream, sentence, "guarded_documents"};
}

Task<Result<FetchedDocument>> fetch(http::GuardedFetcher* fetcher, std::string url, size_t max_bytes) {
  auto fetched = co_await fetcher->fetch(url, max_bytes);
  if (!fetched.ok()) {
    const Error& error = fetched.error();
    co_return told(sentence_of(error.code), url, error.detail);
  }
  if (!is_json(fetched->content_type)) {
    co_return told("The document is not served as JSON.", url, fetched->content_type);
  }
  co_return FetchedDocument{std::move(fetched->body), fetched->fresh_for};
}

}  // namespace

FetchDocument fetch_documents_with(http::GuardedFetcher& fetcher) {
  return [at = &fetcher](std::string url, size_t max_bytes) { return fetch(at, std::move(url), max_bytes); };
}

}  // namespace valetkey::apps
