#include <climits>

#include "foundation/crypto/crypto.h"
#include "foundation/crypto/native.h"

namespace valetkey::crypto {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// One context per thread; the cipher and its implementation are looked up once.
EVP_CIPHER_CTX* thread_context() {
  static EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  static thread_local Owned<EVP_CIPHER_CTX> context = [] {
    Owned<EVP_CIPHER_CTX> fresh(EVP_CIPHER_CTX_new());
    if (algorithm == nullptr ||
        EVP_CipherInit_ex2(fresh.get(), algorithm, nullptr, nullptr, 1, nullptr) != 1) {
      die("aes-256-gcm");
    }
    return fresh;
  }();
  return context.get();
}

// The key schedule must not outlive the call: it is replaced by that of a key of zeros. (The nonce is no
// secret, and OpenSSL asks itself at some length how long a new one would be.)
void forget_key(EVP_CIPHER_CTX* context) {
  static constexpr unsigned char kZeros[kAeadKeySize] = {};
  if (EVP_CipherInit_ex2(context, nullptr, kZeros, nullptr, 1, nullptr) != 1) die("aes-256-gcm rekey");
}

bool update(EVP_CIPHER_CTX* context, unsigned char* out, std::string_view in) {
  int written = 0;
  return in.empty() ||
         EVP_CipherUpdate(context, out, &written, bytes_of(in), static_cast<int>(in.size())) == 1;
}

}  // namespace

std::string aead_seal(const Secret& key, std::string_view nonce, std::string_view plaintext,
                      std::string_view aad) {
  if (key.size() != kAeadKeySize || nonce.size() != kAeadNonceSize ||
      plaintext.size() > INT_MAX - kAeadTagSize || aad.size() > INT_MAX) {
    die("aead_seal sizes");
  }
  EVP_CIPHER_CTX* context = thread_context();
  std::string out(plaintext.size() + kAeadTagSize, '\0');
  auto* data = reinterpret_cast<unsigned char*>(out.data());
  int written = 0;
  if (EVP_CipherInit_ex2(context, nullptr, bytes_of(key.reveal()), bytes_of(nonce), 1, nullptr) != 1 ||
      !update(context, nullptr, aad) || !update(context, data, plaintext) ||
      EVP_CipherFinal_ex(context, data + plaintext.size(), &written) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kAeadTagSize, data + plaintext.size()) != 1) {
    die("aead_seal");
  }
  forget_key(context);
  return out;
}

Result<void> aead_open_in_place(const Secret& key, std::string_view nonce, std::span<char> ciphertext,
                                std::string_view aad) {
  if (key.size() != kAeadKeySize) return Error{Code::invalid_argument, "key is not 32 bytes", "aead_open"};
  if (nonce.size() != kAeadNonceSize)
    return Error{Code::invalid_argument, "nonce is not 12 bytes", "aead_open"};
  if (ciphertext.size() < kAeadTagSize)
    return Error{Code::invalid_argument, "shorter than its tag", "aead_open"};
  if (ciphertext.size() > INT_MAX || aad.size() > INT_MAX) {
    return Error{Code::invalid_argument, "too long", "aead_open"};
  }
  EVP_CIPHER_CTX* context = thread_context();
  const std::span<char> body = ciphertext.first(ciphertext.size() - kAeadTagSize);
  auto* data = reinterpret_cast<unsigned char*>(body.data());
  if (EVP_CipherInit_ex2(context, nullptr, bytes_of(key.reveal()), bytes_of(nonce), 0, nullptr) != 1 ||
      !update(context, nullptr, aad) || !update(context, data, {body.data(), body.size()}) ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadTagSize, data + body.size()) != 1) {
    die("aead_open");
  }
  int written = 0;
  unsigned char nothing[kAeadTagSize];
  const bool genuine = EVP_CipherFinal_ex(context, nothing, &written) == 1;
  forget_key(context);
  if (genuine) return {};
  wipe_bytes(body.data(), body.size());
  return Error{Code::unauthorized, "authentication tag does not fit", "aead_open"};
}

Result<Secret> aead_open(const Secret& key, std::string_view nonce, std::string_view ciphertext,
                         std::string_view aad) {
  std::string text(ciphertext);
  VK_CHECK(aead_open_in_place(key, nonce, text, aad));
  text.resize(text.size() - kAeadTagSize);
  return Secret(std::move(text));
}

}  // namespace valetkey::crypto
