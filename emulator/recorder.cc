#include "recorder.h"

#include "foundation/base/json.h"
#include "foundation/base/strings.h"
#include "foundation/jose/jose.h"

namespace valetkey::emulator {
namespace {

void write_time(JsonWriter& json, std::string_view name, Millis at) {
  json.key(name);
  at == 0 ? json.null() : json.integer(at);
}

void write_record(JsonWriter& json, const Record& record) {
  json.begin_object().member("sequence", record.sequence).member("upstream", record.upstream);
  json.member("method", record.method).member("path", record.path).member("query", record.query);
  json.key("headers").begin_array();
  for (const auto& [name, value] : record.headers) json.begin_array().string(name).string(value).end_array();
  json.end_array();
  if (is_valid_utf8(record.body)) {
    json.member("body", record.body);
  } else {
    json.member("body_base64", jose::base64_encode(record.body));
  }
  json.member("body_bytes", record.body_bytes);
  write_time(json, "started_at", record.started_at);
  write_time(json, "first_byte_at", record.first_byte_at);
  write_time(json, "ended_at", record.ended_at);
  write_time(json, "disconnected_at", record.disconnected_at);
  json.member("status", record.status).member("bytes_out", record.bytes_out);
  if (!record.fault.empty()) json.member("fault", record.fault).member("fault_applied", record.fault_applied);
  json.end_object();
}

}  // namespace

std::shared_ptr<Record> Recorder::open(std::string_view upstream, std::string_view path,
                                       const http::Request& request) {
  auto record = std::make_shared<Record>();
  record->upstream = upstream;
  record->method = request.method;
  record->path = path;
  record->query = request.query;
  record->body = request.body.substr(0, kMaxRecordedBody);
  record->body_bytes = request.body.size();
  for (const auto& field : request.headers.fields()) {
    record->headers.emplace_back(std::string(field.name), std::string(field.value));
  }
  record->started_at = SystemClock().now();
  std::lock_guard lock(mutex_);
  record->sequence = next_sequence_++;
  records_.push_back(record);
  body_bytes_ += record->body.size();
  while (records_.size() > kMaxRecords || body_bytes_ > kMaxRecordedBytes) {
    body_bytes_ -= records_.front()->body.size();
    records_.pop_front();
  }
  return record;
}

std::string Recorder::describe(std::string_view upstream, int64_t since, size_t limit) const {
  std::lock_guard lock(mutex_);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("records").begin_array();
  for (const auto& record : records_) {
    if (limit == 0) break;
    if (record->sequence < since) continue;
    if (!upstream.empty() && record->upstream != upstream) continue;
    write_record(json, *record);
    --limit;
  }
  json.end_array().member("next", next_sequence_).end_object();
  return out;
}

void Recorder::clear() {
  std::lock_guard lock(mutex_);
  records_.clear();
  body_bytes_ = 0;
}

}  // namespace valetkey::emulator
