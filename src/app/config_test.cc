#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace valetkey {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kJwt(64, 'a');
const std::string kIdentity(64, 'b');

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "valetkey-config-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    source_.environment = {{"AUTH_AI_JWT_SECRET", kJwt},
                           {"AUTH_AI_IDENTITY_SECRET", kIdentity},
                           {"AUTH_AI_ORIGINATOR", "a-relay"}};
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) {
    std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  void toml(const std::string& text) { source_.file = file("valetkey.toml", text); }
  void env_file(const std::string& text) { source_.env_file = file(".env", text); }

  Config loaded() {
    auto config = load_config(source_);
    EXPECT_TRUE(config.ok()) << (config.ok() ? "" : config.error().detail);
    return config.ok() ? *config : Config{};
  }
  // Every problem, the folder cut away; empty when the configuration is good.
  std::string problems() {
    auto config = load_config(source_);
    if (config.ok()) return "";
    std::string text = config.error().detail;
    for (size_t at; (at = text.find(folder_ + "/")) != std::string::npos;) text.erase(at, folder_.size() + 1);
    return text;
  }

  std::string folder_;
  ConfigSource source_;
};

TEST_F(ConfigTest, AuthAIsFiveLineEnvFileIsAWholeConfiguration) {
  source_.environment.clear();
  env_file("AUTH_AI_JWT_SECRET=" + kJwt + "\nAUTH_AI_IDENTITY_SECRET=" + kIdentity +
           "\nAUTH_AI_ORIGINATOR=my-relay\nAUTH_AI_DB_URL=./relay.db\nAUTH_AI_PORT=3000\n");
  Config config = loaded();
  EXPECT_EQ(config.originator, "my-relay");
  EXPECT_EQ(config.server.port, 3000);
  EXPECT_EQ(config.store.url.reveal(), "./relay.db");
  ASSERT_EQ(config.secrets.jwt.size(), 1u);
  EXPECT_EQ(config.secrets.jwt[0].reveal(), std::string(32, '\xaa'));
  EXPECT_EQ(config.secrets.identity[0].reveal(), std::string(32, '\xbb'));
  EXPECT_TRUE(config.providers.enabled.empty());
}

TEST_F(ConfigTest, AuthAIsOtherNamesWork) {
  source_.environment["AUTH_AI_DB_DRIVER"] = "postgres";
  source_.environment["AUTH_AI_DB_URL"] = "postgres://u:p@db/relay";
  source_.environment["AUTH_AI_OPENAI_CODEX_CLIENT_ID"] = "app_1";
  source_.environment["AUTH_AI_XAI_CLIENT_ID"] = "xai-1";
  source_.environment["AUTH_AI_GITHUB_CLIENT_ID"] = "Iv1.1";
  source_.environment["AUTH_AI_EDITION"] = "community";  // theirs, of no use to us
  source_.environment["VALETKEY_PROVIDERS"] = "openai, xai,github";
  Config config = loaded();
  EXPECT_EQ(config.store.driver, "postgres");
  EXPECT_EQ(config.store.url.reveal(), "postgres://u:p@db/relay");
  EXPECT_EQ(config.providers.openai.client_id, "app_1");
  EXPECT_EQ(config.providers.xai.client_id, "xai-1");
  EXPECT_EQ(config.providers.github.client_id, "Iv1.1");
  EXPECT_EQ(config.providers.enabled, (std::vector{ProviderId::openai, ProviderId::xai, ProviderId::github}));
}

TEST_F(ConfigTest, WithoutTheThreeRequiredKeysItSaysWhichAndHow) {
  source_.environment.clear();
  EXPECT_EQ(problems(),
            "originator: missing; set AUTH_AI_ORIGINATOR to the name of this relay\n"
            "secrets.jwt: missing; set AUTH_AI_JWT_SECRET to 32 random bytes in hex\n"
            "secrets.identity: missing; set AUTH_AI_IDENTITY_SECRET to 32 other random bytes in hex");
}

