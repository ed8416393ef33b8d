#include "foundation/http/message.h"

#include "foundation/base/strings.h"

namespace valetkey::http {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && iequals(a, b);
}

}  // namespace

std::string_view Headers::get(std::string_view name) const {
  for (const HeaderView& field : fields_) {
    if (same_name(field.name, name)) return field.value;
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  for (const HeaderView& field : fields_) {
    if (same_name(field.name, name)) return true;
  }
  return false;
}

size_t Headers::count(std::string_view name) const {
  size_t found = 0;
  for (const HeaderView& field : fields_) {
    if (same_name(field.name, name)) ++found;
  }
  return found;
}

HeaderList::HeaderList(std::initializer_list<HeaderView> fields) {
  constexpr size_t kMoreFields = 8, kMoreText = 256;  // what is added to a list that was written down
  size_t text = 0;
  for (const HeaderView& field : fields) {
    text += field.name.size() + kColon.size() + field.value.size() + kLineEnd.size();
  }
  reserve(fields.size() + kMoreFields, text + kMoreText);
  for (const HeaderView& field : fields) append(field.name, field.value, {});
}

void HeaderList::add(std::string_view name, std::string_view value, std::string_view more_value) {
  constexpr size_t kUsualFields = 12, kUsualText = 512;
  // A bearer comes first and is long.
  if (sizes_.empty()) reserve(kUsualFields, kUsualText + value.size() + more_value.size());
  append(name, value, more_value);
}

void HeaderList::reserve(size_t fields, size_t text) {
  sizes_.reserve(fields);
  text_.reserve(text);
}

void HeaderList::append(std::string_view name, std::string_view value, std::string_view more_value) {
  text_.append(name).append(kColon).append(value).append(more_value).append(kLineEnd);
  sizes_.push_back(
      {static_cast<uint32_t>(name.size()), static_cast<uint32_t>(value.size() + more_value.size())});
}

void HeaderList::set(std::string_view name, std::string_view value) {
  if (!has(name)) return add(name, value);
  HeaderList changed;
  bool first = true;  // it keeps its place
  for (const HeaderView& field : fields()) {
    if (!same_name(field.name, name)) {
      changed.add(field.name, field.value);
    } else if (std::exchange(first, false)) {
      changed.add(field.name, value);
    }
  }
  *this = std::move(changed);
}

std::string_view HeaderList::get(std::string_view name) const {
  for (const HeaderView& field : fields()) {
    if (same_name(field.name, name)) return field.value;
  }
  return {};
}

bool HeaderList::has(std::string_view name) const {
  for (const HeaderView& field : fields()) {
    if (same_name(field.name, name)) return true;
  }
  return false;
}

}  // namespace valetkey::http
