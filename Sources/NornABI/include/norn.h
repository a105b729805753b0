/* Norn plugin ABI, level 0. DRAFT written by hand; the generated header replaces it. */
#ifndef NORN_H
#define NORN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define NORN_LEVEL 0u
#define NORN_BATCH_MAX_ROWS 65536u
#define NORN_BATCH_MAX_BYTES 4194304u
#define NORN_KEY_MAX_BYTES 511u
#define NORN_ROW_MAX_BYTES 67108864u

/* field is present iff the struct that the peer made is long enough */
#define NORN_HAS(pointer, type, field) \
  ((pointer)->struct_size >= offsetof(type, field) + sizeof(((type *)0)->field))

typedef uint32_t norn_status; /* 0 is success; NORN_STATUS_* below; >= 1000 belongs to the error's domain */
#define NORN_OK 0u
#define NORN_CANCELLED 1u
#define NORN_UNKNOWN 2u
#define NORN_INVALID_ARGUMENT 3u
#define NORN_DEADLINE_EXCEEDED 4u
#define NORN_NOT_FOUND 5u
#define NORN_ALREADY_EXISTS 6u
#define NORN_PERMISSION_DENIED 7u
#define NORN_RESOURCE_EXHAUSTED 8u
#define NORN_FAILED_PRECONDITION 9u
#define NORN_ABORTED 10u
#define NORN_OUT_OF_RANGE 11u
#define NORN_UNIMPLEMENTED 12u
#define NORN_INTERNAL 13u
#define NORN_UNAVAILABLE 14u
#define NORN_DATA_LOSS 15u

#define NORN_ERROR_RETRYABLE 1u
#define NORN_ERROR_USER_FAULT 2u
#define NORN_ERROR_PEER_FAULT 4u
#define NORN_ERROR_HOST_FAULT 8u
#define NORN_ERROR_TRUNCATED 16u

#define NORN_LOG_DEBUG 0u
#define NORN_LOG_INFO 1u
#define NORN_LOG_WARNING 2u
#define NORN_LOG_ERROR 3u
#define NORN_LOG_HOST_FAULT 4u
#define NORN_LOG_PLUGIN_FAULT 5u

/* frozen */
typedef struct norn_bytes { const uint8_t *data; uint64_t count; } norn_bytes;
/* frozen; UTF-8, not NUL-terminated */
typedef struct norn_string { const char *data; uint64_t count; } norn_string;
/* frozen, caller-owned, 512 bytes; struct_size is set by the caller */
typedef struct norn_error {
  uint32_t struct_size;
  norn_status code;
  uint32_t flags;
  uint32_t message_count;
  uint64_t error_id;
  char domain[32];
  char message[456];
} norn_error;

/* Bytes pushed by the callee; write may be called many times, in order. */
typedef struct norn_sink {
  uint32_t struct_size;
  uint32_t _pad0;
  void *context;
  norn_status (*write)(void *context, norn_bytes bytes, norn_error *error);
} norn_sink;

/* Rows in Arrow's binary layout: offsets have rows + 1 entries, the first need not be 0; keys ascending by bytes
   (memcmp, then length), unique unless said otherwise. Borrowed for the call. */
typedef struct norn_batch {
  uint32_t struct_size;
  uint32_t rows;
  const uint32_t *key_offsets;
  const uint8_t *keys;
  const uint32_t *value_offsets;
  const uint8_t *values;
  const uint8_t *validity; /* bit per row, LSB first; NULL: every row present (used for the missing side of a zip) */
} norn_batch;

/* Takes a batch from a kernel or a scan; copies what it keeps before it returns. */
typedef struct norn_emit {
  uint32_t struct_size;
  uint32_t _pad0;
  void *context;
  norn_status (*batch)(void *context, const norn_batch *batch, norn_error *error);
} norn_emit;

typedef struct norn_host norn_host;
struct norn_host {
  uint32_t struct_size;
  uint32_t level;
  void *context;
  /* [any thread] NULL when unknown, not of this revision, or not granted. Valid for the life of the process. */
  const void *(*get_extension)(const norn_host *host, norn_string id, uint32_t revision);
  void (*log)(const norn_host *host, uint32_t severity, norn_string text);
  void *(*alloc)(const norn_host *host, uint64_t count, uint64_t alignment);
  void (*dealloc)(const norn_host *host, void *pointer, uint64_t count, uint64_t alignment);
  uint64_t (*monotonic_nanoseconds)(const norn_host *host);
  uint64_t (*unix_nanoseconds)(const norn_host *host);
  norn_status (*random)(const norn_host *host, uint8_t *out, uint64_t count, norn_error *error);
};