TEST_F(ConfigTest, AnEmptyVariableCountsAsNotSet) {
  source_.environment["AUTH_AI_ORIGINATOR"] = "";
  EXPECT_THAT(problems(), HasSubstr("originator: missing"));
}

TEST_F(ConfigTest, ASecretOf32BytesIsTakenAndOneOf31Refused) {
  source_.environment["AUTH_AI_JWT_SECRET"] = std::string(62, 'a');
  EXPECT_EQ(problems(), "AUTH_AI_JWT_SECRET: secrets.jwt: is too short: 31 bytes, at least 32 are needed");
  source_.environment["AUTH_AI_JWT_SECRET"] = std::string(64, 'a');
  EXPECT_EQ(problems(), "");
}

TEST_F(ConfigTest, ASecretThatIsNotHexIsRefusedAndNotShown) {
  for (const std::string& bad : {"not-hex-" + kJwt, kJwt + "a", kJwt + "zz"}) {
    source_.environment["AUTH_AI_JWT_SECRET"] = bad;
    EXPECT_THAT(problems(), HasSubstr("must be hex"));
    EXPECT_THAT(problems(), Not(HasSubstr(bad)));
    EXPECT_THAT(problems(), Not(HasSubstr("missing")));
  }
}

TEST_F(ConfigTest, EqualSecretsAreRefusedAlsoDeepInARing) {
  source_.environment["AUTH_AI_IDENTITY_SECRET"] = kJwt;
  EXPECT_EQ(problems(), "AUTH_AI_IDENTITY_SECRET: secrets.identity: must not be the same as secrets.jwt");
  source_.environment["AUTH_AI_JWT_SECRET"] = std::string(64, 'c') + "," + std::string(64, 'D');
  source_.environment["AUTH_AI_IDENTITY_SECRET"] = kIdentity + "," + std::string(64, 'd');
  EXPECT_THAT(problems(), HasSubstr("must not be the same"));
}

TEST_F(ConfigTest, ARingKeepsItsOrderAndNamesTheBadSecret) {
  source_.environment["AUTH_AI_JWT_SECRET"] = std::string(64, '1') + ", " + std::string(64, '2');
  Config config = loaded();
  ASSERT_EQ(config.secrets.jwt.size(), 2u);
  EXPECT_EQ(config.secrets.jwt[0].reveal(), std::string(32, '\x11'));
  EXPECT_EQ(config.secrets.jwt[1].reveal(), std::string(32, '\x22'));
  source_.environment["AUTH_AI_JWT_SECRET"] = std::string(64, '1') + ",22";
  EXPECT_THAT(problems(), HasSubstr("secret 2 is too short"));
}

TEST_F(ConfigTest, ASecretMayStandInAFileOfItsOwn) {
  source_.environment.erase("AUTH_AI_JWT_SECRET");
  source_.environment.erase("AUTH_AI_IDENTITY_SECRET");
  source_.environment["AUTH_AI_JWT_SECRET_FILE"] = file("jwt", kJwt + "\n");
  toml("secrets.identity_file = \"" + file("identity", kIdentity + "\r\n") + "\"\n");
  Config config = loaded();
  EXPECT_EQ(config.secrets.jwt[0].reveal(), std::string(32, '\xaa'));
  EXPECT_EQ(config.secrets.identity[0].reveal(), std::string(32, '\xbb'));
  source_.environment["AUTH_AI_JWT_SECRET_FILE"] = folder_ + "/nowhere";
  EXPECT_EQ(problems(),
            "AUTH_AI_JWT_SECRET_FILE: secrets.jwt: cannot read nowhere: No such file or directory");
}

TEST_F(ConfigTest, AValueAndItsFileTogetherAreRefused) {
  source_.environment["AUTH_AI_JWT_SECRET_FILE"] = file("jwt", kJwt);
  EXPECT_THAT(problems(), HasSubstr("AUTH_AI_JWT_SECRET_FILE: secrets.jwt: given twice"));
  source_.environment.erase("AUTH_AI_JWT_SECRET_FILE");
  toml("secrets.jwt = \"" + kJwt + "\"\nsecrets.jwt_file = \"x\"\n");
  EXPECT_THAT(problems(), HasSubstr("given twice"));
}

