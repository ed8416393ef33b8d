#include "foundation/mail/mailer.h"

#include <gtest/gtest.h>

#include "foundation/base/clock.h"
#include "foundation/mail/smtp_server_test_support.h"

namespace valetkey::mail {
namespace {

MailerOptions options_for(const ScriptedSmtpServer& server) {
  MailerOptions options;
  options.smtp_url = server.url();
  options.from = "Valetkey <no-reply@example.com>";
  options.require_tls = false;
  options.first_pause = 20;
  options.max_pause = 80;
  return options;
}

Message message_to(std::string to, std::string text = "Open https://example.com/#token=abc\n") {
  return Message{std::move(to), "Welcome", Secret(std::move(text))};
}

TEST(Mailer, DeliversWithEnvelopeHeadersAndText) {
  ScriptedSmtpServer server;
  auto mailer = make_smtp_mailer(options_for(server));
  ASSERT_TRUE(mailer->send(message_to("ada@example.com", ".first line is a dot\nend")).ok());
  auto mails = server.wait_for_mails(1);
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0].envelope, "MAIL FROM:<no-reply@example.com>\nRCPT TO:<ada@example.com>\n");
  EXPECT_NE(mails[0].text.find("From: \"Valetkey\" <no-reply@example.com>\r\n"), std::string::npos);
  EXPECT_NE(mails[0].text.find("To: <ada@example.com>\r\n"), std::string::npos);
  EXPECT_NE(mails[0].text.find("Subject: Welcome\r\n"), std::string::npos);
  EXPECT_NE(mails[0].text.find("\r\n\r\n..first line is a dot\r\nend\r\n"), std::string::npos);
}

TEST(Mailer, TriesAgainAfterARefusalThatMayPassOrAHangUp) {
  ScriptedSmtpServer server;
  server.will_answer({{"RCPT", "451 greylisted"}, {"MAIL", "421 busy"}, {"DATA", ""}, {"END", "452 full"}});
  auto mailer = make_smtp_mailer(options_for(server));
  ASSERT_TRUE(mailer->send(message_to("ada@example.com")).ok());
  EXPECT_EQ(server.wait_for_mails(1).size(), 1u);
  EXPECT_EQ(server.connections(), 5);
}

TEST(Mailer, ARefusalForGoodIsTriedOnceAndHoldsUpNobody) {
  ScriptedSmtpServer server;
  server.will_answer({{"RCPT", "550 no such person"}, {"END", "554 not wanted"}});
  auto mailer = make_smtp_mailer(options_for(server));
  for (const char* to : {"nobody@example.com", "spam@example.com", "ada@example.com"}) {
    ASSERT_TRUE(mailer->send(message_to(to)).ok());
  }
  auto mails = server.wait_for_mails(1);
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_NE(mails[0].envelope.find("ada@"), std::string::npos);
  EXPECT_EQ(server.connections(), 3);
}

TEST(Mailer, OneThatIsPutOffDoesNotKeepTheNextWaiting) {
  ScriptedSmtpServer server;
  server.will_answer({{"RCPT", "451 later"}});
  MailerOptions options = options_for(server);
  options.first_pause = kHour / 2;
  auto mailer = make_smtp_mailer(std::move(options));
  ASSERT_TRUE(mailer->send(message_to("late@example.com")).ok());
  ASSERT_TRUE(mailer->send(message_to("ada@example.com")).ok());
  auto mails = server.wait_for_mails(1);
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_NE(mails[0].envelope.find("ada@"), std::string::npos);
}

