#include "foundation/mail/smtp_delivery.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>

namespace valetkey::mail {
namespace {

struct Free {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Reading {
  std::string_view left;
};

size_t read_mail(char* buffer, size_t size, size_t count, void* reading) {
  std::string_view& left = static_cast<Reading*>(reading)->left;
  const size_t taken = std::min(size * count, left.size());
  std::memcpy(buffer, left.data(), taken);
  left.remove_prefix(taken);
  return taken;
}

int cut_when_asked(void* cut, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(cut)->load() ? 1 : 0;
}

void set_connection(CURL* handle, const MailerOptions& options) {
  curl_easy_setopt(handle, CURLOPT_URL, options.smtp_url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(handle, CURLOPT_PROXY, "");  // not what the environment says
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT,
                   1L);  // a name server that does not answer must not hold up a stop
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options.attempt_limit));
  curl_easy_setopt(handle, CURLOPT_USE_SSL,
                   options.require_tls ? long{CURLUSESSL_ALL} : long{CURLUSESSL_NONE});
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (!options.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.user.empty()) {
    curl_easy_setopt(handle, CURLOPT_USERNAME, options.user.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, std::string(options.password.reveal()).c_str());
  }
}

Delivery describe(CURL* handle, CURLcode code) {
  Delivery delivery;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &delivery.reply);
  delivery.reason = curl_easy_strerror(code);
  const bool is_refusal = delivery.reply >= 500 && delivery.reply <= 599;
  if (code == CURLE_OK) {
    delivery.outcome = Delivery::Outcome::accepted;
  } else if (is_refusal) {
    delivery.outcome = Delivery::Outcome::refused;
  }
  return delivery;
}

}  // namespace

Delivery deliver(const MailerOptions& options, const std::string& from, const std::string& to,
                 const Secret& mail, const std::atomic<bool>& cut) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  // A connection of its own: mails are rare, and an idle connection would meet the server's "421 timeout".
  std::unique_ptr<CURL, Free> handle(curl_easy_init());
  std::unique_ptr<curl_slist, Free> recipients(curl_slist_append(nullptr, ("<" + to + ">").c_str()));
  const std::string sender = "<" + from + ">";
  Reading reading{mail.reveal()};
  set_connection(handle.get(), options);
  curl_easy_setopt(handle.get(), CURLOPT_MAIL_FROM, sender.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(handle.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_READFUNCTION, read_mail);
  curl_easy_setopt(handle.get(), CURLOPT_READDATA, &reading);
  curl_easy_setopt(handle.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle.get(), CURLOPT_XFERINFOFUNCTION, cut_when_asked);
  curl_easy_setopt(handle.get(), CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&cut));
  return describe(handle.get(), curl_easy_perform(handle.get()));
}

}  // namespace valetkey::mail
