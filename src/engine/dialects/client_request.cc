// The decoded request behind translation.h: which way each pair of dialects goes.
#include <algorithm>

#include "engine/dialects/neutral.h"
#include "engine/dialects/tool_names.h"
#include "engine/dialects/translators.h"
#include "engine/dialects/upstream_rules.h"
#include "foundation/base/ids.h"

namespace valetkey::dialects {
namespace {

constexpr size_t kLongestCacheKey = 256;

bool fit_for_header(std::string_view key) {
  return !key.empty() && key.size() <= kLongestCacheKey &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// A name for a list of texts, the same in every process. Spelt like a UUID, because some upstreams want one.
class ListHash {
 public:
  void add(std::string_view text) {
    low_ = stable_hash(text, low_);
    high_ = stable_hash(text, high_);
  }
  std::string uuid() const {
    constexpr unsigned kOwnRule = 8;
    const uint64_t halves[] = {low_, high_};
    return spell_uuid({reinterpret_cast<const char*>(halves), sizeof halves}, kOwnRule);
  }

 private:
  uint64_t low_ = 0xcbf29ce484222325ull, high_ = 0x9e3779b97f4a7c15ull;
};

bool has_image_part(const Json& parts) {
  bool found = false;
  parts.each_element([&](const Json& part) {
    found = part["type"].string_or("") == "input_image";
    return !found;
  });
  return found;
}

class DecodedRequest final : public ClientRequest {
 public:
  explicit DecodedRequest(NeutralRequest request) : request_(std::move(request)) {}

  Dialect dialect() const override { return request_.dialect; }
  const std::string& model() const override { return request_.model; }
  bool stream() const override { return request_.stream; }
  bool has_images() const override { return chat() ? chat_has_images() : responses_has_images(); }
  bool last_turn_is_user() const override {
    return chat() ? chat_ends_with_user() : responses_ends_with_user();
  }

  const std::string& conversation_key() const override {
    if (conversation_key_.empty()) conversation_key_ = make_conversation_key();
    return conversation_key_;
  }

  EncodedRequest encode_for(UpstreamKind upstream) const override {
    std::string own_key(request_.prompt_cache_key);
    std::string key = upstream == UpstreamKind::codex && own_key.empty() ? conversation_key() : own_key;
    bool to_chat = dialect_of(upstream) == Dialect::chat;
    if (chat()) return to_chat ? pass_chat(request_, upstream) : encode_as_responses(request_, upstream, key);
    if (!to_chat) return pass_responses(request_, upstream, key);
    NeutralRequest whole = request_;
    if (auto refused = decode_responses_turns(whole)) {
      EncodedRequest out;
      out.refused = std::move(*refused);
      return out;
    }
    return encode_as_chat(whole, upstream);
  }

  std::unique_ptr<AnswerTranslator> translate_answer(UpstreamKind upstream,
                                                     StreamIdentity identity) const override {
    AnswerShape shape;
    shape.stream = request_.stream;
    shape.identity = std::move(identity);
    bool to_chat = dialect_of(upstream) == Dialect::chat;
    if (!to_chat) shape.names = sent_names();
    if (!chat() && !to_chat) return responses_relay(upstream, std::move(shape));
    if (chat()) {
      shape.chat = {.include_usage = request_.include_usage,
                    .legacy_function_call = request_.legacy_function_call};
      if (!knows_stop(upstream)) shape.stops = request_.stops;
    } else {
      shape.responses_echo = echo();
    }
    return neutral_translator(request_.dialect, upstream, std::move(shape));
  }

 private:
  bool chat() const { return request_.dialect == Dialect::chat; }

  bool chat_has_images() const {
    return std::any_of(request_.items.begin(), request_.items.end(), [](const Item& item) {
      return std::any_of(item.parts.begin(), item.parts.end(),
                         [](const Part& part) { return part.kind == Part::Kind::image; });
    });
  }
  bool responses_has_images() const {
    bool found = false;
    request_.body["input"].each_element([&](const Json& item) {
      found = has_image_part(item["content"]) || has_image_part(item["output"]);
      return !found;
    });
    return found;
  }

  bool chat_ends_with_user() const {
    if (request_.items.empty()) return true;
    const Item& last = request_.items.back();
    return last.kind == Item::Kind::message && last.role != Role::assistant;
  }
  bool responses_ends_with_user() const {
    Json input = request_.body["input"], last;
    input.each_element([&](const Json& item) { last = item; });
    if (!last.exists()) return true;
    return last["type"].string_or("message") == "message" && last["role"].string_or("user") != "assistant";
  }

  std::string make_conversation_key() const {
    if (fit_for_header(request_.prompt_cache_key)) return std::string(request_.prompt_cache_key);
    ListHash beginning;
    beginning.add(request_.model);
    beginning.add(request_.prompt_cache_key);
    beginning.add(request_.instructions);
    if (request_.prompt_cache_key.empty()) add_first_turns(beginning);
    return beginning.uuid();
  }

  // Everything up to the person's first message: the same in every later request of the conversation.
  void add_first_turns(ListHash& beginning) const {
    if (chat()) {
      for (const Item& item : request_.items) {
        for (const Part& part : item.parts) {
          beginning.add(part.text);
          beginning.add(part.url.substr(0, 512));
        }
        if (item.kind == Item::Kind::message && item.role == Role::user) break;
      }
      return;
    }
    if (auto text = request_.body["input"].string()) beginning.add(*text);
    request_.body["input"].each_element([&](const Json& item) {
      beginning.add(to_json(item["content"]));
      return item["role"].string_or("") != "user";
    });
  }

  ToolNames sent_names() const {
    ToolNames names;
    for (const Tool& tool : request_.tools) (void)names.shortened(tool.name);
    if (!chat()) {
      request_.body["tools"].each_element([&](const Json& tool) {
        std::string_view type = tool["type"].string_or("");
        if (type == "function" || type == "custom") (void)names.shortened(tool["name"].string_or(""));
      });
    }
    return names;
  }

  // What a response object repeats of its request.
  std::string echo() const {
    std::string out;
    JsonWriter json(out);
    auto copy = [&](std::string_view name, std::string_view fallback) {
      Json value = request_.body[name];
      if (value.exists() && !value.is_null()) {
        json.member(name, value);
      } else {
        json.key(name).raw(fallback);
      }
    };
    copy("instructions", "null");
    copy("tools", "[]");
    copy("tool_choice", "\"auto\"");
    copy("parallel_tool_calls", "true");
    copy("temperature", "null");
    copy("top_p", "null");
    copy("max_output_tokens", "null");
    copy("text", R"({"format":{"type":"text"}})");
    copy("reasoning", R"({"effort":null,"summary":null})");
    copy("metadata", "{}");
    json.key("previous_response_id").null().member("store", false).member("truncation", "disabled");
    return out;
  }

  NeutralRequest request_;
  mutable std::string conversation_key_;  // made when first asked for
};

DecodeOutcome outcome(std::optional<Failure> failure, NeutralRequest request) {
  if (failure) return std::move(*failure);
  return std::make_unique<DecodedRequest>(std::move(request));
}

}  // namespace

DecodeOutcome decode_chat_request(const Json& body) {
  NeutralRequest request;
  auto failure = decode_chat(body, request);
  return outcome(std::move(failure), std::move(request));
}

DecodeOutcome decode_responses_request(const Json& body) {
  NeutralRequest request;
  auto failure = decode_responses(body, request);
  return outcome(std::move(failure), std::move(request));
}

}  // namespace valetkey::dialects
