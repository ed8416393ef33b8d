// Memory for bytes that are about to be written, lent by the running thread.
#pragma once

#include <string>

namespace valetkey::http {

// An empty string with capacity, borrowed for as long as this lives: a connection or a stream that waits owns
// no output memory. Wiped when given back. Not to be handed to another thread.
class OutputBuffer {
 public:
  OutputBuffer();
  ~OutputBuffer();
  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;
  std::string& text() { return text_; }
  void clear();

 private:
  std::string text_;
};

}  // namespace valetkey::http
