// What the server and its keeper say to each other: one JSON text per packet of a SOCK_SEQPACKET pair.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/vault/credential.h"
#include "foundation/base/result.h"

namespace valetkey {

constexpr size_t kMaxKeeperPacket = 16 * 1024;

struct KeeperRequest {
  int64_t number = 0;
  CredentialKey key;
  int64_t spent_version = 0;
};
struct KeeperReply {
  int64_t number = 0;
  std::optional<Code> failure;  // unauthorized, unavailable or store
};

std::string encode(const KeeperRequest& request);
std::string encode(const KeeperReply& reply);
std::optional<KeeperRequest> decode_keeper_request(std::string_view packet);
std::optional<KeeperReply> decode_keeper_reply(std::string_view packet);

}  // namespace valetkey
