#include "domain/accounts/mail_texts.h"

namespace valetkey::accounts {
namespace {

mail::Message message(const MailSender& sender, const std::string& to, const std::string& subject,
                      const std::string& text) {
  return {to, subject,
          Secret("Hello,\n\n" + text + "\n\n" + sender.product_name + "\n" + sender.issuer + "\n")};
}

// In the fragment, so that it reaches no server, proxy or Referer by itself.
std::string link(const MailSender& sender, const char* page, const Secret& token) {
  return sender.issuer + page + "#token=" + std::string(token.reveal());
}

}  // namespace

mail::Message verification_mail(const MailSender& sender, const std::string& to, const Secret& token) {
  return message(
      sender, to, "Confirm your e-mail address for " + sender.product_name,
      "please confirm that this is your e-mail address by opening this link:\n\n" +
          link(sender, "/verify-email", token) + "\n\nIt is good for " + sender.good_for +
          " and works once. Your account exists as soon as you have opened it.\n\n"
          "If it was not you who registered, do not open the link: then there is no account, and you\n"
          "need do nothing.");
}

mail::Message known_address_mail(const MailSender& sender, const std::string& to) {
  return message(
      sender, to, "You already have an account at " + sender.product_name,
      "somebody, probably you, wanted to register with this e-mail address. There is an account for it\n"
      "already, so nothing was changed. Sign in here:\n\n" +
          sender.issuer + "/sign-in\n\nIf you do not remember the password, choose a new one here:\n\n" +
          sender.issuer + "/forgot-password\n\nIf it was not you, you need do nothing.");
}

mail::Message reset_mail(const MailSender& sender, const std::string& to, const Secret& token) {
  return message(
      sender, to, "Choose a new password for " + sender.product_name,
      "open this link to choose a new password:\n\n" + link(sender, "/reset-password", token) +
          "\n\nIt is good for " + sender.good_for +
          " and works once. Whatever is signed in with the old password is signed out.\n\n"
          "Have a recovery code at hand if you noted them down: without one, the AIs you have connected\n"
          "must be connected again.\n\n"
          "If you did not ask for this, you need do nothing: your password stays as it is.");
}

mail::Message password_changed_mail(const MailSender& sender, const std::string& to) {
  return message(sender, to, "Your password for " + sender.product_name + " was changed",
                 "the password of your account was just changed, and all other browsers were signed out.\n\n"
                 "If this was not you, choose a new password at once:\n\n" +
                     sender.issuer + "/forgot-password");
}

mail::Message new_address_mail(const MailSender& sender, const std::string& to, const Secret& token) {
  return message(
      sender, to, "Confirm your new e-mail address for " + sender.product_name,
      "please confirm your new e-mail address. Open this link in the browser in which you are signed "
      "in:\n\n" +
          link(sender, "/verify-email", token) + "\n\nIt is good for " + sender.good_for +
          " and works once. Until then the old address stays.\n\n"
          "If you do not know what this is about, somebody has mistyped an address, and you need do\n"
          "nothing.");
}

mail::Message old_address_mail(const MailSender& sender, const std::string& to,
                               const std::string& new_address) {
  return message(
      sender, to, "Your e-mail address for " + sender.product_name + " is to be changed",
      "somebody, probably you, wants to change the e-mail address of your account to " + new_address +
          ".\nIt changes when the link sent there is opened.\n\n"
          "If this was not you, somebody is signed in to your account. Choose a new password at once,\n"
          "which signs everybody out:\n\n" +
          sender.issuer + "/forgot-password");
}

mail::Message taken_address_mail(const MailSender& sender, const std::string& to) {
  return message(
      sender, to, "This e-mail address has an account at " + sender.product_name,
      "somebody, probably you, wanted to change the e-mail address of another account to this one. There\n"
      "is an account for it already, so nothing was changed. Sign in to that account here:\n\n" +
          sender.issuer + "/sign-in\n\nIf it was not you, you need do nothing.");
}

mail::Message address_changed_mail(const MailSender& sender, const std::string& to,
                                   const std::string& new_address) {
  return message(sender, to, "Your e-mail address for " + sender.product_name + " was changed",
                 "the e-mail address of your account is now " + new_address +
                     ".\nThis is the last mail to the old address.\n\n"
                     "If this was not you, write to the people who run " +
                     sender.issuer + ".");
}

std::string spell_duration(Millis duration) {
  if (duration == kHour) return "one hour";
  if (duration % kHour == 0) return std::to_string(duration / kHour) + " hours";
  return std::to_string(duration / kMinute) + " minutes";
}

}  // namespace valetkey::accounts
