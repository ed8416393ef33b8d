#include "foundation/crypto/signature.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include <optional>

#include "foundation/crypto/crypto.h"
#include "foundation/crypto/signature_native.h"

namespace valetkey::crypto {
namespace {

constexpr size_t kHalf = 32;             // of a P-256 signature
constexpr size_t kMaxDerSignature = 72;  // two integers of 33 bytes
constexpr size_t kEd25519SignatureSize = 64;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

// An INTEGER of RFC 3279's ECDSA-Sig-Value: shortest form, with a zero before a set high bit.
void append_der_integer(std::string& out, std::string_view bytes) {
  while (bytes.size() > 1 && bytes.front() == '\0') bytes.remove_prefix(1);
  const bool padded = (static_cast<unsigned char>(bytes.front()) & 0x80) != 0;
  out.push_back('\x02');
  out.push_back(static_cast<char>(bytes.size() + (padded ? 1 : 0)));
  if (padded) out.push_back('\0');
  out.append(bytes);
}

std::string der_of_raw(std::string_view raw) {
  std::string integers;
  append_der_integer(integers, raw.substr(0, kHalf));
  append_der_integer(integers, raw.substr(kHalf));
  return std::string("\x30") + static_cast<char>(integers.size()) + integers;
}

// The other way, for what OpenSSL has just written itself: lengths below 128, positive integers.
std::string raw_of_der(std::string_view der) {
  std::string raw(2 * kHalf, '\0');
  der.remove_prefix(2);
  for (size_t half = 1; half <= 2; ++half) {
    const auto size = size_t{static_cast<unsigned char>(der[1])};
    std::string_view integer = der.substr(2, size);
    der.remove_prefix(2 + size);
    if (integer.size() > kHalf) integer.remove_prefix(integer.size() - kHalf);
    integer.copy(raw.data() + half * kHalf - integer.size(), integer.size());
  }
  return raw;
}

EVP_MD* sha256_algorithm() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

Owned<EVP_PKEY_CTX> copy_of(const PreparedKey& prepared) {
  Owned<EVP_PKEY_CTX> copy(EVP_PKEY_CTX_dup(prepared.on_hash.get()));
  if (!copy) die("signature context");
  return copy;
}

Owned<EVP_MD_CTX> message_copy_of(const PreparedKey& prepared) {
  Owned<EVP_MD_CTX> copy(EVP_MD_CTX_new());
  if (!copy || EVP_MD_CTX_copy_ex(copy.get(), prepared.on_message.get()) != 1) die("signature context");
  return copy;
}

}  // namespace

PreparedKey prepare(Owned<EVP_PKEY> key, KeyKind kind, Use use) {
  PreparedKey out;
  out.key = std::move(key);
  bool ready = false;
  if (kind == KeyKind::ed25519) {
    out.on_message.reset(EVP_MD_CTX_new());
    const auto init = use == Use::sign ? EVP_DigestSignInit : EVP_DigestVerifyInit;
    ready = init(out.on_message.get(), nullptr, nullptr, nullptr, out.key.get()) == 1;
  } else {
    out.on_hash.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, out.key.get(), nullptr));
    EVP_PKEY_CTX* context = out.on_hash.get();
    ready = context != nullptr &&
            (use == Use::sign ? EVP_PKEY_sign_init(context) : EVP_PKEY_verify_init(context)) == 1 &&
            (kind != KeyKind::rsa || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1) &&
            EVP_PKEY_CTX_set_signature_md(context, sha256_algorithm()) == 1;
  }
  if (!ready) die("signature key");
  return out;
}

KeyKind PublicKey::kind() const {
  return native_->kind;
}

const PublicParts& PublicKey::parts() const {
  return native_->parts;
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
  int genuine = 0;
  if (native_->kind == KeyKind::ed25519) {
    if (signature.size() != kEd25519SignatureSize) return false;
    const auto context = message_copy_of(native_->verifying);
    genuine = EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                               message.size());
  } else {
    std::string der;
    if (native_->kind == KeyKind::p256) {
      if (signature.size() != 2 * kHalf) return false;
      der = der_of_raw(signature);
      signature = der;
    }
    const std::string hash = sha256(message);
    const auto context = copy_of(native_->verifying);
    genuine = EVP_PKEY_verify(context.get(), bytes_of(signature), signature.size(),
                              bytes_of(std::string_view(hash)), hash.size());
  }
  if (genuine != 1) ERR_clear_error();  // TLS on this thread reads the same queue
  return genuine == 1;
}

std::optional<std::string> sign_with(const PreparedKey& prepared, KeyKind kind, std::string_view message) {
  std::string out;
  bool done = false;
  size_t size = kEd25519SignatureSize;
  if (kind == KeyKind::ed25519) {
    out.resize(size);
    const auto context = message_copy_of(prepared);
    done = EVP_DigestSign(context.get(), bytes_of(out), &size, bytes_of(message), message.size()) == 1;
  } else {
    size =
        kind == KeyKind::p256 ? kMaxDerSignature : static_cast<size_t>(EVP_PKEY_get_size(prepared.key.get()));
    out.resize(size);
    const std::string hash = sha256(message);
    const auto context = copy_of(prepared);
    done = EVP_PKEY_sign(context.get(), bytes_of(out), &size, bytes_of(std::string_view(hash)),
                         hash.size()) == 1;
  }
  if (!done) {
    ERR_clear_error();
    return std::nullopt;
  }
  out.resize(size);
  return kind == KeyKind::p256 ? raw_of_der(out) : out;
}

std::string PrivateKey::sign(std::string_view message) const {
  auto signature = sign_with(native_->signing, kind(), message);
  if (!signature) die("signature");
  return *std::move(signature);
}

}  // namespace valetkey::crypto
