#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "norn.hpp"

// One attempt of @MODULE@ at one party. What a function throws becomes the attempt's failure.
class @MODULE@ final : public norn::Component {
 public:
  static constexpr const char *name = "@MODULE@";
  static std::vector<uint8_t> describe();
  static const std::vector<const norn_kernel *> &kernels();

  using Component::Component;
  void run() override;

 private:
  struct Parties {
    std::string_view guest;
    std::vector<std::string_view> hosts;
  };

  Parties parties() const;
  uint64_t minimumRows() const;
  uint64_t countRows() const;
  uint64_t countOf(std::string_view party, uint64_t ticket) const;
  void publish(uint64_t total) const;
};
