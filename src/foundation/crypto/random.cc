#include <openssl/rand.h>

#include <climits>

#include "foundation/crypto/crypto.h"
#include "foundation/crypto/native.h"

namespace valetkey::crypto {
namespace {

// OpenSSL's DRBG is per thread, seeded by the kernel, and reseeds after fork.
class SystemRandom final : public Random {
 public:
  void fill(void* data, size_t size) override {
    if (size > INT_MAX || RAND_priv_bytes(static_cast<unsigned char*>(data), static_cast<int>(size)) != 1) {
      die("random");
    }
  }
};

}  // namespace

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace valetkey::crypto
