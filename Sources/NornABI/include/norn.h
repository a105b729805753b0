/* Norn's plugin ABI, generation 1. Generated from spec/norn.json by norn-abi-generate: do not edit.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plugin is one shared library that exports one function, norn_plugin_entry_1. Host and plugin share structs of
 * function pointers; nothing else crosses: no allocation of one freed by the other, no exception, no object of a
 * language's runtime. A plugin makes no process, opens no socket, installs no signal handler, changes neither
 * environment nor working folder, and is never unloaded.
 *
 * Every struct that may grow begins with struct_size, and grows only at its end: a field is there when the maker's
 * struct_size reaches past it (NORN_HAS). Function pointers are never NULL unless their comment says so.
 *
 * Threads, in the comment of each function:
 *   [load]   the thread that loads the plugin, before any attempt
 *   [task]   the one thread of an attempt
 *   [kernel] any thread of an engine; many at once, but one at a time for a state
 *   [any]    any thread
 */
#ifndef NORN_H
#define NORN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* Is the field in the struct that the other side made? */
#define NORN_HAS(pointer, type, field) \
  ((pointer)->struct_size >= offsetof(type, field) + sizeof(((type *)0)->field))

/* Level and limits. */
#define NORN_LEVEL 1u /* the level that this header describes; ABI.md says what a later one may change */
#define NORN_LEVEL_LOWEST 1u /* the lowest level that hosts still speak; 0 was a draft */
#define NORN_BATCH_MAX_ROWS 0x10000u /* rows of one batch */
#define NORN_BATCH_MAX_BYTES 0x400000u /* bytes of keys and values of one batch; one larger row makes a batch of its own */
#define NORN_KEY_MAX_BYTES 511u /* bytes of an encoded key, in every engine */
#define NORN_ROW_MAX_BYTES 0x4000000u /* bytes of one value */

/* Status codes; 1000 and above belong to the error's domain. */
#define NORN_OK 0u /* success */
#define NORN_CANCELLED 1u /* the attempt is to end */
#define NORN_UNKNOWN 2u /* a failure without a better name */
#define NORN_INVALID_ARGUMENT 3u /* the caller's argument cannot be used, whatever the state */
#define NORN_DEADLINE_EXCEEDED 4u /* the time given was too short */
#define NORN_NOT_FOUND 5u /* nothing of that name or handle */
#define NORN_ALREADY_EXISTS 6u /* something of that name is there */
#define NORN_PERMISSION_DENIED 7u /* not granted by manifest and policy */
#define NORN_RESOURCE_EXHAUSTED 8u /* memory, disk, count or size is used up */
#define NORN_FAILED_PRECONDITION 9u /* not in this state */
#define NORN_ABORTED 10u /* given up because of something else that happened */
#define NORN_OUT_OF_RANGE 11u /* past the end of what there is */
#define NORN_UNIMPLEMENTED 12u /* this side does not have it */
#define NORN_INTERNAL 13u /* a fault of the side that says it */
#define NORN_UNAVAILABLE 14u /* not now; trying again may help */
#define NORN_DATA_LOSS 15u /* bytes that were kept or sent are damaged */

/* Flags of an error. */
#define NORN_ERROR_RETRYABLE 1u /* another attempt may succeed */
#define NORN_ERROR_USER_FAULT 2u /* the submitter's parameters or data */
#define NORN_ERROR_PEER_FAULT 4u /* another party's message */
#define NORN_ERROR_HOST_FAULT 8u /* the host's or its machine's */
#define NORN_ERROR_TRUNCATED 16u /* the message was cut at the struct's end */

/* Severities of a log line. */
#define NORN_LOG_DEBUG 0u /* for the author */
#define NORN_LOG_INFO 1u /* what happened */
#define NORN_LOG_WARNING 2u /* what a person should look at */
#define NORN_LOG_ERROR 3u /* what went wrong */
#define NORN_LOG_HOST_FAULT 4u /* the host broke this contract */
#define NORN_LOG_PLUGIN_FAULT 5u /* the plugin broke this contract */

/* Kinds of kernels. */
#define NORN_KERNEL_MAP 1u /* left batches in, rows out */
#define NORN_KERNEL_ZIP 2u /* aligned left and right batches in, rows out */
#define NORN_KERNEL_REDUCE 3u /* folds batches into a state, whose bytes freeze gives and merge takes */
#define NORN_KERNEL_GROUP 4u /* sees rows with equal keys side by side (a run may cross batches); emits each key once */

/* What an engine may rely on. */
#define NORN_KERNEL_PURE 1u /* equal input gives equal output */
#define NORN_KERNEL_KEEPS_KEYS 2u /* every output key is an input row's key, in order: nothing is shuffled */
#define NORN_KERNEL_COMMUTATIVE 4u /* the order of the folded rows does not matter */
#define NORN_KERNEL_ORDERED 8u /* needs its rows in ascending key order */
#define NORN_KERNEL_IDEMPOTENT 16u /* a partition may be run twice */

/* Partitioners. */
#define NORN_PARTITIONER_HASH 1u /* h = XXH64(key bytes, seed 0); partition = ((h >> 32) * partitions) >> 32 */
#define NORN_PARTITIONER_ORDINAL 2u /* the key is 8 big-endian bytes, read as an unsigned integer; partition = it modulo partitions */

/* Flags of a table. */
#define NORN_TABLE_TEMPORARY 0u /* lives as long as the session */
#define NORN_TABLE_DURABLE 1u /* synced to disk before the rename that seals it */

