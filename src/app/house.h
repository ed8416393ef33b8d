// The wiring: every concrete part, built from the configuration in one place, and its life from start to
// drain.
#pragma once

#include <memory>

#include "app/config.h"
#include "foundation/base/result.h"

namespace valetkey {

class House {
 public:
  // Opens the store and checks its schema, loads certificates, builds every part. Nothing listens yet.
  static Result<std::unique_ptr<House>> build(const Config& config);
  ~House();

  // Listens, serves, and returns after SIGTERM or SIGINT when running streams have ended (or the drain limit
  // has ended them). SIGHUP reads the certificate again. A second SIGTERM ends at once.
  Result<void> serve();

 private:
  struct Parts;
  explicit House(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace valetkey
