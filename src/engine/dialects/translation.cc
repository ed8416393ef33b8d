// Driving a translator with an upstream's bytes.
#include "engine/dialects/translation.h"

namespace valetkey::dialects {

Result<void> translate(http::SseReader& reader, std::string_view bytes, AnswerTranslator& translator,
                       AnswerBytes& out) {
  reader.feed(bytes);
  http::SseEvent event;
  while (!translator.finished()) {
    reader.skip(translator.on_run(reader.rest(), out));
    VK_TRY(bool more, reader.next(event));
    if (!more) break;
    translator.on_event(event, out);
  }
  translator.on_read_over(out);
  return {};
}

void translate_end(http::SseReader& reader, AnswerTranslator& translator, AnswerBytes& out) {
  if (translator.finished()) return;
  http::SseEvent event;
  auto last = reader.finish(event);
  if (last.ok() && *last) translator.on_event(event, out);
  if (!translator.finished()) translator.on_end(out);
}

}  // namespace valetkey::dialects
