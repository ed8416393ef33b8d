#include "foundation/http/client/guarded_fetch.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "foundation/http/client/client_test_support.h"

namespace valetkey::http {
namespace {

using net::testing::run_task;
using testing::always;
using testing::Fake;
using testing::once;
using testing::Script;
using testing::sized;
using testing::Stream;
using testing::Worker;

constexpr size_t kLimit = 10 * 1024;
const std::string kJson = "Content-Type: application/json\r\n";

// A resolver that answers as told, call by call, and counts.
struct Names {
  std::vector<std::vector<std::string>> answers;  // the last stays
  int asked = 0;

  LookUp look_up() {
    return [this](std::string, Millis) { return answer(); };
  }

 private:
  Task<Result<std::vector<std::string>>> answer() {
    size_t turn = std::min(static_cast<size_t>(asked++), answers.size() - 1);
    co_return answers[turn];
  }
};

FetchRules lenient(Millis total = 8 * kSecond) {
  return {.total_timeout = total, .allow_loopback = true};
}

std::string port_of(const Fake& fake) {
  return std::to_string(fake.url().port);
}

Task<std::optional<Code>> code_of(GuardedFetcher& fetcher, std::string url) {
  auto fetched = co_await fetcher.fetch(std::move(url), kLimit);
  if (fetched.ok()) co_return std::nullopt;
  co_return fetched.error().code;
}

TEST(GuardedFetch, TellsTypeBodyAndFreshness) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker,
              {always(sized(
                  "{}", "Content-Type: Application/JSON; charset=utf-8\r\nCache-Control: max-age=60\r\n"))});
    Names names{{{"127.0.0.1"}}};
    GuardedFetcher fetcher(nullptr, lenient(), names.look_up());
    auto fetched = co_await fetcher.fetch("http://app.test:" + port_of(fake) + "/client.json?x=1", kLimit);
    EXPECT_TRUE(fetched.ok());
    if (!fetched.ok()) co_return;
    EXPECT_EQ(fetched->body, "{}");
    EXPECT_EQ(fetched->content_type, "application/json");
    EXPECT_EQ(fetched->fresh_for, kMinute);
    const std::string& request = fake.requests.at(0);
    EXPECT_TRUE(request.starts_with("GET /client.json?x=1 HTTP/1.1\r\nhost: app.test:")) << request;
    EXPECT_NE(request.find("accept: application/json\r\n"), std::string::npos);
    EXPECT_NE(request.find("accept-encoding: identity\r\n"), std::string::npos);
    EXPECT_EQ(request.find("cookie"), std::string::npos);
  });
}

TEST(GuardedFetch, OpensNoSocketToAnAddressThatIsNotPublic) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("{}", kJson))});
    auto tls = net::TlsContext::client();
    EXPECT_TRUE(tls.ok());
    for (const char* address :
         {"127.0.0.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
          "0.0.0.0", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
          "2002:7f00:1::", "garbage"}) {
      Names names{{{address}}};
      GuardedFetcher fetcher(*tls, {}, names.look_up());
      EXPECT_EQ(co_await code_of(fetcher, "https://app.test:" + port_of(fake) + "/"), Code::forbidden)
          << address;
      EXPECT_EQ(names.asked, 1);
    }
    EXPECT_EQ(fake.accepted, 0);
  });
}

TEST(GuardedFetch, OnePrivateAddressSpoilsTheName) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("{}", kJson))});
    Names names{{{"127.0.0.1", "10.0.0.1"}}};
    GuardedFetcher fetcher(nullptr, lenient(), names.look_up());
    EXPECT_EQ(co_await code_of(fetcher, "http://app.test:" + port_of(fake) + "/"), Code::forbidden);
    EXPECT_EQ(fake.accepted, 0);
  });
}

