#include "foundation/base/log.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include "foundation/base/clock.h"
#include "foundation/base/json.h"
#include "foundation/base/strings.h"

namespace valetkey::log {
namespace {

// A longer text is cut: a log line is for reading, and a peer's words must not fill the disk.
constexpr size_t kMaxText = 2048;

std::atomic<Level> minimum_level = Level::info;
std::atomic<int> descriptor = STDERR_FILENO;

const char* level_name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "error";
}

// 2026-11-20T10:15:30.123Z. The text of the running second is kept: gmtime is the dearest part of a line.
void append_time(std::string& out, Millis now) {
  thread_local int64_t kept_second = -1;
  thread_local char kept[24] = {};
  if (now / kSecond != kept_second) {
    kept_second = now / kSecond;
    time_t seconds = static_cast<time_t>(kept_second);
    tm parts{};
    gmtime_r(&seconds, &parts);
    strftime(kept, sizeof kept, "%Y-%m-%dT%H:%M:%S", &parts);
  }
  char millis[8];
  snprintf(millis, sizeof millis, ".%03dZ", static_cast<int>(now % kSecond));
  out.append(kept).append(millis);
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

void append_text(JsonWriter& json, std::string_view text) {
  std::string_view shown = text;
  if (shown.size() > kMaxText) {
    size_t end = kMaxText;
    while (end > kMaxText - 3 && is_continuation(text[end])) --end;
    shown = text.substr(0, end);
  }
  if (is_valid_utf8(shown)) {
    json.string(shown);
  } else {
    std::string ascii(shown);
    for (char& c : ascii) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
    json.string(ascii);
  }
}

void append_field(JsonWriter& json, const Field& field) {
  json.key(field.name);
  if (auto* text = std::get_if<std::string_view>(&field.value)) append_text(json, *text);
  if (auto* number = std::get_if<int64_t>(&field.value)) json.integer(*number);
  if (auto* flag = std::get_if<bool>(&field.value)) json.boolean(*flag);
}

// One write(2) puts a whole line into a file or a pipe. Only a peer that takes a part of it (a full pipe)
// makes a second one necessary. An error is dropped: there is nowhere to report it.
void write_line(std::string_view line) {
  int fd = descriptor.load(std::memory_order_relaxed);
  while (!line.empty()) {
    ssize_t taken = ::write(fd, line.data(), line.size());
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) return;
    line.remove_prefix(static_cast<size_t>(taken));
  }
}

}  // namespace

void set_level(Level level) {
  minimum_level.store(level, std::memory_order_relaxed);
}

void set_file_descriptor(int fd) {
  descriptor.store(fd, std::memory_order_relaxed);
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < minimum_level.load(std::memory_order_relaxed)) return;
  thread_local std::string line;
  line.clear();
  line.append("{\"time\":\"");
  append_time(line, SystemClock().now());
  line.append("\",\"level\":\"").append(level_name(level)).append("\",\"event\":");
  JsonWriter(line).string(event);
  for (const Field& field : fields) {
    line.push_back(',');
    JsonWriter member(line);
    append_field(member, field);
  }
  line.append("}\n");
  write_line(line);
}

}  // namespace valetkey::log