TEST_F(ConfigTest, TheEnvironmentBeatsTheEnvFileWhichBeatsTheTomlFile) {
  toml("[server]\nport = 1\nadmin_port = 1\nworkers = 1\n");
  env_file("VALETKEY_SERVER_ADMIN_PORT=2\nVALETKEY_SERVER_WORKERS=2\n");
  source_.environment["VALETKEY_SERVER_WORKERS"] = "3";
  Config config = loaded();
  EXPECT_EQ(config.server.port, 1);
  EXPECT_EQ(config.server.admin_port, 2);
  EXPECT_EQ(config.server.workers, 3u);
  EXPECT_EQ(config.origins["server.port"], folder_ + "/valetkey.toml:2");
  EXPECT_EQ(config.origins["server.admin_port"], folder_ + "/.env:1 VALETKEY_SERVER_ADMIN_PORT");
  EXPECT_EQ(config.origins["server.workers"], "VALETKEY_SERVER_WORKERS");
  EXPECT_EQ(config.origins.count("server.heartbeat_ms"), 0u);
}

TEST_F(ConfigTest, EveryTypeOfValueIsReadFromToml) {
  toml(
      "[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\nheartbeat_ms = 0\n[log]\naccess = false\n"
      "level = \"debug\"\n[providers]\nenabled = [\"xai\"]\n[providers.openai]\nissuer = "
      "\"http://127.0.0.1:9\"\n");
  Config config = loaded();
  EXPECT_EQ(config.server.trusted_proxies, (std::vector<std::string>{"10.0.0.0/8", "::1"}));
  EXPECT_EQ(config.server.heartbeat, 0);
  EXPECT_FALSE(config.log.access);
  EXPECT_EQ(config.log.level, "debug");
  EXPECT_EQ(config.providers.enabled, std::vector{ProviderId::xai});
  EXPECT_EQ(config.providers.openai.issuer, "http://127.0.0.1:9");
}

TEST_F(ConfigTest, AllMistakesAreReportedAtOnceWithLineAndKey) {
  toml(
      "originator = 7\n[server]\nport = 65536\nprot = 1\nadmin_port = \"80\"\n[log]\naccess = \"yes\"\n"
      "[sever]\nport = 1\n");
  env_file("nonsense\nVALETKEY_LOG_LEVEL=loud\nVALETKEY_STORE_ULR=x\n");
  source_.environment.erase("AUTH_AI_ORIGINATOR");
  source_.environment["VALETKEY_SERVER_WORKERS"] = "-1";
  std::string all = problems();
  EXPECT_THAT(all, HasSubstr("valetkey.toml:1: originator: must be a text"));
  EXPECT_THAT(all, HasSubstr("valetkey.toml:3: server.port: must be an integer from 0 to 65535"));
  EXPECT_THAT(all, HasSubstr("valetkey.toml:4: server.prot: unknown key"));
  EXPECT_THAT(all, HasSubstr("valetkey.toml:5: server.admin_port: must be an integer"));
  EXPECT_THAT(all, HasSubstr("valetkey.toml:7: log.access: must be true or false"));
  EXPECT_THAT(all, HasSubstr("sever: unknown key"));
  EXPECT_THAT(all, HasSubstr(".env:1: not of the form NAME=value"));
  EXPECT_THAT(all, HasSubstr(".env:2 VALETKEY_LOG_LEVEL: log.level: must be one of: debug info warn error"));
  EXPECT_THAT(all, HasSubstr(".env:3 VALETKEY_STORE_ULR: unknown key"));
  EXPECT_THAT(all, HasSubstr("VALETKEY_SERVER_WORKERS: server.workers: must be an integer from 0 to 256"));
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 9);
}

TEST_F(ConfigTest, ASyntaxErrorNamesItsLineAndHidesNoOtherMistake) {
  toml("[server]\nport = \n");
  source_.environment["VALETKEY_LOG_ACCESS"] = "perhaps";
  EXPECT_THAT(problems(), HasSubstr("valetkey.toml:2: not TOML"));
  EXPECT_THAT(problems(), HasSubstr("VALETKEY_LOG_ACCESS"));
}