TEST(GuardedFetch, ConnectsToWhatItCheckedAndAsksOnce) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("{}", kJson))});
    Names rebinding{{{"127.0.0.1"}, {"169.254.169.254"}}};
    GuardedFetcher fetcher(nullptr, lenient(), rebinding.look_up());
    const std::string url = "http://app.test:" + port_of(fake) + "/";
    EXPECT_EQ(co_await code_of(fetcher, url), std::nullopt);
    EXPECT_EQ(rebinding.asked, 1);
    EXPECT_EQ(fake.accepted, 1);
    EXPECT_EQ(co_await code_of(fetcher, url), Code::forbidden);
    EXPECT_EQ(fake.accepted, 1);
  });
}

TEST(GuardedFetch, NumericHostsAreCheckedTooAndRiddlesRefused) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("{}", kJson))});
    auto tls = net::TlsContext::client();
    GuardedFetcher fetcher(*tls, {});  // the system's resolver
    const std::string rest = ":" + port_of(fake) + "/";
    for (const char* host : {"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "0.0.0.0"}) {
      EXPECT_EQ(co_await code_of(fetcher, "https://" + std::string(host) + rest), Code::forbidden) << host;
    }
    for (const char* host :
         {"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "127.0.0.0x1", "127.0.0.1."}) {
      EXPECT_EQ(co_await code_of(fetcher, "https://" + std::string(host) + rest), Code::invalid_argument)
          << host;
    }
    for (const char* url :
         {"http://app.test/", "ftp://app.test/", "https://u@app.test/", "https://app.test/#x", "x", ""}) {
      EXPECT_EQ(co_await code_of(fetcher, url), Code::invalid_argument) << url;
    }
    EXPECT_EQ(fake.accepted, 0);
  });
}

TEST(GuardedFetch, LocalhostByNameIsLoopback) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("{}", kJson))});
    auto tls = net::TlsContext::client();
    GuardedFetcher fetcher(*tls, {});
    EXPECT_EQ(co_await code_of(fetcher, "https://localhost:" + port_of(fake) + "/"), Code::forbidden);
    EXPECT_EQ(fake.accepted, 0);
  });
}

TEST(GuardedFetch, FollowsNoRedirectAndTakesNoOtherStatus) {
  run_task([](Worker& worker) -> Task<void> {
    for (const char* line : {"302 Found", "301 Moved", "307 Temporary", "304 Not Modified", "201 Created",
                             "204 No Content", "206 Partial", "404 Not Found", "500 Oops"}) {
      Fake fake(worker, {always("HTTP/1.1 " + std::string(line) +
                                "\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n")});
      Names names{{{"127.0.0.1"}}};
      GuardedFetcher fetcher(nullptr, lenient(), names.look_up());
      EXPECT_EQ(co_await code_of(fetcher, "http://app.test:" + port_of(fake) + "/"), Code::upstream) << line;
      EXPECT_EQ(names.asked, 1);
    }
  });
}

TEST(GuardedFetch, NeverKeepsAConnection) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("{}", kJson))});
    Names names{{{"127.0.0.1"}}};
    GuardedFetcher fetcher(nullptr, lenient(), names.look_up());
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(co_await code_of(fetcher, "http://app.test:" + port_of(fake) + "/"), std::nullopt);
    }
    EXPECT_EQ(fake.accepted, 3);
    EXPECT_EQ(names.asked, 3);
  });
}

TEST(GuardedFetch, TheBodyHasALimit) {
  run_task([](Worker& worker) -> Task<void> {
    const std::string full(kLimit, 'x');
    Fake fits(worker, {always(sized(full, kJson))});
    Fake over(worker, {always(sized(full + "x", kJson))});
    Names names{{{"127.0.0.1"}}};
    GuardedFetcher fetcher(nullptr, lenient(), names.look_up());
    EXPECT_EQ(co_await code_of(fetcher, "http://app.test:" + port_of(fits) + "/"), std::nullopt);
    EXPECT_EQ(co_await code_of(fetcher, "http://app.test:" + port_of(over) + "/"), Code::too_large);
  });
}

