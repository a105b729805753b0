// The little of CBOR (RFC 8949) that this component needs.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "norn.hpp"

namespace cbor {

enum Major : uint8_t { integer = 0, text = 3, array = 4, map = 5 };

class Writer {
 public:
  std::vector<uint8_t> data;

  // An item's head: an integer's value, a text's bytes, an array's or map's entries.
  void put(Major major, uint64_t value) {
    int width = value < 24 ? 0 : value <= UINT8_MAX ? 1 : value <= UINT16_MAX ? 2 : value <= UINT32_MAX ? 4 : 8;
    uint8_t code = static_cast<uint8_t>(value);
    for (int power = 0; power < 4; power++)
      if (width == 1 << power) code = static_cast<uint8_t>(24 + power);
    data.push_back(static_cast<uint8_t>(major << 5 | code));
    for (int index = width - 1; index >= 0; index--) data.push_back(static_cast<uint8_t>(value >> 8 * index));
  }
  void put(std::string_view value) {
    put(text, value.size());
    data.insert(data.end(), value.begin(), value.end());
  }
};

class Reader {
 public:
  explicit Reader(norn_bytes bytes) : at_(bytes.data), end_(bytes.data + bytes.count) {}

  bool isAtEnd() const { return at_ == end_; }

  uint64_t take(Major major) {
    if (isAtEnd() || *at_ >> 5 != major) fail();
    const uint8_t code = *at_++ & 31;
    if (code < 24) return code;
    if (code > 27) fail();
    uint64_t value = 0;
    for (uint64_t left = uint64_t{1} << (code - 24); left > 0; left--) {
      if (isAtEnd()) fail();
      value = value << 8 | *at_++;
    }
    return value;
  }
  std::string_view takeText() {
    const uint64_t count = take(text);
    if (count > static_cast<uint64_t>(end_ - at_)) fail();
    const std::string_view value(reinterpret_cast<const char *>(at_), count);
    at_ += count;
    return value;
  }

 private:
  [[noreturn]] static void fail() { throw norn::Error(NORN_DATA_LOSS, "bytes are not the CBOR that is expected"); }
  const uint8_t *at_;
  const uint8_t *end_;
};

}  // namespace cbor
