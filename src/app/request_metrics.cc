#include "app/request_metrics.h"

#include <string>

namespace valetkey {

RequestMetrics::RequestMetrics(metrics::Registry& registry)
    : seconds_(registry.histogram("valetkey_request_seconds",
                                  "Time from the request's head to the answer's end.")) {
  for (size_t i = 0; i < classes_.size(); ++i) {
    std::string label = "status=\"" + std::to_string(i + 1) + "xx\"";
    classes_[i] =
        &registry.counter("valetkey_requests_total", "Requests answered, by class of status.", label);
  }
}

void RequestMetrics::add(const http::AccessRecord& record) {
  auto status_class = static_cast<size_t>(record.status / 100);
  if (status_class >= 1 && status_class <= classes_.size()) classes_[status_class - 1]->add();
  seconds_.observe(record.micros);
}

}  // namespace valetkey
