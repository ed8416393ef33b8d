#include "foundation/net/deadline.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

namespace valetkey::net {
namespace {

TEST(DeadlineWheel, FiresOnceWhenDueAndNotBefore) {
  DeadlineWheel wheel;
  int fired = 0;
  Deadline deadline(wheel, [&] { ++fired; });
  Millis start = steady_millis();
  deadline.arm(1000);
  wheel.sweep(start + 900);
  EXPECT_EQ(fired, 0);
  EXPECT_FALSE(deadline.expired());
  wheel.sweep(start + 2000);
  EXPECT_EQ(fired, 1);
  EXPECT_TRUE(deadline.expired());
  wheel.sweep(start + 5000);
  EXPECT_EQ(fired, 1);
}

TEST(DeadlineWheel, DisarmedAndRearmedEntries) {
  DeadlineWheel wheel;
  int fired = 0;
  Deadline deadline(wheel, [&] { ++fired; });
  Millis start = steady_millis();
  deadline.arm(10);
  deadline.disarm();
  wheel.sweep(start + 1000);
  EXPECT_EQ(fired, 0);
  deadline.arm(10);
  deadline.arm(10'000);  // replaces
  wheel.sweep(start + 5000);
  EXPECT_EQ(fired, 0);
  deadline.arm(0);
  EXPECT_FALSE(deadline.expired());
  wheel.sweep(start + 5000);
  EXPECT_EQ(fired, 1);
}

TEST(DeadlineWheel, ACallbackMayRearmItself) {
  DeadlineWheel wheel;
  int fired = 0;
  Deadline* self = nullptr;
  Deadline deadline(wheel, [&] {
    if (++fired < 3) self->arm(0);
  });
  self = &deadline;
  deadline.arm(0);
  Millis later = steady_millis() + 10'000;
  for (int i = 0; i < 5; ++i) wheel.sweep(later);
  EXPECT_EQ(fired, 3);
}

TEST(DeadlineWheel, ACallbackMayDestroyItselfAndAnyOther) {
  // Whichever fires first destroys every deadline, itself too.
  for (int count = 1; count <= 4; ++count) {
    DeadlineWheel wheel;
    std::vector<std::unique_ptr<Deadline>> all;
    auto marker = std::make_shared<int>(0);  // the callback's own memory must survive its run
    for (int i = 0; i < count; ++i) {
      all.push_back(std::make_unique<Deadline>(wheel, [&all, marker] {
        all.clear();
        ++*marker;
      }));
      all.back()->arm(0);
    }
    wheel.sweep(steady_millis() + 1000);
    EXPECT_EQ(*marker, 1);
    EXPECT_TRUE(all.empty());
  }
}

TEST(DeadlineWheel, DestroyingTheNextEntryDuringASweepIsSafe) {
  DeadlineWheel wheel;
  std::optional<Deadline> first, second, third;
  int fired = 0;
  third.emplace(wheel, [&] { ++fired; });
  second.emplace(wheel, [&] { ++fired; });
  first.emplace(wheel, [&] {
    ++fired;
    second.reset();
  });
  third->arm(0);
  second->arm(0);
  first->arm(0);  // the newest is swept first
  wheel.sweep(steady_millis() + 1000);
  EXPECT_EQ(fired, 2);
}

}  // namespace
}  // namespace valetkey::net