/* ---- kernels ---- */
#define NORN_KERNEL_MAP 1u     /* left batches in, rows out */
#define NORN_KERNEL_ZIP 2u     /* aligned left and right in, rows out */
#define NORN_KERNEL_REDUCE 3u  /* folds batches into a state; freeze gives its bytes, merge takes another's */
#define NORN_KERNEL_GROUP 4u   /* sees rows with equal keys side by side (a run may cross batches); emits unique keys */

#define NORN_KERNEL_PURE 1u
#define NORN_KERNEL_KEEPS_KEYS 2u /* every output key is its input row's key, in order: no shuffle is needed */
#define NORN_KERNEL_COMMUTATIVE 4u
#define NORN_KERNEL_ORDERED 8u
#define NORN_KERNEL_IDEMPOTENT 16u

typedef struct norn_kernel {
  uint32_t struct_size;
  uint32_t revision;
  uint32_t kind;
  uint32_t flags;
  norn_string name;
  norn_status (*open)(const norn_host *host, norn_bytes closure, uint32_t partition, uint32_t partitions,
                      void **state, norn_error *error);
  norn_status (*step)(void *state, const norn_batch *left, const norn_batch *right, const norn_emit *emit,
                      norn_error *error);
  norn_status (*finish)(void *state, const norn_emit *emit, norn_error *error);
  norn_status (*freeze)(void *state, const norn_sink *sink, norn_error *error);
  norn_status (*merge)(void *state, norn_bytes frozen, norn_error *error);
  void (*close)(void *state);
} norn_kernel;

/* How a kernel travels. local is a short cut for an engine in the same process and may be NULL. */
typedef struct norn_kernel_reference {
  uint32_t struct_size;
  uint32_t revision;
  norn_bytes plugin_digest; /* SHA-256 of the library, 32 bytes */
  norn_string component;
  norn_string name;
  norn_bytes closure;
  const norn_kernel *local;
} norn_kernel_reference;

/* ---- components ---- */
typedef struct norn_task {
  uint32_t struct_size;
  uint32_t attempt;
  norn_string job;
  norn_string task;       /* the task's name in the DAG: hetero_lr_0 */
  norn_string component;  /* module name */
  norn_string role;
  norn_string party;      /* party id, decimal text */
  norn_bytes parties;     /* CBOR: {"guest": ["9999"], "host": [...]} in job order */
  norn_bytes parameters;  /* CBOR map, every default filled in */
  const volatile uint32_t *cancel_flag; /* non-zero: stop soon */
  uint64_t memory_bytes;
  uint32_t cores;
  uint32_t partitions;    /* default partition count of new tables */
} norn_task;

typedef struct norn_component norn_component;
struct norn_component {
  uint32_t struct_size;
  uint32_t kernel_count;
  norn_string name;
  const void *context; /* the plugin's own */
  const norn_kernel *const *kernels;
  /* CBOR, equal to the manifest's component section; pure, under 100 ms, no task */
  norn_status (*describe)(const norn_component *component, const norn_sink *sink, norn_error *error);
  norn_status (*create)(const norn_component *component, const norn_host *host, const norn_task *task,
                        void **instance, norn_error *error);
  norn_status (*run)(void *instance, norn_error *error);
  void (*cancel)(void *instance, uint32_t reason);
  void (*destroy)(void *instance);
};

/* ---- engines ---- */
typedef struct norn_engine_options {
  uint32_t struct_size;
  uint32_t cores;
  norn_string scratch;   /* folder that this session may write */
  norn_string session;   /* job_task_role_party_attempt */
  norn_bytes options;    /* CBOR map from the site's configuration */
} norn_engine_options;

#define NORN_PARTITIONER_HASH 1u  /* XXH64 of the key bytes, seed 0; (hash >> 32) * partitions >> 32 */
#define NORN_PARTITIONER_ORDINAL 2u /* key is 8 big-endian bytes; value modulo partitions */

#define NORN_TABLE_TEMPORARY 0u
#define NORN_TABLE_DURABLE 1u /* fsync before the rename that seals it */

typedef struct norn_table_spec {
  uint32_t struct_size;
  uint32_t partitions;
  uint32_t partitioner;
  uint32_t flags;
} norn_table_spec;