/* Ways to put two tables side by side. */
#define NORN_ZIP_INNER 1u /* keys of both */
#define NORN_ZIP_LEFT 2u /* keys of the left; a validity bitmap marks the right rows that are missing */
#define NORN_ZIP_OUTER 3u /* keys of either; validity bitmaps on both sides */
#define NORN_ZIP_ANTI 4u /* left rows whose key the right has not; without a kernel they pass as they are */
#define NORN_ZIP_COGROUP 5u /* both sides stream, rows not aligned; a side may be NULL in a step */

/* Ways to wait. */
#define NORN_WAIT_ANY 1u /* until one ticket can be taken */
#define NORN_WAIT_ALL 2u /* until all can */

/* Special values. */
#define NORN_ALL_PARTITIONS 0xffffffffu /* every partition, one after the other */
#define NORN_NO_TIMEOUT 0xffffffffffffffffu /* wait as long as the attempt lives */

/* 0, or one of the codes above. */
typedef uint32_t norn_status;

/* ---- Values ---- */

/* Borrowed bytes: valid for the call that passes them, unless its comment says otherwise. Frozen: never
   grows. */
typedef struct norn_bytes {
  /* NULL only when count is 0 */
  const uint8_t *data;
  /* bytes */
  uint64_t count;
} norn_bytes;

/* Borrowed UTF-8 text, not ended by a NUL; valid for the call that passes it, unless its comment says
   otherwise. Frozen: never grows. */
typedef struct norn_string {
  /* NULL only when count is 0 */
  const char *data;
  /* bytes */
  uint64_t count;
} norn_string;

/* What went wrong. The caller owns it and sets struct_size; the callee fills it when it returns a status
   other than NORN_OK, and leaves it alone otherwise. 512 bytes, no pointer in it, so it outlives
   everybody. NULL is allowed where a caller does not want to know. Frozen: never grows. */
typedef struct norn_error {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* the status returned */
  norn_status code;
  /* NORN_ERROR_* */
  uint32_t flags;
  /* bytes of message */
  uint32_t message_count;
  /* names the log line that tells more; 0 when there is none */
  uint64_t error_id;
  /* who says it, ended by a NUL */
  char domain[32];
  /* UTF-8, one sentence: what, where, what to do; never a row of data or a secret */
  char message[456];
} norn_error;

/* Where a callee pushes bytes. */
typedef struct norn_sink {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* 0 */
  uint32_t _pad0;
  /* passed to write */
  void *context;
  /* [of the callee's] Takes the next bytes, in order, any number of times. Ownership: bytes are copied
     before it returns. State: a status other than NORN_OK ends the pushing and is passed on. */
  norn_status (*write)(void *context, norn_bytes bytes, norn_error *error);
} norn_sink;

/* Rows in Arrow's binary layout. Keys ascend by bytes (memcmp, then length) and are unique, unless a
   comment says otherwise. Borrowed for the call; never written by the receiver. */
typedef struct norn_batch {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* at most NORN_BATCH_MAX_ROWS */
  uint32_t rows;
  /* rows + 1 offsets into keys; the first need not be 0 */
  const uint32_t *key_offsets;
  /* key bytes */
  const uint8_t *keys;
  /* rows + 1 offsets into values; the first need not be 0 */
  const uint32_t *value_offsets;
  /* value bytes */
  const uint8_t *values;
  /* a bit a row, lowest first; NULL: every row is there. Marks the missing side of a zip */
  const uint8_t *validity;
} norn_batch;

/* Where a kernel or a scan puts rows. */
typedef struct norn_emit {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* 0 */
  uint32_t _pad0;
  /* passed to batch */
  void *context;
  /* [of the callee's] Takes rows. Ownership: what is kept is copied before it returns. State: a status
     other than NORN_OK ends the emitting and is passed on. */
  norn_status (*batch)(void *context, const norn_batch *batch, norn_error *error);
} norn_emit;

/* ---- Host ---- */

/* What every plugin gets: the only things that it may use of the process it is in. */
typedef struct norn_host norn_host;
struct norn_host {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* the agreed level */
  uint32_t level;
  /* the host's own */
  void *context;
  /* [any] Gives the table of an extension, or NULL when it is unknown, not of this revision, or not
     granted by manifest and policy. Ownership: the table lives as long as the process. */
  const void *(*get_extension)(const norn_host *host, norn_string id, uint32_t revision);
  /* [any] Writes a line to the attempt's log. Lossy under a flood. Never rows of data, secrets or keys.
     Ownership: text is copied. */
  void (*log)(const norn_host *host, uint32_t severity, norn_string text);
  /* [any] Gives memory that is counted for the attempt; NULL when there is none. alignment is a power of
     two. Ownership: the caller's, until dealloc with the same count and alignment. */
  void *(*alloc)(const norn_host *host, uint64_t count, uint64_t alignment);
  /* [any] Gives memory of alloc back. NULL is ignored. */
  void (*dealloc)(const norn_host *host, void *pointer, uint64_t count, uint64_t alignment);
  /* [any] A clock that never goes back, of no meaning outside this process. */
  uint64_t (*monotonic_nanoseconds)(const norn_host *host);
  /* [any] Wall time since 1970 UTC; it may jump. */
  uint64_t (*unix_nanoseconds)(const norn_host *host);
  /* [any] Fills out with count cryptographically secure bytes. Ownership: out is the caller's. */
  norn_status (*random)(const norn_host *host, uint8_t *out, uint64_t count, norn_error *error);
};

/* ---- Kernels ---- */

/* A named function that an engine may run on partitions, in this process or in another one that opened the
   same library. It touches its state, its inputs and the host's log and memory, nothing else; it may run
   many at a time, be retried, or run twice. */
