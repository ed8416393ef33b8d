#include "foundation/net/turn.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "foundation/net/worker.h"

namespace valetkey::net {
namespace {

using Log = std::vector<std::string>;

// Passes the steps one after the other and says so at each.
Task<void> walk(std::string name, std::vector<Step> steps, Log& log) {
  for (Step step : steps) {
    co_await keep_step(step);
    log.push_back(name + std::to_string(static_cast<int>(step)));
  }
}

// Runs what was spawned until nothing is left to do but the worker's clock.
void run_for_a_moment(Worker& worker) {
  Deadline enough(worker.deadlines(), [&] { worker.stop(); });
  enough.arm(1);
  worker.context().restart();
  worker.run();
}

TEST(Turn, ItsRequestsGoSideBySide) {
  Worker worker(0);
  Log log;
  const std::vector<Step> way{Step::handle, Step::open, Step::write};
  for (const char* name : {"a", "b", "c"}) worker.spawn(walk(name, way, log));
  run_for_a_moment(worker);
  EXPECT_EQ(log, (Log{"a0", "b0", "c0", "a1", "b1", "c1", "a4", "b4", "c4"}));
}

TEST(Turn, WhatIsWrittenLeavesLast) {
  Worker worker(0);
  Log log;
  worker.spawn(walk("answer", {Step::write}, log));
  worker.spawn(walk("request", {Step::handle, Step::call, Step::write}, log));
  run_for_a_moment(worker);
  EXPECT_EQ(log, (Log{"request0", "request2", "answer4", "request4"}));
}

TEST(Turn, WhoComesBackToAnEarlierStepIsOfTheNextTurn) {
  Worker worker(0);
  Log log;
  worker.spawn(walk("a", {Step::open, Step::open, Step::handle, Step::write}, log));
  worker.spawn(walk("b", {Step::write}, log));
  run_for_a_moment(worker);
  EXPECT_EQ(log, (Log{"a1", "b4", "a1", "a0", "a4"}));
}

// What each of so many that come to the same step in one turn is told.
std::vector<bool> told(Worker& worker, int arrivals) {
  std::vector<bool> answers;
  worker.post([&] {
    for (int i = 0; i < arrivals; ++i) answers.push_back(in_company(Step::write));
    worker.post([&worker] { worker.post([&worker] { worker.stop(); }); });
  });
  worker.context().restart();
  worker.run();
  return answers;
}

TEST(Turn, OnlyWhoHasBeenAloneForAWhileDoesNotWait) {
  const std::vector<bool> alone{false}, in_company{true};
  Worker worker(0);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(told(worker, 1), in_company);
  EXPECT_EQ(told(worker, 1), alone);
  EXPECT_EQ(told(worker, 3), (std::vector<bool>{false, true, true})) << "the first cannot know";
  for (int i = 0; i < 8; ++i) EXPECT_EQ(told(worker, 1), in_company);
  EXPECT_EQ(told(worker, 1), alone);
}

TEST(Turn, OneRequestAtSeveralStepsIsAlone) {
  Worker worker(0);
  for (int i = 0; i < 8; ++i) told(worker, 1);
  worker.post([] {
    EXPECT_FALSE(in_company(Step::handle));
    EXPECT_FALSE(in_company(Step::open));
    EXPECT_FALSE(in_company(Step::write));
  });
  run_for_a_moment(worker);
  EXPECT_EQ(told(worker, 1), (std::vector<bool>{false}));
}

TEST(Turn, OutsideAWorkerEverybodyIsAlone) {
  EXPECT_FALSE(in_company(Step::write));
}

TEST(Turn, AWorkerThatEndsDestroysWhoWaits) {
  auto alive = std::make_shared<int>(1);
  {
    Worker worker(0);
    auto wait = [](std::shared_ptr<int> held) -> Task<void> {
      co_await keep_step(Step::open);
      held.reset();
    };
    worker.spawn(wait(alive));
    worker.post([&] { worker.stop(); });
    worker.run();
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

}  // namespace
}  // namespace valetkey::net
