// Undoes Content-Encoding gzip and deflate, for servers that send them although identity was asked for.
#pragma once

#include <memory>
#include <string_view>

#include "foundation/base/result.h"
#include "foundation/http/client/block.h"

struct z_stream_s;

namespace valetkey::http {

class ContentDecoder {
 public:
  // Null for identity or none. Code::protocol for a coding that nobody asked for and that is not known here.
  static Result<std::unique_ptr<ContentDecoder>> make(std::string_view content_encoding);
  ~ContentDecoder();

  // The bytes must stay until next() gave an empty view.
  void feed(std::string_view coded);
  // At most 32 KB, valid until the next call; empty: more input is needed, or the end was reached.
  Result<std::string_view> next();
  // The coded form said its end, or there was none of it at all.
  bool complete() const { return at_end_ || untouched_; }

 private:
  explicit ContentDecoder(bool deflate);
  bool start();
  Result<size_t> inflate_some();
  Block out_;
  std::unique_ptr<z_stream_s> stream_;
  std::string_view input_;
  const bool deflate_;
  bool started_ = false;
  bool untouched_ = true;
  bool at_end_ = false;
  bool more_output_ = false;  // the last call filled the block
};

}  // namespace valetkey::http