typedef struct norn_kernel norn_kernel;
struct norn_kernel {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* raised with every change of what it computes */
  uint32_t revision;
  /* NORN_KERNEL_MAP … */
  uint32_t kind;
  /* NORN_KERNEL_PURE … */
  uint32_t flags;
  /* unique in its component; lives as long as the process */
  norn_string name;
  /* the plugin's own, so that several kernels may share their functions */
  const void *context;
  /* [kernel] Makes the state for one partition. Ownership: kernel is the plugin's table; closure is
     borrowed; *state is the plugin's until close. State: once a state; on failure nothing is closed. */
  norn_status (*open)(const norn_kernel *kernel, const norn_host *host, norn_bytes closure,
                      uint32_t partition, uint32_t partitions, void **state, norn_error *error);
  /* [kernel] Takes the next batch, keys ascending over all steps. right is NULL for all but zips. A fold
     emits nothing. Ownership: batches are borrowed. State: after open, any number of times. */
  norn_status (*step)(void *state, const norn_batch *left, const norn_batch *right, const norn_emit *emit,
                      norn_error *error);
  /* [kernel] Emits what is left. NULL in the table: nothing is. Not called for a fold. State: once, after
     the last step. */
  norn_status (*finish)(void *state, const norn_emit *emit, norn_error *error);
  /* [kernel] Pushes the folded state as bytes that another process can merge. NULL unless the kind is a
     fold. State: after steps and merges; the state stays usable. */
  norn_status (*freeze)(void *state, const norn_sink *sink, norn_error *error);
  /* [kernel] Folds another partition's frozen state in; partitions come in ascending order. NULL unless
     the kind is a fold. Ownership: frozen is borrowed. State: after open. */
  norn_status (*merge)(void *state, norn_bytes frozen, norn_error *error);
  /* [kernel] Frees the state. State: once, after a good open, in whatever state. */
  void (*close)(void *state);
};

/* How a kernel travels: by name. A process that has another library under that name refuses it. */
typedef struct norn_kernel_reference {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* of the kernel */
  uint32_t revision;
  /* of the kernel: NORN_KERNEL_MAP … */
  uint32_t kind;
  /* of the kernel: NORN_KERNEL_PURE … */
  uint32_t flags;
  /* SHA-256 of the library, 32 bytes */
  norn_bytes plugin_digest;
  /* the component that has the kernel */
  norn_string component;
  /* the kernel's */
  norn_string name;
  /* argument, in a form of the component's own */
  norn_bytes closure;
  /* a short cut for an engine in the same process; may be NULL, and nothing may depend on it */
  const norn_kernel *local;
} norn_kernel_reference;

/* ---- Components ---- */

/* The attempt that a component is made for. Lives until destroy returns. */
typedef struct norn_task {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* number of the try, from 0; the same at every party */
  uint32_t attempt;
  /* job id */
  norn_string job;
  /* the task's name in the job: hetero_lr_0 */
  norn_string task;
  /* module name */
  norn_string component;
  /* guest, host, arbiter or local */
  norn_string role;
  /* party id, decimal */
  norn_string party;
  /* CBOR map of role to party ids in the job's order */
  norn_bytes parties;
  /* CBOR map with every default filled in */
  norn_bytes parameters;
  /* not 0: stop soon; for hot loops */
  const volatile uint32_t *cancel_flag;
  /* granted; 0: no limit */
  uint64_t memory_bytes;
  /* granted threads that may be busy */
  uint32_t cores;
  /* of new tables, unless the component says otherwise */
  uint32_t partitions;
} norn_task;

/* An algorithm. States: described, created, running, ended, destroyed. */
typedef struct norn_component norn_component;
struct norn_component {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* entries of kernels */
  uint32_t kernel_count;
  /* module name; lives as long as the process */
  norn_string name;
  /* the plugin's own */
  const void *context;
  /* pointers, so that the struct may grow; lives as long as the process */
  const norn_kernel *const *kernels;
  /* [load] Pushes a CBOR map equal to the manifest's section of the component. Pure, the same at every
     call, under 100 ms. */
  norn_status (*describe)(const norn_component *component, const norn_sink *sink, norn_error *error);
  /* [task] Makes an instance for one attempt. Does not block. Ownership: *instance is the plugin's until
     destroy. State: once; on failure nothing is destroyed. */
  norn_status (*create)(const norn_component *component, const norn_host *host, const norn_task *task,
                        void **instance, norn_error *error);
  /* [task] Does the work; blocks until it is done, has failed or was cancelled. Has a stack of 8 MiB. The
     status is the attempt's end. State: once, after create. */
  norn_status (*run)(void *instance, norn_error *error);
  /* [any] Asks run to end soon; returns at once. Every host call of the attempt gives NORN_CANCELLED from
     now on. State: while run runs, or before or after it; any number of times. */
  void (*cancel)(void *instance, uint32_t reason);
  /* [task] Frees the instance. No thread of the plugin runs afterwards. State: once, after a good create,
     when run has returned or was never called. */
  void (*destroy)(void *instance);
};

/* ---- Engines ---- */

/* What a session is opened with. */
typedef struct norn_engine_options {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* threads that may be busy */
  uint32_t cores;
  /* absolute path of the folder that this session may write */
  norn_string scratch;
  /* the attempt as text; unique among live sessions */
  norn_string session;
  /* CBOR map from the site's configuration */
  norn_bytes options;
} norn_engine_options;

/* How a table is to be made. */
typedef struct norn_table_spec {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* 1 to 1023 */
  uint32_t partitions;
  /* NORN_PARTITIONER_* */
  uint32_t partitioner;
  /* NORN_TABLE_* */
  uint32_t flags;
} norn_table_spec;

