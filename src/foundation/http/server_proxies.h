// Who a request comes from when it came through a proxy: `Forwarded` (RFC 7239) and X-Forwarded-For, believed
// only from configured addresses.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.h"
#include "foundation/http/message.h"

namespace valetkey::http {

class TrustedProxies {
 public:
  TrustedProxies();
  ~TrustedProxies();
  // Addresses or CIDR blocks, IPv4 and IPv6. Code::invalid_argument names the entry that is neither.
  static Result<std::unique_ptr<TrustedProxies>> parse(const std::vector<std::string>& entries);

  bool trusts(std::string_view address) const;
  // The right-most address of the chain that is not a trusted proxy; `peer` when the peer is not one itself.
  // With both headers present X-Forwarded-For counts: it is the one that proxies in use write, so the other
  // may be forged.
  std::string client_address(const std::string& peer, const Headers& headers) const;

 private:
  struct Block;
  std::vector<Block> blocks_;
};

}  // namespace valetkey::http
