#include "options.h"

#include "foundation/base/strings.h"

namespace valetkey::emulator {
namespace {

constexpr int64_t kMaxWorkers = 64;

Error refuse(std::string detail) {
  return Error{Code::invalid_argument, std::move(detail), "options"};
}

Result<int64_t> number(std::string_view name, std::string_view text, int64_t low, int64_t high) {
  auto value = parse_decimal(text);
  if (!value || *value < low || *value > high) {
    return refuse(std::string(name) + " takes a number from " + std::to_string(low) + " to " +
                  std::to_string(high));
  }
  return *value;
}

bool read_flag(std::string_view name, Options& options) {
  if (name == "--no-record")
    options.record = false;
  else if (name == "--accept-any-bearer")
    options.accept_any_bearer = true;
  else if (name == "--random")
    options.random_ids = true;
  else
    return false;
  return true;
}

Result<void> read_value(std::string_view name, std::string_view value, Options& options) {
  if (name == "--address") {
    options.address = value;
  } else if (name == "--ready-file") {
    options.ready_file = value;
  } else if (name == "--port") {
    VK_TRY(const int64_t port, number(name, value, 0, 65535));
    options.port = static_cast<unsigned short>(port);
  } else if (name == "--workers") {
    VK_TRY(const int64_t workers, number(name, value, 1, kMaxWorkers));
    options.workers = static_cast<unsigned>(workers);
  } else if (name == "--pace-ms") {
    VK_TRY(options.pace, number(name, value, 0, kHour));
  } else if (name == "--device-interval") {
    VK_TRY(options.device_interval, number(name, value, 0, 3600));
  } else {
    return refuse("unknown option " + std::string(name));
  }
  return {};
}

}  // namespace

const std::string_view kUsage =
    "usage: valetkey-emulator [options]\n"
    "  --port N             0 (the default) takes any free port\n"
    "  --address A          127.0.0.1\n"
    "  --ready-file PATH    gets the line \"ADDRESS:PORT\" once the emulator listens\n"
    "  --workers N          1\n"
    "  --pace-ms N          milliseconds between two events of every stream; 0\n"
    "  --device-interval N  seconds between two polls of a device sign-in; 5\n"
    "  --accept-any-bearer  do not look up tokens (benchmarks)\n"
    "  --no-record          do not keep requests for /control/requests\n"
    "  --random             ids and tokens from the system's generator in place of a fixed sequence\n";

Result<Options> read_options(std::span<char* const> arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view name = arguments[i];
    if (read_flag(name, options)) continue;
    std::string_view value;
    if (const size_t equals = name.find('='); equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      return refuse(std::string(name) + " takes a value, or is unknown");
    }
    VK_CHECK(read_value(name, value, options));
  }
  return options;
}

}  // namespace valetkey::emulator