/* What a sealed table is. */
typedef struct norn_table_info {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* count */
  uint32_t partitions;
  /* NORN_PARTITIONER_* */
  uint32_t partitioner;
  /* NORN_TABLE_* */
  uint32_t flags;
  /* over all partitions */
  uint64_t rows;
  /* of keys and values */
  uint64_t bytes;
} norn_table_info;

/* A computing backend. Tables are immutable versions: written, sealed, then only read. Handles belong to
   their session; a stale or foreign one gives NORN_NOT_FOUND. Every function but open, close and describe
   may be called from several threads at once. */
typedef struct norn_engine norn_engine;
struct norn_engine {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* 0 */
  uint32_t _pad0;
  /* lives as long as the process */
  norn_string name;
  /* the plugin's own */
  const void *context;
  /* [load] Pushes a CBOR map equal to the manifest's section of the engine. Pure. */
  norn_status (*describe)(const norn_engine *engine, const norn_sink *sink, norn_error *error);
  /* [task] Opens a session. Ownership: *session is the plugin's until close; options are borrowed. */
  norn_status (*open)(const norn_engine *engine, const norn_host *host, const norn_engine_options *options,
                      void **session, norn_error *error);
  /* [any] Running calls end soon with NORN_CANCELLED, and so do later ones; returns at once. */
  void (*cancel)(void *session);
  /* [task] Ends the session and deletes its temporary tables. State: once, when no other call runs. */
  void (*close)(void *session);
  /* [any] Begins a table. */
  norn_status (*table_create)(void *session, const norn_table_spec *spec, uint64_t *table, norn_error *error);
  /* [any] Adds rows, in any order, keys not unique: the last put of a key stays. Keys have 1 to
     NORN_KEY_MAX_BYTES bytes; validity must be NULL. Ownership: batch is borrowed. State: between
     table_create and table_seal. */
  norn_status (*table_put)(void *session, uint64_t table, const norn_batch *batch, norn_error *error);
  /* [any] Ends the writing: the table is whole or, on failure, gone. State: once, after table_create. */
  norn_status (*table_seal)(void *session, uint64_t table, norn_error *error);
  /* [any] Makes a sealed table durable and pushes what table_open takes in another process (the built-in
     engines: the absolute path of its folder). The session no longer deletes it. State: sealed. */
  norn_status (*table_publish)(void *session, uint64_t table, const norn_sink *descriptor, norn_error *error);
  /* [any] Opens a published table, of this or an earlier session. A damaged one gives NORN_DATA_LOSS. */
  norn_status (*table_open)(void *session, norn_bytes descriptor, uint64_t *table, norn_error *error);
  /* [any] Fills info. Ownership: info is the caller's, struct_size set. State: sealed or opened. */
  norn_status (*table_info)(void *session, uint64_t table, norn_table_info *info, norn_error *error);
  /* [any] Forgets the handle; a temporary table is deleted. Unknown handles are ignored. A published table
     keeps its files. */
  void (*table_release)(void *session, uint64_t table);
  /* [any] Deletes the table's data and forgets the handle. A table that was opened, not made, gives
     NORN_PERMISSION_DENIED. */
  norn_status (*table_destroy)(void *session, uint64_t table, norn_error *error);
  /* [any] Emits the rows of those keys that exist. Keys may be in any order; values are ignored. Rows come
     partition by partition, ascending inside a batch. State: sealed or opened. */
  norn_status (*table_get)(void *session, uint64_t table, const norn_batch *keys, const norn_emit *emit,
                           norn_error *error);
  /* [any] Emits a partition's rows, keys ascending, at most limit_rows of them; NORN_ALL_PARTITIONS: one
     partition after the other. limit_rows 0 gives none, UINT64_MAX all. State: sealed or opened. */
  norn_status (*table_scan)(void *session, uint64_t table, uint32_t partition, uint64_t limit_rows,
                            const norn_emit *emit, norn_error *error);
  /* [any] Maps each partition, then, when group is not NULL, shuffles and groups. A map without
     NORN_KERNEL_KEEPS_KEYS is shuffled: inside one source partition the first emitted row of a key stays,
     across them the last partition's; with a group kernel all rows stay, in the order (source partition,
     emission). spec may be NULL: as the input. map may be NULL: rows as they are. Emitted rows may come in
     any order when they are shuffled; with NORN_KERNEL_KEEPS_KEYS, and from a group kernel, keys strictly
     ascend and stay in their partition, or the call gives NORN_INVALID_ARGUMENT. Kernels are opened and
     finished for empty partitions too. */
  norn_status (*map_reduce)(void *session, uint64_t table, const norn_kernel_reference *map,
                            const norn_kernel_reference *group, const norn_table_spec *spec, uint64_t *out,
                            norn_error *error);
  /* [any] Runs a kernel over two tables side by side. Tables that differ in partitioning are made alike
     first: the one with fewer partitions is repartitioned. kernel may be NULL for NORN_ZIP_ANTI; spec may
     be NULL. Inner, left and outer batches have the same rows and keys on both sides; a missing side has
     its validity bit 0 and an empty value. An anti kernel gets NULL for the right. Cogroup: equal keys are
     always in one step, and either side may have no rows. A kernel without NORN_KERNEL_KEEPS_KEYS is
     shuffled as a map is. */
  norn_status (*zip)(void *session, uint64_t left, uint64_t right, uint32_t mode,
                     const norn_kernel_reference *kernel, const norn_table_spec *spec, uint64_t *out,
                     norn_error *error);
  /* [any] Folds each partition in key order, merges the frozen states in partition order, and pushes the
     frozen result. Empty partitions are skipped; an empty table pushes nothing. The first partition with
     rows gives the state that merges the others; finish is not called. */
  norn_status (*reduce)(void *session, uint64_t table, const norn_kernel_reference *kernel,
                        const norn_sink *result, norn_error *error);
  /* [any] Gives the same rows in other partitions. */
  norn_status (*repartition)(void *session, uint64_t table, const norn_table_spec *spec, uint64_t *out,
                             norn_error *error);
};