TEST(GuardedFetch, AnEndlessBodyEndsAtTheLimit) {
  run_task([](Worker& worker) -> Task<void> {
    Script endless = [](Stream& stream, Fake& fake) -> Task<void> {
      co_await fake.read_request(stream);
      bool open = co_await fake.write(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      const std::string chunk = "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
      while (open) open = co_await fake.write(stream, chunk);
    };
    Fake fake(worker, {endless});
    Names names{{{"127.0.0.1"}}};
    GuardedFetcher fetcher(nullptr, lenient(), names.look_up());
    EXPECT_EQ(co_await code_of(fetcher, "http://app.test:" + port_of(fake) + "/"), Code::too_large);
    co_await net::sleep_for(20);
  });
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  std::string input = text;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(GuardedFetch, AGzipBombCountsUnpacked) {
  run_task([](Worker& worker) -> Task<void> {
    const std::string bomb = gzip(std::string(64 << 20, '0'));
    EXPECT_LT(bomb.size(), 100'000U);
    Fake fake(worker,
              {always(sized(gzip(std::string(kLimit + 1, '0')), kJson + "Content-Encoding: gzip\r\n")),
               always(sized(gzip("{}"), kJson + "Content-Encoding: gzip\r\n"))});
    Names names{{{"127.0.0.1"}}};
    GuardedFetcher fetcher(nullptr, lenient(), names.look_up());
    const std::string url = "http://app.test:" + port_of(fake) + "/";
    EXPECT_EQ(co_await code_of(fetcher, url), Code::too_large);
    EXPECT_EQ(co_await code_of(fetcher, url), std::nullopt);
    Fake bomber(worker, {always(sized(bomb, kJson + "Content-Encoding: gzip\r\n"))});
    auto exploded = co_await fetcher.fetch("http://app.test:" + port_of(bomber) + "/", 1 << 20);
    EXPECT_FALSE(exploded.ok());
  });
}

TEST(GuardedFetch, TheWholeTimeIsLimited) {
  run_task([](Worker& worker) -> Task<void> {
    Script silent = [](Stream& stream, Fake& fake) -> Task<void> {
      co_await fake.read_request(stream);
      co_await net::sleep_for(3 * kSecond);
    };
    auto drip = [](std::string head, std::string drop) -> Script {
      return [=](Stream& stream, Fake& fake) -> Task<void> {
        co_await fake.read_request(stream);
        bool open = co_await fake.write(stream, head);
        for (int i = 0; i < 60 && open; ++i) {
          co_await net::sleep_for(50);
          open = co_await fake.write(stream, drop);
        }
      };
    };
    for (const Script& script : {silent, drip("HTTP/1.1 200 OK\r\n", "X-More: x\r\n"),
                                 drip("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", "x")}) {
      Fake fake(worker, {script});
      Names names{{{"127.0.0.1"}}};
      GuardedFetcher fetcher(nullptr, lenient(400), names.look_up());
      Millis before = steady_millis();
      EXPECT_EQ(co_await code_of(fetcher, "http://app.test:" + port_of(fake) + "/"), Code::timeout);
      EXPECT_LT(steady_millis() - before, 2 * kSecond);
    }
  });
}

TEST(GuardedFetch, AHeadHasALimit) {
  run_task([](Worker& worker) -> Task<void> {
    std::string head = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 200; ++i) head += "X-" + std::to_string(i) + ": " + std::string(500, 'x') + "\r\n";
    Fake fake(worker, {once({head})});
    Names names{{{"127.0.0.1"}}};
    GuardedFetcher fetcher(nullptr, lenient(), names.look_up());
    EXPECT_EQ(co_await code_of(fetcher, "http://app.test:" + port_of(fake) + "/"), Code::protocol);
  });
}

TEST(GuardedFetch, FetchesOfAHostAndOfAllAreCounted) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("{}", kJson))});
    Names names{{{"127.0.0.1"}}};
    FetchRules rules = lenient();
    rules.per_host_per_minute = 2;
    rules.per_minute = 3;
    GuardedFetcher fetcher(nullptr, rules, names.look_up());
    const std::string rest = ":" + port_of(fake) + "/";
    EXPECT_EQ(co_await code_of(fetcher, "http://a.test" + rest), std::nullopt);
    EXPECT_EQ(co_await code_of(fetcher, "http://A.test" + rest + "x"), std::nullopt);
    EXPECT_EQ(co_await code_of(fetcher, "http://a.test" + rest), Code::rate_limited);
    EXPECT_EQ(co_await code_of(fetcher, "http://b.test" + rest), std::nullopt);
    EXPECT_EQ(co_await code_of(fetcher, "http://c.test" + rest), Code::rate_limited);
  });
}