TEST_F(ConfigTest, ANamedFileThatIsNotThereIsAMistakeAnEnvFileIsNot) {
  source_.env_file = folder_ + "/.env";
  EXPECT_EQ(problems(), "");
  source_.file = folder_ + "/none.toml";
  EXPECT_EQ(problems(), "cannot read none.toml: No such file or directory");
}

TEST_F(ConfigTest, EnvFileLinesMayBeQuotedExportedAndCommented) {
  source_.environment.erase("AUTH_AI_ORIGINATOR");
  env_file(
      "# a comment\n\nexport AUTH_AI_ORIGINATOR=\"my \\\"relay\\\"\" # why\r\n"
      "AUTH_AI_PORT = 4000 # port\nVALETKEY_PROVIDERS='xai'\nUNRELATED=$(x)#y\n");
  Config config = loaded();
  EXPECT_EQ(config.originator, "my \"relay\"");
  EXPECT_EQ(config.server.port, 4000);
  EXPECT_EQ(config.providers.enabled, std::vector{ProviderId::xai});
  env_file("AUTH_AI_PORT='4000\nAUTH_AI_DB_URL=\"a\"b\n");
  EXPECT_THAT(problems(), HasSubstr(".env:1: AUTH_AI_PORT: the quotes do not match"));
  EXPECT_THAT(problems(), HasSubstr(".env:2: AUTH_AI_DB_URL: the quotes do not match"));
}

TEST_F(ConfigTest, TheStoreUrlMustFitItsDriver) {
  auto with = [this](std::string driver, std::string url) {
    source_.environment["AUTH_AI_DB_DRIVER"] = std::move(driver);
    source_.environment["AUTH_AI_DB_URL"] = std::move(url);
    return problems();
  };
  EXPECT_EQ(with("", "postgresql://h/d"), "");
  EXPECT_EQ(with("sqlite", "/var/lib/x.db"), "");
  EXPECT_EQ(with("sqlite", "sqlite:x.db"), "");
  EXPECT_THAT(with("postgres", ""), HasSubstr("needs a postgres:// URL"));
  EXPECT_THAT(with("sqlite", "postgres://h/d"), HasSubstr("the driver is sqlite"));
  EXPECT_THAT(with("", "mysql://h/d"), HasSubstr("must be a path or a postgres:// URL"));
  EXPECT_THAT(with("mysql", "x"), HasSubstr("must be one of: sqlite postgres"));
}

TEST_F(ConfigTest, TextsThatEndUpInHeadersUrlsOrSocketsAreChecked) {
  struct Case {
    const char *name, *bad, *good;
  };
  for (const Case& c :
       {Case{"VALETKEY_ORIGINATOR", "a\r\nb", "a relay"}, Case{"VALETKEY_SERVER_ADDRESS", "localhost", "::1"},
        Case{"VALETKEY_SERVER_TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/32,fd00::/8"},
        Case{"VALETKEY_PROVIDERS", "openai,anthropic", "openai"},
        Case{"VALETKEY_PROVIDERS_OPENAI_ISSUER", "ftp://x", "https://x:8443/y"},
        Case{"VALETKEY_PROVIDERS_OPENAI_BACKEND", "https://x/", "http://[::1]:80"},
        Case{"VALETKEY_PROVIDERS_XAI_API", "https://me:pw@x", "https://x"},
        Case{"VALETKEY_PROVIDERS_XAI_TRUSTED_HOSTS", "*.x.ai", "x.ai,127.0.0.1"},
        Case{"VALETKEY_OAUTH_ISSUER", "http://auth.example", "https://auth.example"},
        Case{"VALETKEY_OAUTH_ISSUER", "https://auth.example/", "http://localhost:3000"},
        Case{"VALETKEY_OAUTH_ISSUER", "https://auth.example/tenant", "http://127.0.0.1:3000"},
        Case{"VALETKEY_OAUTH_ISSUER", "https://Auth.example", "http://[::1]:3000"},
        Case{"VALETKEY_OAUTH_ISSUER", "http://localhost.evil.example", ""},
        Case{"VALETKEY_MAIL_SMTP_URL", "http://mail.example", "smtps://mail.example:465"},
        Case{"VALETKEY_SERVER_MAX_BODY_BYTES", "1023", "1024"},
        Case{"VALETKEY_SERVER_PORT", "99999999999999999999", "0"}}) {
    source_.environment[c.name] = c.bad;
    EXPECT_THAT(problems(), HasSubstr(c.name)) << c.bad;
    source_.environment[c.name] = c.good;
    EXPECT_EQ(problems(), "") << c.good;
  }
}