typedef struct norn_table_info {
  uint32_t struct_size;
  uint32_t partitions;
  uint32_t partitioner;
  uint32_t flags;
  uint64_t rows;
  uint64_t bytes;
} norn_table_info;

#define NORN_ZIP_INNER 1u
#define NORN_ZIP_LEFT 2u
#define NORN_ZIP_OUTER 3u
#define NORN_ZIP_ANTI 4u    /* left rows whose key is not in right; kernel may be NULL: left rows as they are */
#define NORN_ZIP_COGROUP 5u /* both sides stream by key range, rows not aligned */

#define NORN_ALL_PARTITIONS 0xffffffffu

typedef struct norn_engine norn_engine;
struct norn_engine {
  uint32_t struct_size;
  uint32_t _pad0;
  norn_string name;
  const void *context;
  norn_status (*describe)(const norn_engine *engine, const norn_sink *sink, norn_error *error);
  norn_status (*open)(const norn_engine *engine, const norn_host *host, const norn_engine_options *options,
                      void **session, norn_error *error);
  void (*cancel)(void *session);
  void (*close)(void *session);
  /* writing: create, put any number of unordered batches (last put of a key wins), seal */
  norn_status (*table_create)(void *session, const norn_table_spec *spec, uint64_t *table, norn_error *error);
  norn_status (*table_put)(void *session, uint64_t table, const norn_batch *batch, norn_error *error);
  norn_status (*table_seal)(void *session, uint64_t table, norn_error *error);
  /* a sealed table as something that can be kept: makes it durable and gives its descriptor (for the built-in engines
     the absolute path of its folder under scratch) */
  norn_status (*table_publish)(void *session, uint64_t table, const norn_sink *descriptor, norn_error *error);
  norn_status (*table_open)(void *session, norn_bytes descriptor, uint64_t *table, norn_error *error);
  norn_status (*table_info)(void *session, uint64_t table, norn_table_info *info, norn_error *error);
  void (*table_release)(void *session, uint64_t table);
  norn_status (*table_destroy)(void *session, uint64_t table, norn_error *error);
  /* keys in any order; emits the rows found */
  norn_status (*table_get)(void *session, uint64_t table, const norn_batch *keys, const norn_emit *emit,
                           norn_error *error);
  /* partition: one, ascending keys; NORN_ALL_PARTITIONS: one after the other */
  norn_status (*table_scan)(void *session, uint64_t table, uint32_t partition, uint64_t limit_rows,
                            const norn_emit *emit, norn_error *error);
  /* map kernel, then, when group is not NULL, shuffle and group kernel. Without KEEPS_KEYS the map's output is
     shuffled: inside one source partition the first emitted row of a key is kept, across them the last partition
     wins; with a group kernel all rows are kept, in the order (source partition, emission). */
  norn_status (*map_reduce)(void *session, uint64_t table, const norn_kernel_reference *map,
                            const norn_kernel_reference *group, const norn_table_spec *spec, uint64_t *out,
                            norn_error *error);
  norn_status (*zip)(void *session, uint64_t left, uint64_t right, uint32_t mode,
                     const norn_kernel_reference *kernel, const norn_table_spec *spec, uint64_t *out,
                     norn_error *error);
  /* folds each partition in key order, then the frozen states in partition order; result: the last state frozen.
     Empty partitions are skipped; an empty table gives zero bytes. */
  norn_status (*reduce)(void *session, uint64_t table, const norn_kernel_reference *kernel, const norn_sink *result,
                        norn_error *error);
  norn_status (*repartition)(void *session, uint64_t table, const norn_table_spec *spec, uint64_t *out,
                             norn_error *error);
};

/* ---- plugin ---- */
typedef struct norn_plugin {
  uint32_t struct_size;
  uint32_t level_min;
  uint32_t level_built;
  uint32_t component_count;
  norn_string id;
  norn_string version;
  const norn_component *const *components;
  const norn_engine *const *engines;
  uint32_t engine_count;
  uint32_t _pad0;
} norn_plugin;

norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error);

