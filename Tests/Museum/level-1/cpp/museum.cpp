// The museum's plugin in C++, as it was built for level 1. Never edit it: the binary beside it is what counts.
#include <cstring>
#include <new>

#include "norn.hpp"

namespace {

struct Sum {
  uint64_t value = 0;
};

norn_status open_sum(const norn_kernel *, const norn_host *, norn_bytes, uint32_t, uint32_t, void **state,
                     norn_error *error) {
  return norn::guard(error, [&] { *state = new Sum; });
}

norn_status step_sum(void *state, const norn_batch *left, const norn_batch *, const norn_emit *, norn_error *) {
  if (left->rows == 0) return NORN_OK;
  for (uint32_t at = left->value_offsets[0]; at < left->value_offsets[left->rows]; at++)
    static_cast<Sum *>(state)->value += left->values[at];
  return NORN_OK;
}

norn_status freeze_sum(void *state, const norn_sink *sink, norn_error *error) {
  return sink->write(sink->context, {reinterpret_cast<const uint8_t *>(state), sizeof(Sum)}, error);
}

norn_status merge_sum(void *state, norn_bytes frozen, norn_error *error) {
  return norn::guard(error, [&] {
    Sum other;
    if (frozen.count != sizeof other) throw norn::Error(NORN_DATA_LOSS, "a frozen sum is not eight bytes long");
    std::memcpy(&other, frozen.data, sizeof other);
    static_cast<Sum *>(state)->value += other.value;
  });
}

const norn_kernel sum_kernel = {
    sizeof(norn_kernel),
    1,
    NORN_KERNEL_REDUCE,
    NORN_KERNEL_PURE | NORN_KERNEL_COMMUTATIVE | NORN_KERNEL_IDEMPOTENT,
    {"sum", 3},
    nullptr,
    open_sum,
    step_sum,
    nullptr,
    freeze_sum,
    merge_sum,
    [](void *state) { delete static_cast<Sum *>(state); },
};

norn_status take(void *context, norn_bytes bytes, norn_error *) {
  auto *out = static_cast<std::vector<uint8_t> *>(context);
  out->insert(out->end(), bytes.data, bytes.data + bytes.count);
  return NORN_OK;
}

class Museum : public norn::Component {
 public:
  static constexpr const char *name = "Museum";
  static const std::vector<const norn_kernel *> &kernels() {
    static const std::vector<const norn_kernel *> all = {&sum_kernel};
    return all;
  }
  static std::vector<uint8_t> describe() {
    const char text[] =
        "\xa6" "\x64" "name" "\x66" "Museum" "\x65" "roles" "\x82" "\x65" "guest" "\x64" "host"
        "\x66" "inputs" "\x81" "\x64" "data" "\x67" "kernels" "\x81"
        "\xa2" "\x64" "name" "\x63" "sum" "\x68" "revision" "\x01"
        "\x67" "outputs" "\x81" "\x65" "model" "\x6a" "parameters" "\xa1" "\x64" "note" "\x60";
    return {text, text + sizeof text - 1};
  }

  Museum(const norn_host *host, const norn_task *task)
      : Component(host, task),
        artifacts(norn::extension<norn_artifacts>(host)),
        access(norn::extension<norn_engine_access>(host)),
        federation(norn::extension<norn_federation>(host)) {}

  void run() override {
    const std::vector<uint8_t> own = sum();
    const norn_string message = norn::string("sum"), tag = norn::string("0");
    std::vector<uint8_t> all = own;
    if (norn::view(task->role) == "host") {
      norn::call(federation.send, host, message, tag, norn::string("guest"), norn::string("9999"), norn::bytes(own));
    } else {
      uint64_t ticket = 0;
      norn::call(federation.post, host, message, tag, norn::string("host"), norn::string("10000"), &ticket);
      const norn_sink sink = {sizeof sink, 0, &all, take};
      norn::call(federation.take, host, ticket, &sink);
    }
    norn::call(artifacts.write, host, norn::string("model"), norn::bytes(all));
  }

 private:
  std::vector<uint8_t> sum() {
    const norn_engine *engine = nullptr;
    void *session = nullptr;
    uint64_t table = 0;
    norn_kernel_reference kernel{};
    kernel.struct_size = sizeof kernel;
    norn::call(access.session, host, &engine, &session);
    norn::call(artifacts.open_table, host, norn::string("data"), 0u, &table);
    norn::call(access.kernel, host, norn::string("sum"), norn_bytes{nullptr, 0}, &kernel);
    std::vector<uint8_t> result;
    const norn_sink sink = {sizeof sink, 0, &result, take};
    norn::call(engine->reduce, session, table, &kernel, &sink);
    return result;
  }

  const norn_artifacts &artifacts;
  const norn_engine_access &access;
  const norn_federation &federation;
};

}  // namespace

extern "C" norn_status norn_plugin_entry_1(const norn_host *, uint32_t level_low, uint32_t level_high,
                                           const norn_plugin **out, norn_error *error) {
  static const norn_component *const components[] = {norn::component<Museum>()};
  static const norn_plugin plugin = {sizeof(norn_plugin), 1, 1, 1, {"museum.cpp", 10}, {"1.0.0", 5}, components,
                                     nullptr, 0, 0};
  return norn::enter(plugin, level_low, level_high, out, error);
}
