// What redirect URIs, document URLs and the other URIs of a client's metadata have in common. Pure; private
// to the module.
#pragma once

#include <string_view>

namespace valetkey::apps {

// Every character is one that RFC 3986 allows in a URI.
bool has_uri_characters(std::string_view uri);
// Percent codes are whole and hide neither a separator nor a control character.
bool has_honest_percent_codes(std::string_view uri);
// "." or ".." as a whole segment of the path, spelt with %2e too.
bool has_dot_segment(std::string_view uri);
// https, or http to a loopback host: what may stand behind a link, or be fetched by the guarded fetcher.
bool is_web_uri(std::string_view uri);

}  // namespace valetkey::apps