/* ---- extensions: all [any thread] unless said otherwise ---- */
#define NORN_ARTIFACTS_ID "norn.artifacts"
#define NORN_ARTIFACTS_REVISION 1u
typedef struct norn_artifacts {
  uint32_t struct_size;
  uint32_t _pad0;
  /* CBOR list of {"name","index","kind":"table|model|cache|file","from":"reader_0.data","rows","schema":{...}} */
  norn_status (*inputs)(const norn_host *host, const norn_sink *sink, norn_error *error);
  norn_status (*open_table)(const norn_host *host, norn_string name, uint32_t index, uint64_t *table,
                            norn_error *error);
  /* model, cache or file: its bytes, in pieces of at most 1 MiB */
  norn_status (*read)(const norn_host *host, norn_string name, uint32_t index, const norn_sink *sink,
                      norn_error *error);
  /* name is an output of the manifest ("data", "train_data", ...); schema is CBOR */
  norn_status (*output_table)(const norn_host *host, norn_string name, uint64_t table, norn_bytes schema,
                              norn_error *error);
  /* appends to a model, cache or file output; whole when the attempt succeeds */
  norn_status (*write)(const norn_host *host, norn_string name, norn_bytes bytes, norn_error *error);
} norn_artifacts;

#define NORN_ENGINE_ACCESS_ID "norn.engine"
#define NORN_ENGINE_ACCESS_REVISION 1u
typedef struct norn_engine_access {
  uint32_t struct_size;
  uint32_t _pad0;
  norn_status (*session)(const norn_host *host, const norn_engine **engine, void **session, norn_error *error);
  /* fills a reference to a kernel of the running component, with the plugin's digest and the local short cut */
  norn_status (*kernel)(const norn_host *host, norn_string name, norn_bytes closure, norn_kernel_reference *out,
                        norn_error *error);
} norn_engine_access;

#define NORN_FEDERATION_ID "norn.federation"
#define NORN_FEDERATION_REVISION 1u
#define NORN_WAIT_ANY 1u
#define NORN_WAIT_ALL 2u
#define NORN_NO_TIMEOUT 0xffffffffffffffffu
typedef struct norn_federation {
  uint32_t struct_size;
  uint32_t _pad0;
  /* (name, tag, receiver) once per attempt; a second send is ALREADY_EXISTS */
  norn_status (*send)(const norn_host *host, norn_string name, norn_string tag, norn_string role, norn_string party,
                      norn_bytes bytes, norn_error *error);
  norn_status (*send_table)(const norn_host *host, norn_string name, norn_string tag, norn_string role,
                            norn_string party, uint64_t table, norn_error *error);
  /* announces interest, at once; ticket is for wait, take, drop */
  norn_status (*post)(const norn_host *host, norn_string name, norn_string tag, norn_string role, norn_string party,
                      uint64_t *ticket, norn_error *error);
  /* done (count bytes) gets 1 for each ticket that can be taken */
  norn_status (*wait)(const norn_host *host, const uint64_t *tickets, uint64_t count, uint32_t mode,
                      uint64_t timeout_milliseconds, uint8_t *done, norn_error *error);
  norn_status (*take)(const norn_host *host, uint64_t ticket, const norn_sink *sink, norn_error *error);
  norn_status (*take_table)(const norn_host *host, uint64_t ticket, uint64_t *table, norn_error *error);
  void (*drop)(const norn_host *host, uint64_t ticket);
} norn_federation;

#define NORN_TRACKING_ID "norn.tracking"
#define NORN_TRACKING_REVISION 1u
typedef struct norn_tracking {
  uint32_t struct_size;
  uint32_t _pad0;
  /* CBOR {"namespace","name","type","points":[[key, value],...],"meta":{...}}; points append to the series */
  norn_status (*metric)(const norn_host *host, norn_bytes metric, norn_error *error);
  norn_status (*progress)(const norn_host *host, uint64_t done, uint64_t total, norn_string what, norn_error *error);
  /* CBOR map; a later one replaces an earlier one */
  norn_status (*summary)(const norn_host *host, norn_bytes summary, norn_error *error);
  /* CBOR map for people: what the board and `job show` print of the model (weights); kept at this party only */
  norn_status (*model)(const norn_host *host, norn_string name, norn_bytes model, norn_error *error);
} norn_tracking;

#define NORN_WORKERS_ID "norn.workers"
#define NORN_WORKERS_REVISION 1u
typedef struct norn_workers {
  uint32_t struct_size;
  uint32_t _pad0;
  uint32_t (*width)(const norn_host *host);
  /* calls body(context, index) for 0 ..< count on at most width threads, the caller's among them; returns when all
     have ended, with the first failure by index */
  norn_status (*parallel_for)(const norn_host *host, uint64_t count, void *context,
                              norn_status (*body)(void *context, uint64_t index, norn_error *error),
                              norn_error *error);
} norn_workers;

#ifdef __cplusplus
}
#endif
#endif
