/* What the files of the host share about one attempt. Nothing here is global: a process may hold several. */
#ifndef NORN_HOST_ATTEMPT_H
#define NORN_HOST_ATTEMPT_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "channel.h"
#include "norn_host.h"

#define HOST_DOMAIN "norn.host"
#define MAX_INPUT_TABLES 256u
#define MAX_FOREIGN_ENGINES 16u
#define MAX_TICKETS_PER_WAIT 4096u
#define MAX_LOG_BYTES 16384u
#define PATH_BYTES_MAX 4096u

/* An engine with a session of this attempt. */
typedef struct norn_opened_engine {
  norn_string name;
  const norn_engine *engine;
  void *session;
} norn_opened_engine;

/* A table handle that open_table gave, so that handing it through can be told from a new table. */
typedef struct norn_input_table {
  uint64_t table;
  norn_cbor input;
} norn_input_table;

/* A model, cache or file output that is being written. */
typedef struct norn_artifact_file {
  norn_string name;
  char *path;
  int fd;
  struct norn_artifact_file *next;
} norn_artifact_file;

/* An order of kernels mode that waits for the run thread. */
typedef struct norn_order {
  norn_message message;
  struct norn_order *next;
} norn_order;

struct norn_attempt {
  norn_host host; /* context points back here */
  const norn_attempt_options *options;
  norn_channel channel;
  norn_black_box *box;
  norn_message start_message;
  norn_bytes start_bytes;
  norn_start start;

  const norn_plugin *plugin;
  const norn_component *component;
  const norn_plugin *engine_plugin;
  norn_opened_engine engine;
  norn_opened_engine foreign[MAX_FOREIGN_ENGINES];
  uint32_t foreign_count;

  pthread_mutex_t lock; /* artifacts, foreign engines, input tables */
  norn_input_table inputs[MAX_INPUT_TABLES];
  uint32_t input_count;
  norn_artifact_file *files;

  uint64_t progress_told; /* when, in nanoseconds of the monotonic clock; atomic */
  uint32_t cancel_flag;
  uint32_t cancel_reason;
  pthread_mutex_t cancel_lock; /* instance and the three below */
  void *instance;
  bool cancellable; /* run may be told to stop */
  bool cancelling;  /* the cancel thread was made */
  pthread_t cancel_thread;

  pthread_mutex_t orders_lock; /* the four below */
  pthread_cond_t order_came;
  norn_order *orders;
  uint32_t order_count;
  bool orders_ended;

  atomic_int spare_threads; /* of the workers extension */
  norn_status status;
  norn_error error;
};

static inline norn_attempt *norn_attempt_of(const norn_host *host) { return host->context; }

static inline norn_string norn_literal(const char *text) {
  norn_string string = {text, __builtin_strlen(text)};
  return string;
}
static inline bool norn_same(norn_string a, norn_string b) {
  return a.count == b.count && (a.count == 0 || __builtin_memcmp(a.data, b.data, a.count) == 0);
}

/* start.c */
norn_status norn_start_parse(norn_bytes bytes, norn_start *out, norn_error *error);
/* host_table.c */
void norn_host_table_make(norn_attempt *attempt);
/* plugin_load.c */
norn_status norn_plugin_load(norn_attempt *attempt, const norn_plugin_location *location, const norn_plugin **out,
                             norn_error *error);
norn_status norn_plugin_negotiate(norn_attempt *attempt, const norn_plugin *plugin, norn_string path,
                                  norn_error *error);
norn_status norn_plugin_component(const norn_plugin *plugin, norn_string name, const norn_component **out,
                                  norn_error *error);
norn_status norn_plugin_engine(const norn_plugin *plugin, norn_string name, const norn_engine **out,
                               norn_error *error);
const norn_kernel *norn_component_kernel(const norn_component *component, norn_string name);
/* engines.c */
norn_status norn_engine_open(norn_attempt *attempt, const norn_plugin *plugin, norn_string name, bool foreign,
                             norn_opened_engine *out, norn_error *error);
void norn_engine_close(norn_opened_engine *opened);
/* Opens an input, by copying it when it belongs to another engine; copied tells which. */
norn_status norn_engine_import(norn_attempt *attempt, const norn_cbor *input, uint64_t *table, bool *copied,
                               norn_error *error);
/* artifacts.c */
norn_status norn_artifacts_finish(norn_attempt *attempt, norn_error *error);
void norn_artifacts_discard(norn_attempt *attempt);
/* table_stream.c */
norn_status norn_table_send(norn_attempt *attempt, uint64_t table, norn_payload *payload, norn_table_info *info,
                            norn_error *error);
norn_status norn_table_receive(norn_attempt *attempt, norn_bytes stream, uint64_t *table, norn_error *error);
/* run.c, describe.c, kernels.c: called on the run thread */
norn_status norn_attempt_component(norn_attempt *attempt, norn_error *error);
norn_status norn_attempt_describe(norn_attempt *attempt, norn_error *error);
norn_status norn_attempt_kernels(norn_attempt *attempt, norn_error *error);
/* cancel.c */
void norn_attempt_cancel(norn_attempt *attempt, uint32_t reason);
/* The instance may be cancelled between these two. */
void norn_attempt_cancel_begin(norn_attempt *attempt, void *instance);
void norn_attempt_cancel_end(norn_attempt *attempt);
/* orders.c */
void norn_orders_open(norn_attempt *attempt);
void norn_orders_close(norn_attempt *attempt);
void norn_attempt_push_order(norn_attempt *attempt, norn_message *message);
bool norn_attempt_next_order(norn_attempt *attempt, norn_message *out);
/* attempt.c: the key "error" and its map */
void norn_error_write(norn_cbor_writer *writer, const norn_error *error);
/* tells the site and the black box */
void norn_attempt_phase(norn_attempt *attempt, uint32_t phase);

extern const norn_artifacts norn_host_artifacts;
extern const norn_engine_access norn_host_engine_access;
extern const norn_federation norn_host_federation;
extern const norn_tracking norn_host_tracking;
extern const norn_workers norn_host_workers;
#endif
