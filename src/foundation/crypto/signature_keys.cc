// Making signature keys, reading and writing them.
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <climits>
#include <optional>

#include "foundation/base/strings.h"
#include "foundation/crypto/signature_native.h"

namespace valetkey::crypto {
namespace {

constexpr size_t kCoordinate = 32;
constexpr size_t kMaxExponent = 8;
constexpr const char* kP256 = "prime256v1";

struct FreeMore {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
  void operator()(PKCS8_PRIV_KEY_INFO* info) const { PKCS8_PRIV_KEY_INFO_free(info); }
};
template <class T>
using Held = std::unique_ptr<T, FreeMore>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Error refused(const char* why) {
  ERR_clear_error();
  return Error{Code::invalid_argument, why, "signature_key"};
}

Held<BIGNUM> number_of(std::string_view bytes) {
  return Held<BIGNUM>(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

Owned<EVP_PKEY> key_of(const char* type, OSSL_PARAM_BLD* builder) {
  const Held<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1) {
    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
  }
  return Owned<EVP_PKEY>(key);
}

// OpenSSL refuses a point that is not on the curve; P-256 has no subgroup to check.
Owned<EVP_PKEY> p256_key(const PublicParts& parts) {
  if (parts.x.size() != kCoordinate || parts.y.size() != kCoordinate) return nullptr;
  const std::string point = "\x04" + parts.x + parts.y;
  const Held<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, kP256, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1) {
    return nullptr;
  }
  return key_of("EC", builder.get());
}

// Bounded before OpenSSL sees it: a huge or odd-shaped number costs time.
bool acceptable_rsa(const PublicParts& parts) {
  if (parts.n.empty() || parts.n.size() > kMaxRsaBits / CHAR_BIT || parts.n.front() == '\0') return false;
  if (parts.e.empty() || parts.e.size() > kMaxExponent || parts.e.front() == '\0') return false;
  const auto is_odd = [](const std::string& number) { return (number.back() & 1) != 0; };
  const bool is_one = parts.e.size() == 1 && parts.e.front() == '\1';
  return is_odd(parts.n) && is_odd(parts.e) && !is_one &&
         BN_num_bits(number_of(parts.n).get()) >= kMinRsaBits;
}

Owned<EVP_PKEY> rsa_key(const PublicParts& parts) {
  if (!acceptable_rsa(parts)) return nullptr;
  const Held<BIGNUM> n = number_of(parts.n), e = number_of(parts.e);
  const Held<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return key_of("RSA", builder.get());
}

// A point of order 1, 2, 4 or 8 verifies signatures that nobody made. Their y coordinates, little-endian, the
// sign of x left aside; the last two are the first two again, not reduced.
bool is_of_small_order(std::string point) {
  static const std::array<std::string, 7> kSmall = {
      std::string(32, '\0'),
      '\1' + std::string(31, '\0'),
      '\xec' + std::string(30, '\xff') + '\x7f',
      *from_hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
      *from_hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
      '\xed' + std::string(30, '\xff') + '\x7f',
      '\xee' + std::string(30, '\xff') + '\x7f',
  };
  point.back() = static_cast<char>(point.back() & 0x7f);
  for (const std::string& small : kSmall) {
    if (point == small) return true;
  }
  return false;
}

Owned<EVP_PKEY> ed25519_key(const PublicParts& parts) {
  if (parts.x.size() != kCoordinate || is_of_small_order(parts.x)) return nullptr;
  return Owned<EVP_PKEY>(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(parts.x), kCoordinate));
}

Owned<EVP_PKEY> public_key_of(KeyKind kind, const PublicParts& parts) {
  switch (kind) {
    case KeyKind::p256:
      return p256_key(parts);
    case KeyKind::rsa:
      return rsa_key(parts);
    case KeyKind::ed25519:
      return ed25519_key(parts);
  }
  return nullptr;
}

// A member of the key, big-endian; `size` 0: as long as it is.
std::string number_in(EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* found = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &found) != 1) return "";
  const Held<BIGNUM> number(found);
  std::string out(static_cast<size_t>(size == 0 ? BN_num_bytes(found) : size), '\0');
  if (BN_bn2binpad(found, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) < 0)
    return "";
  return out;
}

PublicParts parts_of(EVP_PKEY* key, KeyKind kind) {
  PublicParts parts;
  switch (kind) {
    case KeyKind::p256:
      parts.x = number_in(key, OSSL_PKEY_PARAM_EC_PUB_X, kCoordinate);
      parts.y = number_in(key, OSSL_PKEY_PARAM_EC_PUB_Y, kCoordinate);
      break;
    case KeyKind::rsa:
      parts.n = number_in(key, OSSL_PKEY_PARAM_RSA_N);
      parts.e = number_in(key, OSSL_PKEY_PARAM_RSA_E);
      break;
    case KeyKind::ed25519: {
      parts.x.resize(kCoordinate);
      size_t size = kCoordinate;
      if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(parts.x.data()), &size) != 1)
        return {};
    }
  }
  return parts;
}

