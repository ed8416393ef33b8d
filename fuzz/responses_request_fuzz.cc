// A Responses request body (request_check.h).
#include "request_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  valetkey::fuzz::check_request(bytes, size, valetkey::dialects::decode_responses_request);
  return 0;
}
