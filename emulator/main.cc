// valetkey-emulator: plays every upstream on one port. docs/emulator.md is its manual.
#include <unistd.h>

#include <boost/asio/signal_set.hpp>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "foundation/crypto/crypto.h"
#include "foundation/http/server.h"
#include "foundation/net/worker.h"
#include "options.h"
#include "refusal.h"
#include "routes.h"

namespace valetkey::emulator {
namespace {

http::ServerOptions server_options(const Options& options) {
  http::ServerOptions server;
  server.address = options.address;
  server.port = options.port;
  server.random = &crypto::system_random();
  server.limits.max_body = 64u << 20;
  server.limits.total_timeout = 6 * kHour;  // slow streams are what it is for
  server.limits.write_timeout = kHour;      // and clients that do not read
  server.limits.drain_timeout = kSecond;
  server.error_response = [](int status, std::string_view, std::string_view message) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = detail_refusal(status, message).body;
    return response;
  };
  return server;
}

http::Router make_router(World& world) {
  http::Router router;
  add_openai_auth(router, world);
  add_codex(router, world);
  add_github(router, world);
  add_copilot(router, world);
  add_xai_auth(router, world);
  add_xai(router, world);
  add_control(router, world);
  return router;
}

// Written beside and renamed, so that whoever waits for the file never reads half a line.
bool announce(const Options& options, unsigned short port) {
  const std::string place = options.address + ":" + std::to_string(port);
  if (options.ready_file.empty()) {
    std::printf("listening on %s\n", place.c_str());
    std::fflush(stdout);
    return true;
  }
  const std::string draft = options.ready_file + ".new";
  std::ofstream(draft) << place << "\n";
  return std::rename(draft.c_str(), options.ready_file.c_str()) == 0;
}

int run(const Options& options) {
  World world(options);
  const http::Router router = make_router(world);
  std::vector<std::unique_ptr<net::Worker>> workers;
  std::vector<net::Worker*> pointers;
  for (unsigned i = 0; i < options.workers; ++i) {
    workers.push_back(std::make_unique<net::Worker>(i));
    pointers.push_back(workers.back().get());
    world.add_pacer(workers.back()->context());
  }
  http::Server server(server_options(options), router);
  if (auto started = server.start(pointers); !started.ok()) {
    std::fprintf(stderr, "valetkey-emulator: %s\n", started.error().detail.c_str());
    return 1;
  }
  if (!announce(options, server.port())) {
    std::fprintf(stderr, "valetkey-emulator: cannot write %s\n", options.ready_file.c_str());
    return 1;
  }
  asio::signal_set signals(workers[0]->context(), SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) {
    server.stop([&pointers] {
      for (net::Worker* worker : pointers) worker->stop();
    });
  });
  std::vector<std::thread> threads;
  for (size_t i = 1; i < workers.size(); ++i) threads.emplace_back([worker = pointers[i]] { worker->run(); });
  workers[0]->run();
  for (std::thread& thread : threads) thread.join();
  world.remove_pacers();  // no exchange is left, so nobody waits in them
  return 0;
}

int run_program(std::span<char* const> arguments) {
  auto options = read_options(arguments);
  if (!options.ok()) {
    std::fprintf(stderr, "valetkey-emulator: %s\n%s", options.error().detail.c_str(), kUsage.data());
    return 2;
  }
  return run(*options);
}

}  // namespace
}  // namespace valetkey::emulator

int main(int argc, char** argv) {
  try {
    return valetkey::emulator::run_program({argv + 1, static_cast<size_t>(argc - 1)});
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "valetkey-emulator: %s\n", failure.what());
    return 1;
  }
}
