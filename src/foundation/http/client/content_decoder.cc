#include "foundation/http/client/content_decoder.h"

#include <zlib.h>

#include "foundation/base/strings.h"

namespace valetkey::http {
namespace {

constexpr int kGzipOnly = 15 + 16;
constexpr int kZlib = 15;
constexpr int kRawDeflate = -15;
constexpr char kGzipMagic = '\x1f';

Error broken(const char* why) {
  return Error{Code::protocol, why, "content_decoder"};
}

}  // namespace

Result<std::unique_ptr<ContentDecoder>> ContentDecoder::make(std::string_view content_encoding) {
  std::string_view coding = trim(content_encoding);
  if (coding.empty() || iequals(coding, "identity")) return std::unique_ptr<ContentDecoder>();
  bool gzip = iequals(coding, "gzip") || iequals(coding, "x-gzip");
  if (!gzip && !iequals(coding, "deflate")) return broken("unknown content coding");
  return std::unique_ptr<ContentDecoder>(new ContentDecoder(!gzip));
}

ContentDecoder::ContentDecoder(bool deflate) : stream_(std::make_unique<z_stream>()), deflate_(deflate) {}

ContentDecoder::~ContentDecoder() {
  if (started_) inflateEnd(stream_.get());
}

void ContentDecoder::feed(std::string_view coded) {
  input_ = coded;
  if (!coded.empty()) untouched_ = false;
}

// "deflate" means the zlib format (RFC 9110 section 8.4.1.2); some servers send it bare. The first byte
// tells: a zlib stream with a 32 KB window starts with 0x78, one with another window has 8 in the low half.
bool ContentDecoder::start() {
  bool zlib = (input_.front() & 0x0f) == 8;
  int window = !deflate_ ? kGzipOnly : zlib ? kZlib : kRawDeflate;
  started_ = inflateInit2(stream_.get(), window) == Z_OK;
  return started_;
}

Result<std::string_view> ContentDecoder::next() {
  for (;;) {
    if (at_end_ && !input_.empty() && !deflate_ && input_.front() == kGzipMagic) {
      if (inflateReset(stream_.get()) != Z_OK) return broken("cannot restart");  // RFC 1952: members in a row
      at_end_ = false;
    }
    if (at_end_) input_ = {};
    if (input_.empty() && !more_output_) {
      out_.release();
      return std::string_view();
    }
    VK_TRY(size_t produced, inflate_some());
    if (produced > 0) return out_.view(0, produced);
  }
}

Result<size_t> ContentDecoder::inflate_some() {
  if (!started_ && !start()) return broken("cannot start");
  if (!out_) out_ = Block(Block::kUsual);
  size_t before = input_.size();
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
  stream_->avail_in = static_cast<uInt>(before);
  stream_->next_out = reinterpret_cast<Bytef*>(out_.data());
  stream_->avail_out = static_cast<uInt>(out_.capacity());
  int outcome = inflate(stream_.get(), Z_SYNC_FLUSH);
  input_.remove_prefix(before - stream_->avail_in);
  size_t produced = out_.capacity() - stream_->avail_out;
  out_.used_to(produced);
  at_end_ = outcome == Z_STREAM_END;
  more_output_ = !at_end_ && stream_->avail_out == 0;
  bool progress = produced > 0 || at_end_ || input_.size() < before || before == 0;
  bool good = outcome == Z_OK || outcome == Z_STREAM_END || outcome == Z_BUF_ERROR;
  if (!good || !progress) return broken("bad compressed data");
  return produced;
}

}  // namespace valetkey::http
