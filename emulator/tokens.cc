#include "tokens.h"

namespace valetkey::emulator {

std::string_view issuer_name(Issuer issuer) {
  switch (issuer) {
    case Issuer::openai:
      return "openai";
    case Issuer::xai:
      return "xai";
    case Issuer::github:
      return "github";
  }
  return "";
}

std::optional<Issuer> issuer_of(std::string_view name) {
  for (Issuer issuer : {Issuer::openai, Issuer::xai, Issuer::github}) {
    if (issuer_name(issuer) == name) return issuer;
  }
  return std::nullopt;
}

TokenSet TokenBook::mint(uint64_t family_id, Family& family, const JwtShape& shape) {
  TokenSet set;
  set.person = family.person;
  JwtInput input;
  input.person = &family.person;
  input.client_id = family.client_id;
  input.jti = ids_.make_uuid();
  input.issued_at = clock_.now();
  input.expires_at = input.issued_at + policy_.access_lifetime;
  input.shape = shape;
  Millis expires_at = input.expires_at;
  switch (family.issuer) {
    case Issuer::openai:
      input.issuer = "https://auth.openai.com";
      set.id_token = make_openai_id_token(input);
      set.access = make_openai_access_token(input);
      set.refresh = ids_.make("rt_", 64);
      break;
    case Issuer::xai:
      input.issuer = "https://auth.x.ai";
      set.id_token = make_xai_id_token(input);
      set.access = make_xai_access_token(input);
      set.refresh = ids_.make("xrt_", 64);
      break;
    case Issuer::github:
      set.access = ids_.make("ghu_", 36);
      expires_at = INT64_MAX;
      break;
  }
  set.expires_in = policy_.access_lifetime / kSecond;
  family.latest_access = set.access;
  access_[set.access] = Access{family_id, expires_at, false};
  if (!set.refresh.empty()) refresh_[set.refresh] = Refresh{family_id, RefreshVerdict::good};
  ++counts_.access_issued;
  return set;
}

TokenSet TokenBook::sign_in(Issuer issuer, const Person& person, std::string_view client_id,
                            const JwtShape& shape) {
  std::lock_guard lock(mutex_);
  const uint64_t id = next_family_++;
  Family& family = families_[id];
  family.issuer = issuer;
  family.person = person;
  family.client_id = client_id;
  ++counts_.sign_ins;
  return mint(id, family, shape);
}

RefreshOutcome TokenBook::refresh(Issuer issuer, std::string_view refresh_token, const JwtShape& shape,
                                  const Person* moved_to, bool rotate) {
  std::lock_guard lock(mutex_);
  RefreshOutcome outcome;
  auto found = refresh_.find(std::string(refresh_token));
  if (found == refresh_.end()) return outcome;
  Family& family = families_[found->second.family];
  if (family.issuer != issuer) return outcome;
  if (found->second.state == RefreshVerdict::reused) {
    ++counts_.reuses;
    if (policy_.reuse_revokes_family) family.revoked = true;
    outcome.verdict = RefreshVerdict::reused;
    return outcome;
  }
  outcome.verdict = family.revoked ? RefreshVerdict::invalidated : found->second.state;
  if (outcome.verdict != RefreshVerdict::good) return outcome;
  const uint64_t family_id = found->second.family;
  if (rotate) found->second.state = RefreshVerdict::reused;
  if (moved_to) family.person = *moved_to;
  ++counts_.refreshes;
  outcome.tokens = mint(family_id, family, shape);
  if (!rotate) {
    refresh_.erase(outcome.tokens.refresh);
    outcome.tokens.refresh.clear();
  }
  return outcome;
}

AccessCheck TokenBook::check_access(Issuer issuer, std::string_view access_token) const {
  std::lock_guard lock(mutex_);
  AccessCheck check;
  auto found = access_.find(std::string(access_token));
  if (found == access_.end()) return check;
  const Family& family = families_.at(found->second.family);
  if (family.issuer != issuer) return check;
  check.person = family.person;
  if (found->second.invalidated || family.revoked) {
    check.verdict = AccessVerdict::invalidated;
  } else if (found->second.expires_at <= clock_.now()) {
    check.verdict = AccessVerdict::expired;
  } else if (family.latest_access != access_token) {
    check.verdict = AccessVerdict::superseded;
  } else {
    check.verdict = AccessVerdict::good;
  }
  return check;
}

bool TokenBook::revoke(std::string_view token) {
  std::lock_guard lock(mutex_);
  uint64_t family = 0;
  if (auto refresh = refresh_.find(std::string(token)); refresh != refresh_.end())
    family = refresh->second.family;
  if (auto access = access_.find(std::string(token)); access != access_.end()) family = access->second.family;
  if (family == 0) return false;
  families_[family].revoked = true;
  ++counts_.revocations;
  return true;
}

TokenBook::CopilotToken TokenBook::exchange_copilot(const Person& person) {
  std::lock_guard lock(mutex_);
  CopilotToken made;
  made.expires_at = clock_.now() + policy_.copilot_lifetime;
  made.token =
      "tid=" + ids_.make("", 32) + ";exp=" + std::to_string(made.expires_at / kSecond) +
      ";sku=copilot_for_individuals;proxy-ep=proxy.individual.githubcopilot.com;st=dotcom;chat=1;8kp=1:" +
      ids_.make("", 64);
  const uint64_t id = next_family_++;
  Family& family = families_[id];
  family.issuer = Issuer::github;
  family.person = person;
  family.latest_access = made.token;
  access_[made.token] = Access{id, made.expires_at, false};
  ++counts_.copilot_exchanges;
  return made;
}

AccessCheck TokenBook::check_copilot(std::string_view token) const {
  if (!token.starts_with("tid=")) return {};
  return check_access(Issuer::github, token);
}

size_t TokenBook::expire_access(std::string_view email) {
  std::lock_guard lock(mutex_);
  size_t struck = 0;
  for (auto& [token, access] : access_) {
    if (!email.empty() && families_[access.family].person.email != email) continue;
    if (access.expires_at == INT64_MAX) continue;  // GitHub's own tokens do not expire
    access.expires_at = 0;
    ++struck;
  }
  return struck;
}

size_t TokenBook::invalidate_access(std::string_view email) {
  std::lock_guard lock(mutex_);
  size_t struck = 0;
  for (auto& [token, access] : access_) {
    if (!email.empty() && families_[access.family].person.email != email) continue;
    access.invalidated = true;
    ++struck;
  }
  return struck;
}

size_t TokenBook::spoil_refresh(std::string_view email, RefreshVerdict verdict) {
  std::lock_guard lock(mutex_);
  size_t struck = 0;
  for (auto& [token, refresh] : refresh_) {
    if (!email.empty() && families_[refresh.family].person.email != email) continue;
    if (refresh.state != RefreshVerdict::good) continue;
    refresh.state = verdict;
    ++struck;
  }
  return struck;
}

std::string TokenBook::owner_of(std::string_view token) const {
  std::lock_guard lock(mutex_);
  const std::string key(token);
  if (auto access = access_.find(key); access != access_.end())
    return families_.at(access->second.family).person.email;
  if (auto refresh = refresh_.find(key); refresh != refresh_.end()) {
    return families_.at(refresh->second.family).person.email;
  }
  return {};
}

TokenPolicy TokenBook::policy() const {
  std::lock_guard lock(mutex_);
  return policy_;
}

void TokenBook::set_policy(const TokenPolicy& policy) {
  std::lock_guard lock(mutex_);
  policy_ = policy;
}

TokenCounts TokenBook::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

void TokenBook::clear() {
  std::lock_guard lock(mutex_);
  families_.clear();
  access_.clear();
  refresh_.clear();
  counts_ = {};
  policy_ = {};
  next_family_ = 1;
}

}  // namespace valetkey::emulator
