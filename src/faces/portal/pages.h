// The pages of web/, compiled in: HTML for the addresses a person visits, and its assets. Everything is fixed
// bytes; what a page knows it asks from /portal/api.
#pragma once

#include <span>
#include <string_view>

#include "foundation/http/router.h"

namespace valetkey::faces {

// One built file. All views live as long as the program.
struct PageFile {
  std::string_view path;  // "/index.html", or below "/assets/" with a hash of the content in its name
  std::string_view content_type;
  std::string_view etag;  // quoted, of the plain bytes
  std::string_view plain;
  std::string_view brotli;  // empty: would not be smaller
  std::string_view gzip;    // the same
};

std::span<const PageFile> page_files();  // made by tools/embed_web.ts

// Every page but "/", which it shares with AuthAI's JSON answer (faces/admin), and the assets.
void add_page_routes(http::Router& router);

// `GET /` for a browser, that is when wants_html() says so.
http::Response home_page(const http::Request& request);
// Accept names text/html, with a quality that is not 0.
bool wants_html(const http::Request& request);

enum class Coding { identity, gzip, br };
// The best coding that Accept-Encoding (RFC 9110 section 12.5.3) takes and the file has; identity when the
// field is absent, malformed or takes nothing we have.
Coding choose_coding(std::string_view accept_encoding, bool has_brotli, bool has_gzip);
// If-None-Match (RFC 9110 section 13.1.2): "*" or a list with this tag in it, weak or strong.
bool etag_matches(std::string_view if_none_match, std::string_view etag);

}  // namespace valetkey::faces