TEST_F(ConfigTest, TlsNeedsBothFiles) {
  toml("server.tls_key_file = \"key.pem\"\n");
  EXPECT_THAT(problems(), HasSubstr("set both or none"));
}

TEST_F(ConfigTest, ADescriptionShowsEveryKeyAndNoSecret) {
  source_.environment["AUTH_AI_DB_URL"] = "postgres://user:hunter2@db/relay";
  std::string text = describe(loaded());
  EXPECT_THAT(text, HasSubstr("originator = \"a-relay\"  # AUTH_AI_ORIGINATOR\n"));
  EXPECT_THAT(text, HasSubstr("server.port = 3000  # default\n"));
  EXPECT_THAT(text, HasSubstr("# secrets.jwt = hidden (1)  # AUTH_AI_JWT_SECRET\n"));
  EXPECT_THAT(text, HasSubstr("store.url = \"postgres://user:***@db/relay\""));
  EXPECT_THAT(text, Not(HasSubstr(kJwt)));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST_F(ConfigTest, ADescriptionReadsBackAsTheSameConfiguration) {
  source_.environment["VALETKEY_PROVIDERS"] = "xai,github";
  source_.environment["VALETKEY_ORIGINATOR"] = "a \"quoted\" \\ relay";
  std::string text = describe(loaded());
  source_.environment.erase("VALETKEY_PROVIDERS");
  source_.environment.erase("VALETKEY_ORIGINATOR");
  source_.environment.erase("AUTH_AI_ORIGINATOR");
  // The driver is not set, and "" is not one of its words.
  size_t driver = text.find("store.driver");
  toml(text.erase(driver, text.find('\n', driver) - driver));
  Config config = loaded();
  EXPECT_EQ(config.originator, "a \"quoted\" \\ relay");
  EXPECT_EQ(config.providers.enabled, (std::vector{ProviderId::xai, ProviderId::github}));
}

TEST(ConfigTextTest, ThePasswordIsCutFromADatabaseUrlWhereverItStands) {
  EXPECT_EQ(without_password("postgres://u:p@h:5432/d"), "postgres://u:***@h:5432/d");
  EXPECT_EQ(without_password("postgres://u:p/@ss@h/d?x=a@b"), "postgres://u:***@h/d?x=a@b");
  EXPECT_EQ(without_password("postgres://u@h/d?password=x&sslpassword=y"),
            "postgres://u@h/d?password=***&sslpassword=***");
  EXPECT_EQ(without_password("host=h PASSWORD=x dbname=d"), "host=h PASSWORD=*** dbname=d");
  EXPECT_EQ(without_password("postgres://u@h:5432/d"), "postgres://u@h:5432/d");
  EXPECT_EQ(without_password("./relay@home:1.db"), "./relay@home:1.db");
}

TEST(ConfigTextTest, TheConfigurationPageHoldsTheTableOfKeysAsItIs) {
  auto page = std::filesystem::path(VALETKEY_SOURCE_DIR) / "docs/configuration.md";
  std::stringstream text;
  text << std::ifstream(page).rdbuf();
  EXPECT_NE(text.str().find(configuration_reference()), std::string::npos)
      << "put this table into docs/configuration.md:\n"
      << configuration_reference();
}

}  // namespace
}  // namespace valetkey
