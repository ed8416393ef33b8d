#include "foundation/http/sse.h"

#include <cstring>

namespace valetkey::http {
namespace {

constexpr std::string_view kBom = "\xef\xbb\xbf";
constexpr unsigned kBomDone = 4;

const char* find(const char* begin, const char* end, char wanted) {
  if (begin == end) return end;
  const void* at = std::memchr(begin, wanted, static_cast<size_t>(end - begin));
  return at == nullptr ? end : static_cast<const char*>(at);
}

const char* end_of(std::string_view text) {
  return text.data() + text.size();
}

// SseEvent::plain of an event that begins at `begin` and whose blank line ends before `end`.
std::string_view plain_event(const SseEvent& event, const char* begin, const char* end) {
  constexpr std::string_view kName = "event: ", kData = "\ndata: ", kEnd = "\n\n";
  if (begin == nullptr) return {};
  std::string_view all(begin, static_cast<size_t>(end - begin));
  const size_t data_at = kName.size() + event.event.size() + kData.size();
  if (all.size() != data_at + event.data.size() + kEnd.size()) return {};
  if (event.event.data() != begin + kName.size() || event.data.data() != begin + data_at) return {};
  bool plain = all.starts_with(kName) && all.ends_with(kEnd) &&
               all.substr(data_at - kData.size(), kData.size()) == kData;
  return plain ? all : std::string_view();
}

}  // namespace

void SseReader::feed(std::string_view bytes) {
  input_ = bytes;
  if (skip_lf_ && !input_.empty()) {
    if (input_.front() == '\n') input_.remove_prefix(1);
    skip_lf_ = false;
  }
  next_cr_ = find(input_.data(), end_of(input_), '\r');
}

Result<bool> SseReader::next(SseEvent& event) {
  if (failed_) return too_large();
  if (bom_bytes_ != kBomDone && !skip_bom()) return false;
  std::string_view line;
  event_ = between_events() ? input_.data() : nullptr;
  while (take_line(line)) {
    if (line.empty()) {
      if (dispatch(event)) return true;
      event_ = input_.data();
      continue;
    }
    if (!take_field(line)) return too_large();
  }
  if (!keep_partial()) return too_large();
  return false;
}

// False when the input ended inside what may still become a BOM.
bool SseReader::skip_bom() {
  while (bom_bytes_ < kBom.size()) {
    if (input_.empty()) return false;
    if (input_.front() != kBom[bom_bytes_]) {
      partial_line_.assign(kBom.substr(0, bom_bytes_));  // it was text after all
      break;
    }
    input_.remove_prefix(1);
    ++bom_bytes_;
  }
  bom_bytes_ = kBomDone;
  return true;
}

// Takes a complete line off the input, its end removed. The view lies in the input or in held_line_.
bool SseReader::take_line(std::string_view& line) {
  const char* begin = input_.data();
  const char* end = end_of(input_);
  const char* stop = find(begin, next_cr_, '\n');
  if (stop == end) return false;
  const char* after = stop + 1;
  if (*stop == '\r') {
    if (after == end) {
      skip_lf_ = true;  // a CR ends the line at once; its LF may come with the next feed
    } else if (*after == '\n') {
      ++after;
    }
    next_cr_ = find(after, end, '\r');
  }
  input_ = {after, static_cast<size_t>(end - after)};
  line = {begin, static_cast<size_t>(stop - begin)};
  if (!partial_line_.empty()) [[unlikely]] {
    partial_line_.append(line);
    held_line_.swap(partial_line_);
    partial_line_.clear();
    line = held_line_;
  }
  return true;
}

// False: over the limit.
bool SseReader::take_field(std::string_view line) {
  if (line.size() > max_event_bytes_) return false;
  const char* end = end_of(line);
  const char* colon = find(line.data(), end, ':');
  std::string_view name = line.substr(0, static_cast<size_t>(colon - line.data()));
  std::string_view value;
  if (colon != end) {
    value = line.substr(name.size() + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
  }
  if (name == "data") return add_data(value);
  if (name == "event") name_view_ = value;
  return true;
}

bool SseReader::add_data(std::string_view value) {
  if (!has_data_) {
    has_data_ = true;
    data_view_ = value;
    return true;
  }
  if (data_view_.size() + 1 + value.size() > max_event_bytes_) return false;
  if (data_view_.data() != data_.data()) data_.assign(data_view_);
  data_.append(1, '\n').append(value);
  data_view_ = data_;
  return true;
}

// At a blank line. An event without a data line is none.
bool SseReader::dispatch(SseEvent& event) {
  bool complete = has_data_;
  event.event = name_view_;
  event.data = data_view_;
  event.plain = plain_event(event, event_, input_.data());
  has_data_ = false;
  data_view_ = name_view_ = {};
  return complete;
}

// The fed bytes are used up: what an unfinished event needs of them is copied. False: over the limit.
bool SseReader::keep_partial() {
  if (!input_.empty()) {
    if (partial_line_.size() + input_.size() > max_event_bytes_) return false;
    partial_line_.append(input_);
    input_ = {};
  }
  next_cr_ = end_of(input_);
  if (has_data_ && data_view_.data() != data_.data()) {
    data_.assign(data_view_);
    data_view_ = data_;
  }
  if (!name_view_.empty() && name_view_.data() != event_name_.data()) {
    event_name_.assign(name_view_);
    name_view_ = event_name_;
  }
  return true;
}

std::string_view SseReader::rest() const {
  return between_events() && bom_bytes_ == kBomDone && !failed_ ? input_ : std::string_view();
}

bool SseReader::between_events() const {
  return !has_data_ && name_view_.empty() && partial_line_.empty();
}

Result<bool> SseReader::finish(SseEvent& event) {
  if (failed_) return too_large();
  event_ = nullptr;
  if (bom_bytes_ != kBomDone) {
    partial_line_.assign(kBom.substr(0, bom_bytes_));
    bom_bytes_ = kBomDone;
  }
  if (!partial_line_.empty()) {
    held_line_.swap(partial_line_);
    partial_line_.clear();
    if (!take_field(held_line_)) return too_large();
  }
  return dispatch(event);
}

Result<bool> SseReader::too_large() {
  failed_ = true;
  return Error{Code::too_large, "event over " + std::to_string(max_event_bytes_) + " bytes", "sse"};
}

}  // namespace valetkey::http