/* ---- Plugin ---- */

/* What a library offers. Lives as long as the process: libraries are never unloaded. */
typedef struct norn_plugin {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* lowest level of a host that it can work with */
  uint32_t level_min;
  /* level of the header that it was built with */
  uint32_t level_built;
  /* entries of components */
  uint32_t component_count;
  /* reverse domain name; equals the manifest's */
  norn_string id;
  /* semantic version; equals the manifest's */
  norn_string version;
  /* NULL when there is none */
  const norn_component *const *components;
  /* NULL when there is none */
  const norn_engine *const *engines;
  /* entries of engines */
  uint32_t engine_count;
  /* 0 */
  uint32_t _pad0;
} norn_plugin;

/* ---- Extension norn.artifacts/1 ---- */

/* What flows in and out of the task, by the names of its ports. */
typedef struct norn_artifacts {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* 0 */
  uint32_t _pad0;
  /* [any] Pushes a CBOR list of {name, index, kind: table|model|cache|file, from, rows, schema}. */
  norn_status (*inputs)(const norn_host *host, const norn_sink *sink, norn_error *error);
  /* [any] Opens an input table in the attempt's engine; one of another engine is copied over. Ownership:
     the handle is released with the session. */
  norn_status (*open_table)(const norn_host *host, norn_string name, uint32_t index, uint64_t *table,
                            norn_error *error);
  /* [any] Pushes the bytes of a model, cache or file, in pieces of at most 1 MiB. */
  norn_status (*read)(const norn_host *host, norn_string name, uint32_t index, const norn_sink *sink,
                      norn_error *error);
  /* [any] Hands a sealed table out. schema is a CBOR map. Kept when the attempt succeeds. State: once a
     name. */
  norn_status (*output_table)(const norn_host *host, norn_string name, uint64_t table, norn_bytes schema,
                              norn_error *error);
  /* [any] Appends to a model, cache or file. Whole when the attempt succeeds, gone otherwise. Ownership:
     bytes are copied. */
  norn_status (*write)(const norn_host *host, norn_string name, norn_bytes bytes, norn_error *error);
} norn_artifacts;

/* ---- Extension norn.engine/1 ---- */

/* The attempt's engine, for components. */
typedef struct norn_engine_access {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* 0 */
  uint32_t _pad0;
  /* [any] Gives the engine and its open session. Ownership: both live until destroy returns; the component
     never closes the session. */
  norn_status (*session)(const norn_host *host, const norn_engine **engine, void **session, norn_error *error);
  /* [any] Fills a reference to a kernel of the running component. Ownership: out is the caller's,
     struct_size set; its closure is borrowed from the caller. */
  norn_status (*kernel)(const norn_host *host, norn_string name, norn_bytes closure,
                        norn_kernel_reference *out, norn_error *error);
} norn_engine_access;

/* ---- Extension norn.federation/1 ---- */

/* Messages between the parties of a task: the only way out. Addressed by name, tag and party; a message
   reaches this attempt at that party, once, or never. */
typedef struct norn_federation {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* 0 */
  uint32_t _pad0;
  /* [any] Hands bytes over to be sent, and returns. A second send of the same name, tag and receiver gives
     NORN_ALREADY_EXISTS. Ownership: bytes are copied. */
  norn_status (*send)(const norn_host *host, norn_string name, norn_string tag, norn_string role,
                      norn_string party, norn_bytes bytes, norn_error *error);
  /* [any] The same for a sealed table's rows. */
  norn_status (*send_table)(const norn_host *host, norn_string name, norn_string tag, norn_string role,
                            norn_string party, uint64_t table, norn_error *error);
  /* [any] Announces that a message of that sender is wanted; returns at once. Ownership: the ticket is the
     caller's until take, take_table or drop. */
  norn_status (*post)(const norn_host *host, norn_string name, norn_string tag, norn_string role,
                      norn_string party, uint64_t *ticket, norn_error *error);
  /* [any] Blocks until any or all tickets can be taken, the time is over (NORN_DEADLINE_EXCEEDED) or the
     attempt is cancelled. done gets 1 for each ticket that can be taken. Ownership: done is the caller's,
     count bytes. */
  norn_status (*wait)(const norn_host *host, const uint64_t *tickets, uint64_t count, uint32_t mode,
                      uint64_t timeout_milliseconds, uint8_t *done, norn_error *error);
  /* [any] Pushes a message's bytes and forgets the ticket; waits when it is not there yet. */
  norn_status (*take)(const norn_host *host, uint64_t ticket, const norn_sink *sink, norn_error *error);
  /* [any] Makes a sealed table of a message that is one, and forgets the ticket. Ownership: the handle is
     released with the session. */
  norn_status (*take_table)(const norn_host *host, uint64_t ticket, uint64_t *table, norn_error *error);
  /* [any] Forgets the ticket and its message. Unknown ones are ignored. */
  void (*drop)(const norn_host *host, uint64_t ticket);
} norn_federation;

/* ---- Extension norn.tracking/1 ---- */

