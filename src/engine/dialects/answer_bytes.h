// What goes to the client for one read of an upstream's stream.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace valetkey::dialects {

// First a piece of the read where it lies, then text. An answer that passes as it came is not copied, and so
// leaves nothing behind that would have to be wiped. Valid until the read's bytes go.
class AnswerBytes {
 public:
  // `text` is lent, empty.
  explicit AnswerBytes(std::string& text) : text_(text) {}

  // Bytes of the read: taken where they lie while they follow each other and no text came before them, else
  // copied.
  void pass(std::string_view bytes) {
    if (text_.empty() && passed_.empty()) {
      passed_ = bytes;
    } else if (text_.empty() && passed_.data() + passed_.size() == bytes.data()) {
      passed_ = {passed_.data(), passed_.size() + bytes.size()};
    } else {
      text_.append(bytes);
    }
  }
  // To append what is no piece of the read.
  std::string& text() { return text_; }

  std::string_view passed() const { return passed_; }
  size_t size() const { return passed_.size() + text_.size(); }
  bool empty() const { return size() == 0; }
  void append_to(std::string& out) const { out.append(passed_).append(text_); }
  void clear() {
    passed_ = {};
    text_.clear();
  }

 private:
  std::string_view passed_;
  std::string& text_;
};

}  // namespace valetkey::dialects
