// Norn's plugin ABI for C++17. Generated from spec/norn.json by norn-abi-generate: do not edit.
// SPDX-License-Identifier: Apache-2.0
#ifndef NORN_HPP
#define NORN_HPP
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "norn.h"

namespace norn {

// What a host function could not do, or what a component reports: code, flags, one sentence.
class Error : public std::runtime_error {
 public:
  Error(norn_status code, const std::string &message, uint32_t flags = 0)
      : std::runtime_error(message), code_(code), flags_(flags) {}
  explicit Error(const norn_error &error)
      : Error(error.code, std::string(error.message, error.message_count), error.flags) {}
  norn_status code() const { return code_; }
  uint32_t flags() const { return flags_; }

 private:
  norn_status code_;
  uint32_t flags_;
};

inline std::string_view view(norn_string text) { return {text.data, static_cast<size_t>(text.count)}; }
inline norn_string string(std::string_view text) { return {text.data(), text.size()}; }
inline norn_bytes bytes(const std::vector<uint8_t> &data) { return {data.data(), data.size()}; }

// Calls a host function that takes an error last, and throws what it says.
template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments) {
  norn_error error{};
  error.struct_size = sizeof error;
  const norn_status status = function(arguments..., &error);
  if (status == NORN_OK) return;
  error.code = status;
  throw Error(error);
}

inline norn_status report(norn_error *error, norn_status code, uint32_t flags, const char *message) noexcept {
  if (error == nullptr || error->struct_size < sizeof(norn_error)) return code;
  const size_t length = std::strlen(message);
  const size_t kept = length < sizeof error->message ? length : sizeof error->message - 1;
  std::memcpy(error->message, message, kept);
  std::memset(error->message + kept, 0, sizeof error->message - kept);
  error->code = code;
  error->flags = flags | (kept < length ? NORN_ERROR_TRUNCATED : 0u);
  error->message_count = static_cast<uint32_t>(kept);
  error->error_id = 0;
  std::memcpy(error->domain, "component", sizeof "component");
  return code;
}

// The border: whatever body throws becomes a status and an error.
template <typename Body>
norn_status guard(norn_error *error, Body body) noexcept {
  try {
    body();
    return NORN_OK;
  } catch (const Error &failure) {
    return report(error, failure.code(), failure.flags(), failure.what());
  } catch (const std::bad_alloc &) {
    return report(error, NORN_RESOURCE_EXHAUSTED, 0, "out of memory");
  } catch (const std::exception &failure) {
    return report(error, NORN_INTERNAL, 0, failure.what());
  } catch (...) {
    return report(error, NORN_INTERNAL, 0, "an exception that is no std::exception");
  }
}

// A sink that gathers what is pushed.
class Gathered {
 public:
  Gathered() : sink_{sizeof(norn_sink), 0, this, &Gathered::write} {}
  Gathered(const Gathered &) = delete;
  Gathered &operator=(const Gathered &) = delete;
  const norn_sink *sink() const { return &sink_; }
  std::vector<uint8_t> data;

 private:
  static norn_status write(void *context, norn_bytes piece, norn_error *error) {
    return guard(error, [&] {
      auto &gathered = static_cast<Gathered *>(context)->data;
      gathered.insert(gathered.end(), piece.data, piece.data + piece.count);
    });
  }
  norn_sink sink_;
};

template <typename Table>
struct ExtensionTraits;

// An extension that the host granted; throws when it did not.
template <typename Table>
const Table &extension(const norn_host *host) {
  using Traits = ExtensionTraits<Table>;
  const void *found = host->get_extension(host, string(Traits::id), Traits::revision);
  if (found == nullptr) {
    throw Error(NORN_PERMISSION_DENIED,
                std::string(Traits::id) + " is not granted: name it under the manifest's permissions");
  }
  return *static_cast<const Table *>(found);
}

template <>
struct ExtensionTraits<norn_artifacts> {
  static constexpr const char *id = NORN_ARTIFACTS_ID;
  static constexpr uint32_t revision = NORN_ARTIFACTS_REVISION;
};
template <>
struct ExtensionTraits<norn_engine_access> {
  static constexpr const char *id = NORN_ENGINE_ACCESS_ID;
  static constexpr uint32_t revision = NORN_ENGINE_ACCESS_REVISION;
};
template <>
struct ExtensionTraits<norn_federation> {
  static constexpr const char *id = NORN_FEDERATION_ID;
  static constexpr uint32_t revision = NORN_FEDERATION_REVISION;
};
template <>
struct ExtensionTraits<norn_tracking> {
  static constexpr const char *id = NORN_TRACKING_ID;
  static constexpr uint32_t revision = NORN_TRACKING_REVISION;
};
template <>
struct ExtensionTraits<norn_workers> {
  static constexpr const char *id = NORN_WORKERS_ID;
  static constexpr uint32_t revision = NORN_WORKERS_REVISION;
};

// A component in C++: derive, give name, description and kernels, and put component<Derived>() into the plugin.
//   static constexpr const char *name;
//   static std::vector<uint8_t> describe();
//   static const std::vector<const norn_kernel *> &kernels();
//   Derived(const norn_host *, const norn_task *);  void run();  void cancel(uint32_t) noexcept;
class Component {
 public:
  Component(const norn_host *host, const norn_task *task) : host(host), task(task) {}
  virtual ~Component() = default;
  virtual void run() = 0;
  virtual void cancel(uint32_t) noexcept {}
  bool cancelled() const { return *task->cancel_flag != 0; }

 protected:
  const norn_host *host;
  const norn_task *task;
};

template <typename Derived>
const norn_component *component() {
  static const norn_component table = {
      sizeof(norn_component),
      static_cast<uint32_t>(Derived::kernels().size()),
      string(Derived::name),
      nullptr,
      Derived::kernels().data(),
      [](const norn_component *, const norn_sink *sink, norn_error *error) {
        return guard(error, [&] {
          const std::vector<uint8_t> description = Derived::describe();
          call(sink->write, sink->context, bytes(description));
        });
      },
      [](const norn_component *, const norn_host *host, const norn_task *task, void **instance,
         norn_error *error) {
        return guard(error, [&] { *instance = static_cast<Component *>(new Derived(host, task)); });
      },
      [](void *instance, norn_error *error) {
        return guard(error, [&] { static_cast<Component *>(instance)->run(); });
      },
      [](void *instance, uint32_t reason) { static_cast<Component *>(instance)->cancel(reason); },
      [](void *instance) { delete static_cast<Component *>(instance); },
  };
  return &table;
}

// The body of norn_plugin_entry_1: answers the host's range of levels with a plugin's table.
inline norn_status enter(const norn_plugin &plugin, uint32_t level_low, uint32_t level_high,
                         const norn_plugin **out, norn_error *error) noexcept {
  if (plugin.level_built < level_low || plugin.level_min > level_high) {
    return guard(error, [&] {
      throw Error(NORN_FAILED_PRECONDITION,
                  "the plugin works at levels " + std::to_string(plugin.level_min) + " to " +
                      std::to_string(plugin.level_built) + ", the host at " + std::to_string(level_low) + " to " +
                      std::to_string(level_high));
    });
  }
  *out = &plugin;
  return NORN_OK;
}

}  // namespace norn
#endif
