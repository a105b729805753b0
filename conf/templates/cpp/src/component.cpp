#include "component.hpp"

#include <string>

#include "cbor.hpp"

std::vector<uint8_t> @MODULE@::describe() {
  // The same as in manifest.json: the site compares them.
  cbor::Writer out;
  out.put(cbor::map, 6);
  out.put("name");
  out.put(name);
  out.put("roles");
  out.put(cbor::array, 2);
  out.put("guest");
  out.put("host");
  out.put("inputs");
  out.put(cbor::array, 1);
  out.put("data");
  out.put("kernels");
  out.put(cbor::array, 0);
  out.put("outputs");
  out.put(cbor::array, 0);
  out.put("parameters");
  out.put(cbor::map, 1);
  out.put("minimum_rows");
  out.put(cbor::integer, 1);
  return out.data;
}

const std::vector<const norn_kernel *> &@MODULE@::kernels() {
  static const std::vector<const norn_kernel *> none;
  return none;
}

@MODULE@::Parties @MODULE@::parties() const {
  Parties found;
  cbor::Reader in(task->parties);
  for (uint64_t roles = in.take(cbor::map); roles > 0; roles--) {
    const std::string_view role = in.takeText();
    for (uint64_t count = in.take(cbor::array); count > 0; count--) {
      const std::string_view party = in.takeText();
      if (role == "guest") found.guest = party;
      if (role == "host") found.hosts.push_back(party);
    }
  }
  if (found.guest.empty())
    throw norn::Error(NORN_INVALID_ARGUMENT, "the job has no guest to count for", NORN_ERROR_USER_FAULT);
  return found;
}

uint64_t @MODULE@::minimumRows() const {
  // Every default is filled in; here the map has one member.
  cbor::Reader in(task->parameters);
  if (in.take(cbor::map) != 1 || in.takeText() != "minimum_rows")
    throw norn::Error(NORN_INVALID_ARGUMENT, "the parameters are not those of @MODULE@", NORN_ERROR_USER_FAULT);
  return in.take(cbor::integer);
}

uint64_t @MODULE@::countRows() const {
  // Batch by batch. A component that computes much would give the engine a kernel instead.
  const norn_engine *engine = nullptr;
  void *session = nullptr;
  uint64_t table = 0;
  uint64_t rows = 0;
  norn::call(norn::extension<norn_engine_access>(host).session, host, &engine, &session);
  norn::call(norn::extension<norn_artifacts>(host).open_table, host, norn::string("data"), uint32_t{0}, &table);
  const norn_emit emit = {sizeof(norn_emit), 0, &rows, [](void *context, const norn_batch *batch, norn_error *) {
                            *static_cast<uint64_t *>(context) += batch->rows;
                            return norn_status{NORN_OK};
                          }};
  norn::call(engine->table_scan, session, table, NORN_ALL_PARTITIONS, UINT64_MAX, &emit);
  return rows;
}

uint64_t @MODULE@::countOf(std::string_view party, uint64_t ticket) const {
  norn::Gathered message;
  norn::call(norn::extension<norn_federation>(host).take, host, ticket, message.sink());
  cbor::Reader in(norn::bytes(message.data));
  const uint64_t rows = in.take(cbor::integer);
  if (!in.isAtEnd())
    throw norn::Error(NORN_DATA_LOSS, "the message of host " + std::string(party) + " is not a count",
                      NORN_ERROR_PEER_FAULT);
  return rows;
}

void @MODULE@::publish(uint64_t total) const {
  host->log(host, NORN_LOG_INFO, norn::string(std::to_string(total) + " rows at all parties"));
  cbor::Writer summary;
  summary.put(cbor::map, 1);
  summary.put("total");
  summary.put(cbor::integer, total);
  norn::call(norn::extension<norn_tracking>(host).summary, host, norn::bytes(summary.data));
}

void @MODULE@::run() {
  const Parties all = parties();
  const auto &federation = norn::extension<norn_federation>(host);
  uint64_t total = countRows();
  if (total < minimumRows())
    throw norn::Error(NORN_FAILED_PRECONDITION, "there are fewer rows than minimum_rows", NORN_ERROR_USER_FAULT);
  if (norn::view(task->role) != "guest") {
    cbor::Writer message;
    message.put(cbor::integer, total);
    norn::call(federation.send, host, norn::string("rows"), norn::string(""), norn::string("guest"),
               norn::string(all.guest), norn::bytes(message.data));
    return;
  }
  // All are announced before the first is awaited.
  std::vector<uint64_t> tickets(all.hosts.size());
  for (size_t index = 0; index < all.hosts.size(); index++)
    norn::call(federation.post, host, norn::string("rows"), norn::string(""), norn::string("host"),
               norn::string(all.hosts[index]), &tickets[index]);
  std::vector<uint8_t> done(tickets.size());
  if (!tickets.empty())
    norn::call(federation.wait, host, tickets.data(), tickets.size(), uint32_t{NORN_WAIT_ALL}, NORN_NO_TIMEOUT,
               done.data());
  for (size_t index = 0; index < all.hosts.size(); index++) total += countOf(all.hosts[index], tickets[index]);
  publish(total);
}