TEST(GuardedFetch, TlsChecksTheNameAndNotTheAddress) {
  run_task([](Worker& worker) -> Task<void> {
    net::testing::TemporaryFolder folder;
    auto right = net::testing::make_certificate(folder, "right", "DNS:app.test");
    auto wrong = net::testing::make_certificate(folder, "wrong", "DNS:other.test,IP:127.0.0.1");
    Fake honest(worker, {always(sized("{}", kJson))},
                *net::TlsContext::server(right.chain_file, right.key_file));
    Fake liar(worker, {always(sized("{}", kJson))},
              *net::TlsContext::server(wrong.chain_file, wrong.key_file));
    Names names{{{"127.0.0.1"}}};
    GuardedFetcher trusting(*net::TlsContext::client(right.chain_file), lenient(), names.look_up());
    GuardedFetcher deceived(*net::TlsContext::client(wrong.chain_file), lenient(), names.look_up());
    GuardedFetcher stranger(*net::TlsContext::client(), lenient(), names.look_up());
    EXPECT_EQ(co_await code_of(trusting, "https://app.test:" + port_of(honest) + "/"), std::nullopt);
    EXPECT_EQ(co_await code_of(deceived, "https://app.test:" + port_of(liar) + "/"), Code::protocol);
    EXPECT_EQ(co_await code_of(stranger, "https://app.test:" + port_of(honest) + "/"), Code::protocol);
    EXPECT_TRUE(liar.requests.empty());
  });
}

TEST(Freshness, FollowsCacheControlThenExpires) {
  const char* date = "Sun, 06 Nov 1994 08:49:37 GMT";
  const char* later = "Sun, 06 Nov 1994 08:50:37 GMT";
  EXPECT_EQ(freshness_of("max-age=60", "", "", ""), kMinute);
  EXPECT_EQ(freshness_of("public, MAX-AGE=\"60\"", "", "", ""), kMinute);
  EXPECT_EQ(freshness_of("max-age=60", "20", "", ""), 40 * kSecond);
  EXPECT_EQ(freshness_of("max-age=60", "100", "", ""), 0);
  EXPECT_EQ(freshness_of("max-age=60, no-store", "", "", ""), 0);
  EXPECT_EQ(freshness_of("no-cache", "", later, date), 0);
  EXPECT_EQ(freshness_of("", "", later, date), kMinute);
  EXPECT_EQ(freshness_of("max-age=5", "", later, date), 5 * kSecond);
  EXPECT_EQ(freshness_of("", "", date, later), 0);
  EXPECT_EQ(freshness_of("", "", "0", date), 0);
  EXPECT_EQ(freshness_of("max-age=-1", "", "", ""), 0);
  EXPECT_EQ(freshness_of("max-age=99999999999999999999", "", "", ""), 0);
  EXPECT_EQ(freshness_of("max-age=9999999999999", "", "", ""), 365 * kDay);
}

}  // namespace
}  // namespace valetkey::http
