#include "foundation/net/single_flight.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "foundation/net/worker.h"

namespace valetkey::net {
namespace {

// Two workers on threads of their own, joined at the end of a test when every task is done.
class TwoWorkers {
 public:
  TwoWorkers()
      : first(0),
        second(1),
        threads{std::thread([this] { first.run(); }), std::thread([this] { second.run(); })} {}
  ~TwoWorkers() {
    while (first.running() > 0 || second.running() > 0) std::this_thread::yield();
    first.stop();
    second.stop();
    for (auto& thread : threads) thread.join();
  }
  Worker& at(int index) { return index % 2 == 0 ? first : second; }

  Worker first, second;
  std::thread threads[2];
};

using Numbers = SingleFlight<int>;

Task<int> count_slowly(std::atomic<int>* runs, Millis pause) {
  co_await sleep_for(pause);
  co_return ++*runs;
}

// Does not end before all have asked, however late the machine lets one of them run.
Task<int> count_when_all_have_asked(std::atomic<int>* runs, std::atomic<int>* asked, int all) {
  while (*asked < all) co_await sleep_for(1);
  co_await sleep_for(20);
  co_return ++*runs;
}

Task<void> ask(Numbers* flights, std::string key, Numbers::Work work, Millis patience,
               std::function<void(std::optional<int>)> tell) {
  Worker* before = Worker::current();
  std::optional<int> value = co_await flights->join(std::move(key), std::move(work), patience);
  EXPECT_EQ(Worker::current(), before) << "resumed on another worker";
  tell(value);
}

TEST(SingleFlight, EverybodyWhoAsksAtOnceGetsOneResultOnTheirOwnWorker) {
  for (int round = 0; round < 50; ++round) {
    Numbers flights(kMinute);
    std::atomic<int> runs = 0, asked = 0, ones = 0;
    std::latch done(64);
    TwoWorkers workers;  // last: joined first
    Numbers::Work work = [&] { return count_when_all_have_asked(&runs, &asked, 64); };
    for (int i = 0; i < 64; ++i) {
      workers.at(i).post([&, i] {
        ++asked;
        workers.at(i).spawn(ask(&flights, "k", work, kMinute, [&](std::optional<int> value) {
          if (value == 1) ++ones;
          done.count_down();
        }));
      });
    }
    done.wait();
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(ones, 64);
  }
}

TEST(SingleFlight, DifferentKeysDoNotWaitForEachOtherAndALaterAskStartsAnew) {
  Numbers flights(kMinute);
  std::atomic<int> runs = 0;
  Numbers::Work work = [&] { return count_slowly(&runs, 1); };
  auto ask_and_wait = [&](std::string key) {
    std::latch done(1);
    TwoWorkers workers;
    workers.first.post(
        [&] { workers.first.spawn(ask(&flights, key, work, kMinute, [&](auto) { done.count_down(); })); });
    done.wait();
  };
  ask_and_wait("a");
  ask_and_wait("b");
  ask_and_wait("a");
  EXPECT_EQ(runs, 3);
}

TEST(SingleFlight, TheImpatientGetNothingAndTheWorkGoesOn) {
  Numbers flights(kMinute);
  std::atomic<int> runs = 0;
  Numbers::Work work = [&] { return count_slowly(&runs, 150); };
  std::latch done(1);
  std::optional<int> got = 7;
  TwoWorkers workers;
  workers.first.post([&] {
    workers.first.spawn(ask(&flights, "k", work, 10, [&](std::optional<int> value) {
      got = value;
      done.count_down();
    }));
  });
  done.wait();
  EXPECT_EQ(got, std::nullopt);
  while (runs == 0) std::this_thread::yield();
}

TEST(SingleFlight, WhoCancelsIsLetGoAndTheWorkGoesOnForTheOthers) {
  Numbers flights(kMinute);
  std::atomic<int> runs = 0, let_go = 0;
  Numbers::Work work = [&] { return count_when_all_have_asked(&runs, &let_go, 2); };
  std::latch done(3);
  std::optional<int> left = 7, never_waited = 7, stayed;
  Cancellation leaving, already_left;
  already_left.request();
  auto join = [&](Cancellation* cancellation, std::optional<int>* out) -> Task<void> {
    *out = co_await flights.join("k", work, kMinute, cancellation);
    ++let_go;
    done.count_down();
  };
  TwoWorkers workers;
  workers.first.post([&] {
    workers.first.spawn(join(&leaving, &left));
    workers.first.spawn(join(&already_left, &never_waited));
  });
  workers.second.post([&] { workers.second.spawn(join(nullptr, &stayed)); });
  workers.first.post([&] { leaving.request(); });
  done.wait();
  EXPECT_EQ(left, std::nullopt);
  EXPECT_EQ(never_waited, std::nullopt);
  EXPECT_EQ(stayed, 1);
  EXPECT_EQ(runs, 1);
}

TEST(SingleFlight, AFlightThatHangsDoesNotBlockItsKeyForEver) {
  Numbers flights(30);
  std::atomic<int> runs = 0;
  Numbers::Work slow = [&] { return count_slowly(&runs, 200); };
  Numbers::Work quick = [&] { return count_slowly(&runs, 1); };
  std::latch done(2);
  std::optional<int> second;
  TwoWorkers workers;
  workers.first.post(
      [&] { workers.first.spawn(ask(&flights, "k", slow, kMinute, [&](auto) { done.count_down(); })); });
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  workers.second.post([&] {
    workers.second.spawn(ask(&flights, "k", quick, kMinute, [&](std::optional<int> value) {
      second = value;
      done.count_down();
    }));
  });
  done.wait();
  EXPECT_EQ(second, 1);
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace valetkey::net