/* What people and programs see of a running task. Never blocks for long; points may be dropped under a
   flood. */
typedef struct norn_tracking {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* 0 */
  uint32_t _pad0;
  /* [any] CBOR {namespace, name, type, points: [[key, value], …], meta}; points append to the series.
     Ownership: copied. */
  norn_status (*metric)(const norn_host *host, norn_bytes metric, norn_error *error);
  /* [any] How far it is; a later one replaces an earlier one. Ownership: what is copied. */
  norn_status (*progress)(const norn_host *host, uint64_t done, uint64_t total, norn_string what,
                          norn_error *error);
  /* [any] CBOR map of results; a later one replaces an earlier one. Ownership: copied. */
  norn_status (*summary)(const norn_host *host, norn_bytes summary, norn_error *error);
  /* [any] CBOR map for people: a model's view. Kept at this party only. Ownership: copied. */
  norn_status (*model)(const norn_host *host, norn_string name, norn_bytes model, norn_error *error);
} norn_tracking;

/* ---- Extension norn.workers/1 ---- */

/* Threads inside the grant. */
typedef struct norn_workers {
  /* bytes of the struct as its maker knows it; every reader checks it first */
  uint32_t struct_size;
  /* 0 */
  uint32_t _pad0;
  /* [any] How many calls of parallel_for's body may run at once, the caller's among them. */
  uint32_t (*width)(const norn_host *host);
  /* [any] Calls body(context, index) for 0 ..< count on at most width threads, the caller's among them,
     and returns when all have ended: with the first failure by index. May be nested: the inner one runs on
     the threads that are free. Ownership: context is the caller's. */
  norn_status (*parallel_for)(const norn_host *host, uint64_t count, void *context,
                              norn_status (*body)(void *context, uint64_t index, norn_error *error),
                              norn_error *error);
} norn_workers;

/* ---- Entry ---- */

/* [load] The one symbol that a plugin exports; 1 is the generation. The host works at any level from
   level_low to level_high; the plugin answers with its table, or NORN_FAILED_PRECONDITION and both ranges
   in words when [level_min, level_built] does not meet it. The agreed level is min(level_built,
   level_high). Ownership: *out lives as long as the process. State: once, before anything else. */
norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error);

/* ---- Extensions by id and revision ---- */

#define NORN_ARTIFACTS_ID "norn.artifacts"
#define NORN_ARTIFACTS_REVISION 1u
#define NORN_ENGINE_ACCESS_ID "norn.engine"
#define NORN_ENGINE_ACCESS_REVISION 1u
#define NORN_FEDERATION_ID "norn.federation"
#define NORN_FEDERATION_REVISION 1u
#define NORN_TRACKING_ID "norn.tracking"
#define NORN_TRACKING_REVISION 1u
#define NORN_WORKERS_ID "norn.workers"
#define NORN_WORKERS_REVISION 1u

/* ---- Bytes of each struct at each level ---- */

#define NORN_BYTES_LEVEL_1_BYTES 16u
#define NORN_STRING_LEVEL_1_BYTES 16u
#define NORN_ERROR_LEVEL_1_BYTES 512u
#define NORN_SINK_LEVEL_1_BYTES 24u
#define NORN_BATCH_LEVEL_1_BYTES 48u
#define NORN_EMIT_LEVEL_1_BYTES 24u
#define NORN_HOST_LEVEL_1_BYTES 72u
#define NORN_KERNEL_LEVEL_1_BYTES 88u
#define NORN_KERNEL_REFERENCE_LEVEL_1_BYTES 88u
#define NORN_TASK_LEVEL_1_BYTES 144u
#define NORN_COMPONENT_LEVEL_1_BYTES 80u
#define NORN_ENGINE_OPTIONS_LEVEL_1_BYTES 56u
#define NORN_TABLE_SPEC_LEVEL_1_BYTES 16u
#define NORN_TABLE_INFO_LEVEL_1_BYTES 32u
#define NORN_ENGINE_LEVEL_1_BYTES 176u
#define NORN_PLUGIN_LEVEL_1_BYTES 72u
#define NORN_ARTIFACTS_LEVEL_1_BYTES 48u
#define NORN_ENGINE_ACCESS_LEVEL_1_BYTES 24u
#define NORN_FEDERATION_LEVEL_1_BYTES 64u
#define NORN_TRACKING_LEVEL_1_BYTES 40u
#define NORN_WORKERS_LEVEL_1_BYTES 24u

/* ---- Layout on machines with 64-bit pointers ---- */

