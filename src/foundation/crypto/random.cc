#include <openssl/rand.h>

#include <pthread.h>

#include <atomic>
#include <climits>
#include <cstring>

#include "foundation/crypto/crypto.h"
#include "foundation/crypto/native.h"

namespace valetkey::crypto {
namespace {

// OpenSSL's DRBG is per thread, seeded by the kernel, and reseeds after fork.
void generate(void* data, size_t size) {
  if (size > INT_MAX || RAND_priv_bytes(static_cast<unsigned char*>(data), static_cast<int>(size)) != 1) {
    die("random");
  }
}

std::atomic<unsigned> forks = 0;

// A call of the DRBG costs as much for 16 bytes as for 500, so small wishes are cut from a stock of the
// thread's. What was handed out is wiped from it, and a forked child never uses its parent's.
class Stock {
 public:
  ~Stock() { wipe_bytes(bytes_, sizeof bytes_); }

  void take(void* data, size_t size) {
    unsigned generation = forks.load(std::memory_order_relaxed);
    if (left_ < size || generation_ != generation) {
      generate(bytes_, sizeof bytes_);
      left_ = sizeof bytes_;
      generation_ = generation;
    }
    left_ -= size;
    std::memcpy(data, bytes_ + left_, size);
    wipe_bytes(bytes_ + left_, size);
  }

 private:
  unsigned char bytes_[512] = {};
  size_t left_ = 0;
  unsigned generation_ = 0;
};

class SystemRandom final : public Random {
 public:
  SystemRandom() {
    if (pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); }) != 0)
      die("atfork");
  }

  void fill(void* data, size_t size) override {
    constexpr size_t kSmall = 64;
    static thread_local Stock stock;
    if (size == 0) return;
    size <= kSmall ? stock.take(data, size) : generate(data, size);
  }
};

}  // namespace

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace valetkey::crypto
