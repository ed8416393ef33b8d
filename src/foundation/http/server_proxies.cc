#include "foundation/http/server_proxies.h"

#include <array>
#include <boost/asio/ip/address.hpp>
#include <optional>

#include "foundation/base/strings.h"
#include "foundation/http/h1_chars.h"

namespace valetkey::http {
namespace {

namespace ip = boost::asio::ip;
using Bits = std::array<unsigned char, 16>;

// Every address as IPv6, IPv4 mapped, so that one comparison serves both.
std::optional<Bits> to_bits(std::string_view text) {
  boost::system::error_code failure;
  ip::address address = ip::make_address(std::string(text), failure);
  if (failure) return std::nullopt;
  if (address.is_v4()) return ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
  return address.to_v6().to_bytes();
}

std::string to_text(const Bits& bits) {
  ip::address_v6 address(bits);
  if (address.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address).to_string();
  return address.to_string();
}

// "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80", "2001:db8::1", each perhaps quoted.
std::optional<Bits> parse_node(std::string_view node) {
  if (node.size() >= 2 && node.front() == '"' && node.back() == '"') node = node.substr(1, node.size() - 2);
  if (node.starts_with('[')) return to_bits(node.substr(1, node.find(']') - 1));
  if (node.find(':') != std::string_view::npos && node.find(':') == node.rfind(':')) {
    node = node.substr(0, node.find(':'));
  }
  return to_bits(node);
}

// Splits at `separator` outside quotes, calls for each part with space trimmed.
template <class F>
void each_part(std::string_view text, char separator, F&& visit) {
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (quoted || text[i] != separator)) continue;
    visit(h1::trim_ows(text.substr(start, i - start)));
    start = i + 1;
  }
}

// The chain, nearest to the first client first.
std::vector<std::string_view> read_chain(const Headers& headers) {
  std::vector<std::string_view> chain;
  bool legacy = headers.has("x-forwarded-for");
  std::string_view wanted = legacy ? "x-forwarded-for" : "forwarded";
  for (const HeaderView& field : headers.fields()) {
    if (!iequals(field.name, wanted)) continue;
    each_part(field.value, ',', [&](std::string_view hop) {
      if (legacy) return chain.push_back(hop);
      std::string_view node;
      each_part(hop, ';', [&](std::string_view pair) {
        if (iequals(pair.substr(0, 4), "for=")) node = pair.substr(4);
      });
      chain.push_back(node);
    });
  }
  return chain;
}

}  // namespace

struct TrustedProxies::Block {
  Bits network;
  unsigned prefix;

  bool contains(const Bits& bits) const {
    for (unsigned i = 0; i < prefix; ++i) {
      unsigned mask = 0x80u >> (i % 8);
      if (((bits[i / 8] ^ network[i / 8]) & mask) != 0) return false;
    }
    return true;
  }
};

TrustedProxies::TrustedProxies() = default;
TrustedProxies::~TrustedProxies() = default;

Result<std::unique_ptr<TrustedProxies>> TrustedProxies::parse(const std::vector<std::string>& entries) {
  auto proxies = std::make_unique<TrustedProxies>();
  for (const std::string& entry : entries) {
    Error bad{Code::invalid_argument, "not an address or CIDR block: " + entry, "trusted_proxies"};
    size_t slash = entry.find('/');
    std::string_view address = std::string_view(entry).substr(0, slash);
    std::optional<Bits> network = to_bits(address);
    if (!network) return bad;
    bool is_v6 = address.find(':') != std::string_view::npos;
    unsigned longest = is_v6 ? 128 : 32;
    unsigned prefix = longest;
    if (slash != std::string::npos) {
      std::optional<int64_t> given = parse_decimal(std::string_view(entry).substr(slash + 1));
      if (!given || *given > longest) return bad;
      prefix = static_cast<unsigned>(*given);
    }
    proxies->blocks_.push_back({*network, is_v6 ? prefix : prefix + 96});
  }
  return proxies;
}

bool TrustedProxies::trusts(std::string_view address) const {
  if (blocks_.empty()) return false;
  std::optional<Bits> bits = to_bits(address);
  if (!bits) return false;
  for (const Block& block : blocks_) {
    if (block.contains(*bits)) return true;
  }
  return false;
}

std::string TrustedProxies::client_address(const std::string& peer, const Headers& headers) const {
  if (!trusts(peer)) return peer;
  std::string client = peer;
  std::vector<std::string_view> chain = read_chain(headers);
  for (auto hop = chain.rbegin(); hop != chain.rend(); ++hop) {
    std::optional<Bits> bits = parse_node(*hop);
    if (!bits) break;  // "unknown" or a name: the nearest proxy is all that is known
    client = to_text(*bits);
    if (!trusts(client)) break;
  }
  return client;
}

}  // namespace valetkey::http
