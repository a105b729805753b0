/* The plugin's host, written once: one function runs an attempt over a channel to the site. The worker calls it with
   a sandbox and ends with it; a test host calls it on threads of its own, several parties at once in one process. */
#ifndef NORN_HOST_H
#define NORN_HOST_H
#include <stdbool.h>
#include <stdint.h>

#include "norn.h"
#include "norn_black_box.h"
#include "norn_cbor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills error (which may be NULL) and returns code. The text is cut at the struct's end. */
norn_status norn_fail(norn_error *error, norn_status code, const char *domain, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void norn_error_clear(norn_error *error);

/* The start message, parsed; every view lives as long as the attempt. */
typedef struct norn_plugin_location {
  norn_string name; /* of a foreign engine; else empty */
  norn_string path;
  norn_bytes sha256;
  bool has_identity;
  uint64_t identity[4]; /* device, inode, bytes, modification time in nanoseconds */
} norn_plugin_location;

#define NORN_MODE_RUN 1u
#define NORN_MODE_DESCRIBE 2u
#define NORN_MODE_KERNELS 3u

typedef struct norn_start {
  uint32_t mode;
  norn_cbor map; /* the whole message */
  norn_cbor attempt;
  norn_plugin_location component_plugin;
  norn_plugin_location engine_plugin;
  norn_string component;
  norn_string engine;
  norn_string scratch;
  norn_cbor inputs;
  norn_cbor outputs;
  norn_cbor foreign_engines;
  norn_cbor read_paths;
  norn_cbor extensions;
  uint64_t memory_bytes; /* 0: no limit */
  uint64_t live_until;   /* milliseconds of the clock of leases, CLOCK_BOOTTIME; 0: as long as the channel */
  uint32_t cores;
  uint32_t partitions;
  /* restrictions that are asked for; all of them unless the message says false */
  bool sandbox_network;
  bool sandbox_landlock;
  bool sandbox_seccomp;
  bool sandbox_mounts; /* read-only mounts also where there are file rules; only with true */
  bool sandbox_required; /* refuse to run (exit 72) when one of them cannot be had */
} norn_start;

typedef struct norn_attempt norn_attempt;

typedef struct norn_attempt_options {
  int channel_fd;   /* SEQPACKET socket; owned by the attempt, closed at its end */
  int black_box_fd; /* or -1; borrowed */
  /* No _exit when the channel is lost: pending calls fail and the attempt is cancelled instead. */
  bool in_process;
  /* Given instead of a path in the start message; must live as long as the process. */
  const norn_plugin *component_plugin;
  const norn_plugin *engine_plugin;
  void *context;
  /* Called on the caller's thread when the start is read, before any thread is made and before any plugin is loaded.
     Text for the site's log goes through norn_attempt_log. Failure ends the process with 72. May be NULL. */
  norn_status (*prepare)(void *context, norn_attempt *attempt, const norn_start *start, norn_black_box *box,
                         norn_error *error);
  /* Called on the run thread when all plugins are loaded, before create. May be NULL. */
  void (*loaded)(void *context, const norn_start *start, norn_black_box *box);
} norn_attempt_options;

/* Runs one attempt (or describes, or serves kernels) from its start message to its end message. Blocks the calling
   thread: never call it on a cooperative pool. [any thread; any number at once] The returned status is that of the
   attempt's end, or of the channel when no end could be told. */
norn_status norn_attempt_run(const norn_attempt_options *options, norn_error *error);

/* [any thread, from prepare on] A line for the attempt's log. */
void norn_attempt_log(norn_attempt *attempt, uint32_t severity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The partitions of a table as frames (see table_frames.c); used by send_table, the kernel runner and tests. */
#define NORN_FRAME_MAGIC 0x3146544eu /* "NTF1" */
#define NORN_FRAME_ALIGNMENT 64u
#define NORN_FRAME_ORDINAL 1u  /* the table is partitioned by NORN_PARTITIONER_ORDINAL */
#define NORN_FRAME_RIGHT 2u    /* kernels mode: the right side of the frame before */
#define NORN_FRAME_VALIDITY 4u /* a validity bitmap follows the values */
#define NORN_FRAME_UNORDERED 8u /* what a kernel emitted, in its order; never part of a table */

typedef struct norn_frame {
  uint32_t partition;
  uint32_t flags;
  norn_batch batch; /* borrowed from the bytes */
} norn_frame;

/* Bytes that a frame of this batch takes, padding included. */
uint64_t norn_frame_bytes(const norn_batch *batch);
/* Writes one frame as a few pieces to sink. */
norn_status norn_frame_write(const norn_sink *sink, uint32_t partition, uint32_t flags, const norn_batch *batch,
                             norn_error *error);
/* Reads the frame at *position (64-byte aligned memory) and moves on; every bound and the order of keys is checked. */
norn_status norn_frame_read(norn_bytes bytes, uint64_t *position, norn_frame *out, norn_error *error);

#ifdef __cplusplus
}
#endif
#endif
