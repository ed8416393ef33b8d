// Every mail an account sends, as text. Pure.
#pragma once

#include <string>

#include "foundation/base/secret.h"
#include "foundation/mail/mailer.h"

namespace valetkey::accounts {

struct MailSender {
  std::string product_name;
  std::string issuer;    // without a slash at its end
  std::string good_for;  // "one hour"
};

mail::Message verification_mail(const MailSender& sender, const std::string& to, const Secret& token);
// Somebody registered an address that has an account.
mail::Message known_address_mail(const MailSender& sender, const std::string& to);
mail::Message reset_mail(const MailSender& sender, const std::string& to, const Secret& token);
mail::Message password_changed_mail(const MailSender& sender, const std::string& to);
// To the new address and to the old one.
mail::Message new_address_mail(const MailSender& sender, const std::string& to, const Secret& token);
mail::Message old_address_mail(const MailSender& sender, const std::string& to,
                               const std::string& new_address);
// Somebody wanted to change to an address that has an account.
mail::Message taken_address_mail(const MailSender& sender, const std::string& to);
mail::Message address_changed_mail(const MailSender& sender, const std::string& to,
                                   const std::string& new_address);

// "15 minutes", "one hour", "2 hours"
std::string spell_duration(Millis duration);

}  // namespace valetkey::accounts