#if UINTPTR_MAX == 0xffffffffffffffffu
#ifdef __cplusplus
#define NORN_LAYOUT(condition) static_assert(condition, #condition)
#else
#define NORN_LAYOUT(condition) _Static_assert(condition, #condition)
#endif
NORN_LAYOUT(sizeof(norn_bytes) == 16);
NORN_LAYOUT(offsetof(norn_bytes, count) == 8);
NORN_LAYOUT(sizeof(norn_string) == 16);
NORN_LAYOUT(offsetof(norn_string, count) == 8);
NORN_LAYOUT(sizeof(norn_error) == 512);
NORN_LAYOUT(offsetof(norn_error, code) == 4);
NORN_LAYOUT(offsetof(norn_error, flags) == 8);
NORN_LAYOUT(offsetof(norn_error, message_count) == 12);
NORN_LAYOUT(offsetof(norn_error, error_id) == 16);
NORN_LAYOUT(offsetof(norn_error, domain) == 24);
NORN_LAYOUT(offsetof(norn_error, message) == 56);
NORN_LAYOUT(sizeof(norn_sink) == 24);
NORN_LAYOUT(offsetof(norn_sink, _pad0) == 4);
NORN_LAYOUT(offsetof(norn_sink, context) == 8);
NORN_LAYOUT(offsetof(norn_sink, write) == 16);
NORN_LAYOUT(sizeof(norn_batch) == 48);
NORN_LAYOUT(offsetof(norn_batch, rows) == 4);
NORN_LAYOUT(offsetof(norn_batch, key_offsets) == 8);
NORN_LAYOUT(offsetof(norn_batch, keys) == 16);
NORN_LAYOUT(offsetof(norn_batch, value_offsets) == 24);
NORN_LAYOUT(offsetof(norn_batch, values) == 32);
NORN_LAYOUT(offsetof(norn_batch, validity) == 40);
NORN_LAYOUT(sizeof(norn_emit) == 24);
NORN_LAYOUT(offsetof(norn_emit, _pad0) == 4);
NORN_LAYOUT(offsetof(norn_emit, context) == 8);
NORN_LAYOUT(offsetof(norn_emit, batch) == 16);
NORN_LAYOUT(sizeof(norn_host) == 72);
NORN_LAYOUT(offsetof(norn_host, level) == 4);
NORN_LAYOUT(offsetof(norn_host, context) == 8);
NORN_LAYOUT(offsetof(norn_host, get_extension) == 16);
NORN_LAYOUT(offsetof(norn_host, log) == 24);
NORN_LAYOUT(offsetof(norn_host, alloc) == 32);
NORN_LAYOUT(offsetof(norn_host, dealloc) == 40);
NORN_LAYOUT(offsetof(norn_host, monotonic_nanoseconds) == 48);
NORN_LAYOUT(offsetof(norn_host, unix_nanoseconds) == 56);
NORN_LAYOUT(offsetof(norn_host, random) == 64);
NORN_LAYOUT(sizeof(norn_kernel) == 88);
NORN_LAYOUT(offsetof(norn_kernel, revision) == 4);
NORN_LAYOUT(offsetof(norn_kernel, kind) == 8);
NORN_LAYOUT(offsetof(norn_kernel, flags) == 12);
NORN_LAYOUT(offsetof(norn_kernel, name) == 16);
NORN_LAYOUT(offsetof(norn_kernel, context) == 32);
NORN_LAYOUT(offsetof(norn_kernel, open) == 40);
NORN_LAYOUT(offsetof(norn_kernel, step) == 48);
NORN_LAYOUT(offsetof(norn_kernel, finish) == 56);
NORN_LAYOUT(offsetof(norn_kernel, freeze) == 64);
NORN_LAYOUT(offsetof(norn_kernel, merge) == 72);
NORN_LAYOUT(offsetof(norn_kernel, close) == 80);
NORN_LAYOUT(sizeof(norn_kernel_reference) == 88);
NORN_LAYOUT(offsetof(norn_kernel_reference, revision) == 4);
NORN_LAYOUT(offsetof(norn_kernel_reference, kind) == 8);
NORN_LAYOUT(offsetof(norn_kernel_reference, flags) == 12);
NORN_LAYOUT(offsetof(norn_kernel_reference, plugin_digest) == 16);
NORN_LAYOUT(offsetof(norn_kernel_reference, component) == 32);
NORN_LAYOUT(offsetof(norn_kernel_reference, name) == 48);
NORN_LAYOUT(offsetof(norn_kernel_reference, closure) == 64);
NORN_LAYOUT(offsetof(norn_kernel_reference, local) == 80);
NORN_LAYOUT(sizeof(norn_task) == 144);
NORN_LAYOUT(offsetof(norn_task, attempt) == 4);
NORN_LAYOUT(offsetof(norn_task, job) == 8);
NORN_LAYOUT(offsetof(norn_task, task) == 24);
NORN_LAYOUT(offsetof(norn_task, component) == 40);
NORN_LAYOUT(offsetof(norn_task, role) == 56);
NORN_LAYOUT(offsetof(norn_task, party) == 72);
NORN_LAYOUT(offsetof(norn_task, parties) == 88);
NORN_LAYOUT(offsetof(norn_task, parameters) == 104);
NORN_LAYOUT(offsetof(norn_task, cancel_flag) == 120);
NORN_LAYOUT(offsetof(norn_task, memory_bytes) == 128);
NORN_LAYOUT(offsetof(norn_task, cores) == 136);
NORN_LAYOUT(offsetof(norn_task, partitions) == 140);
NORN_LAYOUT(sizeof(norn_component) == 80);
NORN_LAYOUT(offsetof(norn_component, kernel_count) == 4);
NORN_LAYOUT(offsetof(norn_component, name) == 8);
NORN_LAYOUT(offsetof(norn_component, context) == 24);
NORN_LAYOUT(offsetof(norn_component, kernels) == 32);
NORN_LAYOUT(offsetof(norn_component, describe) == 40);
NORN_LAYOUT(offsetof(norn_component, create) == 48);
NORN_LAYOUT(offsetof(norn_component, run) == 56);
NORN_LAYOUT(offsetof(norn_component, cancel) == 64);
NORN_LAYOUT(offsetof(norn_component, destroy) == 72);
NORN_LAYOUT(sizeof(norn_engine_options) == 56);
NORN_LAYOUT(offsetof(norn_engine_options, cores) == 4);
NORN_LAYOUT(offsetof(norn_engine_options, scratch) == 8);
NORN_LAYOUT(offsetof(norn_engine_options, session) == 24);
NORN_LAYOUT(offsetof(norn_engine_options, options) == 40);
NORN_LAYOUT(sizeof(norn_table_spec) == 16);
NORN_LAYOUT(offsetof(norn_table_spec, partitions) == 4);
NORN_LAYOUT(offsetof(norn_table_spec, partitioner) == 8);
NORN_LAYOUT(offsetof(norn_table_spec, flags) == 12);
NORN_LAYOUT(sizeof(norn_table_info) == 32);
NORN_LAYOUT(offsetof(norn_table_info, partitions) == 4);
NORN_LAYOUT(offsetof(norn_table_info, partitioner) == 8);
NORN_LAYOUT(offsetof(norn_table_info, flags) == 12);
NORN_LAYOUT(offsetof(norn_table_info, rows) == 16);
NORN_LAYOUT(offsetof(norn_table_info, bytes) == 24);
NORN_LAYOUT(sizeof(norn_engine) == 176);
NORN_LAYOUT(offsetof(norn_engine, _pad0) == 4);
NORN_LAYOUT(offsetof(norn_engine, name) == 8);
NORN_LAYOUT(offsetof(norn_engine, context) == 24);
NORN_LAYOUT(offsetof(norn_engine, describe) == 32);
NORN_LAYOUT(offsetof(norn_engine, open) == 40);
NORN_LAYOUT(offsetof(norn_engine, cancel) == 48);
NORN_LAYOUT(offsetof(norn_engine, close) == 56);
NORN_LAYOUT(offsetof(norn_engine, table_create) == 64);
NORN_LAYOUT(offsetof(norn_engine, table_put) == 72);
NORN_LAYOUT(offsetof(norn_engine, table_seal) == 80);
NORN_LAYOUT(offsetof(norn_engine, table_publish) == 88);
NORN_LAYOUT(offsetof(norn_engine, table_open) == 96);
NORN_LAYOUT(offsetof(norn_engine, table_info) == 104);
NORN_LAYOUT(offsetof(norn_engine, table_release) == 112);
NORN_LAYOUT(offsetof(norn_engine, table_destroy) == 120);
NORN_LAYOUT(offsetof(norn_engine, table_get) == 128);
NORN_LAYOUT(offsetof(norn_engine, table_scan) == 136);
NORN_LAYOUT(offsetof(norn_engine, map_reduce) == 144);
NORN_LAYOUT(offsetof(norn_engine, zip) == 152);
NORN_LAYOUT(offsetof(norn_engine, reduce) == 160);
NORN_LAYOUT(offsetof(norn_engine, repartition) == 168);
NORN_LAYOUT(sizeof(norn_plugin) == 72);
NORN_LAYOUT(offsetof(norn_plugin, level_min) == 4);
NORN_LAYOUT(offsetof(norn_plugin, level_built) == 8);
NORN_LAYOUT(offsetof(norn_plugin, component_count) == 12);
NORN_LAYOUT(offsetof(norn_plugin, id) == 16);
NORN_LAYOUT(offsetof(norn_plugin, version) == 32);
NORN_LAYOUT(offsetof(norn_plugin, components) == 48);
NORN_LAYOUT(offsetof(norn_plugin, engines) == 56);
NORN_LAYOUT(offsetof(norn_plugin, engine_count) == 64);
NORN_LAYOUT(offsetof(norn_plugin, _pad0) == 68);
NORN_LAYOUT(sizeof(norn_artifacts) == 48);
NORN_LAYOUT(offsetof(norn_artifacts, _pad0) == 4);
NORN_LAYOUT(offsetof(norn_artifacts, inputs) == 8);
NORN_LAYOUT(offsetof(norn_artifacts, open_table) == 16);
NORN_LAYOUT(offsetof(norn_artifacts, read) == 24);
NORN_LAYOUT(offsetof(norn_artifacts, output_table) == 32);
NORN_LAYOUT(offsetof(norn_artifacts, write) == 40);
NORN_LAYOUT(sizeof(norn_engine_access) == 24);
NORN_LAYOUT(offsetof(norn_engine_access, _pad0) == 4);
NORN_LAYOUT(offsetof(norn_engine_access, session) == 8);
NORN_LAYOUT(offsetof(norn_engine_access, kernel) == 16);
NORN_LAYOUT(sizeof(norn_federation) == 64);
NORN_LAYOUT(offsetof(norn_federation, _pad0) == 4);
NORN_LAYOUT(offsetof(norn_federation, send) == 8);
NORN_LAYOUT(offsetof(norn_federation, send_table) == 16);
NORN_LAYOUT(offsetof(norn_federation, post) == 24);
NORN_LAYOUT(offsetof(norn_federation, wait) == 32);
NORN_LAYOUT(offsetof(norn_federation, take) == 40);
NORN_LAYOUT(offsetof(norn_federation, take_table) == 48);
NORN_LAYOUT(offsetof(norn_federation, drop) == 56);
NORN_LAYOUT(sizeof(norn_tracking) == 40);
NORN_LAYOUT(offsetof(norn_tracking, _pad0) == 4);
NORN_LAYOUT(offsetof(norn_tracking, metric) == 8);
NORN_LAYOUT(offsetof(norn_tracking, progress) == 16);
NORN_LAYOUT(offsetof(norn_tracking, summary) == 24);
NORN_LAYOUT(offsetof(norn_tracking, model) == 32);
NORN_LAYOUT(sizeof(norn_workers) == 24);
NORN_LAYOUT(offsetof(norn_workers, _pad0) == 4);
NORN_LAYOUT(offsetof(norn_workers, width) == 8);
NORN_LAYOUT(offsetof(norn_workers, parallel_for) == 16);
#undef NORN_LAYOUT
#endif

#ifdef __cplusplus
}
#endif
#endif
