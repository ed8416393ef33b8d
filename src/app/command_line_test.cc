#include "app/command_line.h"

#include <gtest/gtest.h>

namespace valetkey {
namespace {

TEST(CommandLineTest, EachCommandIsKnownByItsName) {
  EXPECT_EQ(parse_command_line({"serve"})->command, Command::serve);
  EXPECT_EQ(parse_command_line({"check-config"})->command, Command::check_config);
  EXPECT_EQ(parse_command_line({"migrate"})->command, Command::migrate);
  EXPECT_EQ(parse_command_line({"version"})->command, Command::version);
}

TEST(CommandLineTest, AnOptionTakesItsValueAfterASpaceOrAnEqualsSign) {
  EXPECT_EQ(parse_command_line({"serve", "--config", "a.toml"})->config_file, "a.toml");
  EXPECT_EQ(parse_command_line({"serve", "--config=a=b.toml"})->config_file, "a=b.toml");
  auto line = parse_command_line({"migrate", "--from-authai", "./old.db", "--config", "new.toml"});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->from_authai, "./old.db");
  EXPECT_EQ(line->config_file, "new.toml");
  auto seed = parse_command_line({"migrate", "--from-apps-auth", "auth.db", "--jwks=jwks.json"});
  ASSERT_TRUE(seed.ok());
  EXPECT_EQ(seed->from_apps_auth, "auth.db");
  EXPECT_EQ(seed->jwks_file, "jwks.json");
  EXPECT_EQ(parse_command_line({"serve", "--jwks", "x"}).error().detail, "--jwks belongs to migrate");
}

TEST(CommandLineTest, HelpIsAnsweredWhereverItStands) {
  for (std::string_view word : {"help", "--help", "-h"})
    EXPECT_EQ(parse_command_line({word})->command, Command::help);
  EXPECT_EQ(parse_command_line({"serve", "--help"})->command, Command::help);
  EXPECT_EQ(parse_command_line({"serve", "-h", "--nonsense"})->command, Command::help);
}

TEST(CommandLineTest, EverythingElseIsRefusedByName) {
  EXPECT_EQ(parse_command_line({}).error().detail, "no command");
  EXPECT_EQ(parse_command_line({"server"}).error().detail, "unknown command: server");
  EXPECT_EQ(parse_command_line({""}).error().detail, "unknown command: ");
  EXPECT_EQ(parse_command_line({"serve", "now"}).error().detail, "unknown argument: now");
  EXPECT_EQ(parse_command_line({"serve", "--configuration", "x"}).error().detail,
            "unknown argument: --configuration");
  EXPECT_EQ(parse_command_line({"serve", "--config"}).error().detail, "--config needs a value");
  EXPECT_EQ(parse_command_line({"serve", "--config="}).error().detail, "--config needs a value");
  EXPECT_EQ(parse_command_line({"serve", "--from-authai", "x"}).error().detail,
            "--from-authai belongs to migrate");
}

TEST(CommandLineTest, UsageNamesEveryCommand) {
  for (std::string_view word : {"serve", "check-config", "migrate", "version", "--from-authai", "--config"}) {
    EXPECT_NE(usage().find(word), std::string_view::npos) << word;
  }
}

}  // namespace
}  // namespace valetkey