TEST(Mailer, GivesUpWhenTheTimeIsOver) {
  ScriptedSmtpServer server;
  server.will_answer(std::vector<ScriptedSmtpServer::Answer>(100, {"RCPT", "451 later"}));
  MailerOptions options = options_for(server);
  options.give_up_after = 100;
  options.max_queued = 1;
  auto mailer = make_smtp_mailer(std::move(options));
  ASSERT_TRUE(mailer->send(message_to("ada@example.com")).ok());
  const Millis patience = steady_millis() + 5 * kSecond;
  while (!mailer->send(message_to("bob@example.com")).ok() && steady_millis() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_LT(server.connections(), 10);
  EXPECT_LT(steady_millis(), patience) << "the first mail still holds its place";
}

TEST(Mailer, ASlowServerIsGivenItsTimeAndNoMore) {
  ScriptedSmtpServer server;
  server.will_answer({{"MAIL", "hold"}});
  MailerOptions options = options_for(server);
  options.attempt_limit = 200;
  auto mailer = make_smtp_mailer(std::move(options));
  ASSERT_TRUE(mailer->send(message_to("ada@example.com")).ok());
  EXPECT_EQ(server.wait_for_mails(1).size(), 1u);
  EXPECT_EQ(server.connections(), 2);
}

TEST(Mailer, StoppingDoesNotWaitForASlowServer) {
  ScriptedSmtpServer server;
  server.will_answer({{"MAIL", "hold"}});
  auto mailer = make_smtp_mailer(options_for(server));
  ASSERT_TRUE(mailer->send(message_to("ada@example.com")).ok());
  while (server.connections() == 0) std::this_thread::yield();
  const Millis start = steady_millis();
  mailer.reset();
  EXPECT_LT(steady_millis() - start, 5 * kSecond);
}

TEST(Mailer, TheQueueHasAnEndAndTheNextIsToldSo) {
  ScriptedSmtpServer server;
  server.will_answer({{"MAIL", "hold"}});
  MailerOptions options = options_for(server);
  options.max_queued = 2;
  auto mailer = make_smtp_mailer(std::move(options));
  ASSERT_TRUE(mailer->send(message_to("1@example.com")).ok());
  while (server.connections() == 0) std::this_thread::yield();
  ASSERT_TRUE(mailer->send(message_to("2@example.com")).ok());
  auto third = mailer->send(message_to("3@example.com"));
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().code, Code::unavailable);
}

TEST(Mailer, NothingIsSaidInClearWhereTlsIsRequired) {
  ScriptedSmtpServer server;
  MailerOptions options = options_for(server);
  options.require_tls = true;
  options.user = "operator";
  options.password = Secret(std::string("PLANTED"));
  auto mailer = make_smtp_mailer(std::move(options));
  ASSERT_TRUE(mailer->send(message_to("ada@example.com")).ok());
  while (server.connections() < 2) std::this_thread::yield();
  mailer.reset();
  EXPECT_EQ(server.said().find("MAIL"), std::string::npos) << server.said();
  EXPECT_EQ(server.said().find("AUTH"), std::string::npos) << server.said();
}

TEST(Mailer, HeadersCannotBeSmuggledIn) {
  ScriptedSmtpServer server;
  auto mailer = make_smtp_mailer(options_for(server));
  for (const char* to :
       {"", "ada", "@example.com", "ada@", "a@b@c", "ada@example.com\r\nRCPT TO:<eve@example.com>",
        "ada@example.com\nBcc: eve@example.com", "<ada@example.com>", "ada@example.com,eve@example.com",
        "ada@example.com eve@example.com", "ada@exa\xffmple.com", "ada@example.com>"}) {
    auto sent = mailer->send(message_to(to));
    ASSERT_FALSE(sent.ok()) << to;
    EXPECT_EQ(sent.error().code, Code::invalid_argument);
  }
  for (const char* subject : {"a\r\nBcc: eve@example.com", "a\nb", "a\rb", "a\x01", "\xff"}) {
    auto sent = mailer->send(Message{"ada@example.com", subject, Secret(std::string("x"))});
    ASSERT_FALSE(sent.ok()) << subject;
    EXPECT_EQ(sent.error().code, Code::invalid_argument);
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(Mailer, LimitsHoldAtTheLimitAndRefuseOnePast) {
  ScriptedSmtpServer server;
  auto mailer = make_smtp_mailer(options_for(server));
  auto sends = [&](size_t address, size_t subject, size_t text) {
    std::string to = std::string(address - 6, 'a') + "@b.com";
    return mailer->send(Message{to, std::string(subject, 's'), Secret(std::string(text, 't'))}).ok();
  };
  EXPECT_TRUE(sends(kMaxMailAddress, kMaxMailSubject, kMaxMailText));
  EXPECT_FALSE(sends(kMaxMailAddress + 1, 1, 1));
  EXPECT_FALSE(sends(10, kMaxMailSubject + 1, 1));
  EXPECT_FALSE(sends(10, 1, kMaxMailText + 1));
}

TEST(Mailer, WithoutServerOrSenderMailIsOff) {
  for (bool has_server : {false, true}) {
    MailerOptions options;
    if (has_server) options.smtp_url = "smtp://127.0.0.1:1";
    options.from = has_server ? "nobody" : "Valetkey <no-reply@example.com>";
    auto sent = make_smtp_mailer(std::move(options))->send(message_to("ada@example.com"));
    ASSERT_FALSE(sent.ok());
    EXPECT_EQ(sent.error().code, Code::unavailable);
  }
}

}  // namespace
}  // namespace valetkey::mail