std::optional<KeyKind> kind_of(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyKind::ed25519;
  if (EVP_PKEY_is_a(key, "RSA") == 1) return KeyKind::rsa;
  char curve[32] = {};
  if (EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, curve, sizeof curve, nullptr) == 1 &&
      std::string_view(curve) == kP256) {
    return KeyKind::p256;
  }
  return std::nullopt;
}

// An encrypted PEM must not make OpenSSL ask at the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Held<PKCS8_PRIV_KEY_INFO> read_info(std::string_view text) {
  if (text.size() > INT_MAX) return nullptr;
  if (text.find("-----BEGIN ") != std::string_view::npos) {
    const Held<BIO> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    return Held<PKCS8_PRIV_KEY_INFO>(
        PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio.get(), nullptr, no_passphrase, nullptr));
  }
  const unsigned char* at = bytes_of(text);
  Held<PKCS8_PRIV_KEY_INFO> info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(text.size())));
  if (at != bytes_of(text) + text.size()) return nullptr;
  return info;
}

Owned<EVP_PKEY> generate_native(KeyKind kind) {
  switch (kind) {
    case KeyKind::p256:
      return Owned<EVP_PKEY>(EVP_EC_gen(kP256));
    case KeyKind::rsa:
      return Owned<EVP_PKEY>(EVP_RSA_gen(kMinRsaBits));
    case KeyKind::ed25519:
      return Owned<EVP_PKEY>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  }
  return nullptr;
}

}  // namespace

std::optional<PublicKey> KeyMaker::public_key(Owned<EVP_PKEY> key, KeyKind kind, PublicParts parts) {
  if (!key) return std::nullopt;
  PublicKey out;
  out.native_ = std::make_shared<const PublicKey::Native>(
      PublicKey::Native{kind, std::move(parts), prepare(std::move(key), kind, Use::verify)});
  return out;
}

std::optional<PrivateKey> KeyMaker::private_key(Owned<EVP_PKEY> key) {
  const auto kind = key ? kind_of(key.get()) : std::nullopt;
  if (!kind) return std::nullopt;
  PublicParts parts = parts_of(key.get(), *kind);
  Owned<EVP_PKEY> public_half = public_key_of(*kind, parts);
  auto public_key = KeyMaker::public_key(std::move(public_half), *kind, std::move(parts));
  if (!public_key) return std::nullopt;
  PrivateKey out;
  out.public_key_ = *std::move(public_key);
  out.native_ = std::make_shared<const PrivateKey::Native>(
      PrivateKey::Native{prepare(std::move(key), *kind, Use::sign)});
  return out;
}

Result<PublicKey> PublicKey::from_parts(KeyKind kind, const PublicParts& parts) {
  auto key = KeyMaker::public_key(public_key_of(kind, parts), kind, parts);
  if (!key) return refused("not a public key of this kind");
  return *std::move(key);
}

PrivateKey PrivateKey::generate(KeyKind kind) {
  auto key = KeyMaker::private_key(generate_native(kind));
  if (!key) die("key generation");
  return *std::move(key);
}

Result<PrivateKey> PrivateKey::from_pkcs8(const Secret& text) {
  const auto info = read_info(text.reveal());
  auto key = KeyMaker::private_key(Owned<EVP_PKEY>(info ? EVP_PKCS82PKEY(info.get()) : nullptr));
  if (!key) return refused("not a PKCS #8 private key of a known kind");
  // One signature proves that the halves belong together; checking the numbers of a large RSA key takes a
  // second.
  constexpr std::string_view kProbe = "probe";
  const auto signature = sign_with(key->native_->signing, key->kind(), kProbe);
  if (!signature || !key->public_key().verify(kProbe, *signature))
    return refused("halves do not belong together");
  return *std::move(key);
}

Secret PrivateKey::pkcs8() const {
  const Held<PKCS8_PRIV_KEY_INFO> info(EVP_PKEY2PKCS8(native_->signing.key.get()));
  unsigned char* bytes = nullptr;
  const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &bytes) : -1;
  if (size <= 0) die("pkcs8");
  Secret out(std::string_view(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)));
  OPENSSL_clear_free(bytes, static_cast<size_t>(size));
  return out;
}

}  // namespace valetkey::crypto
