/* What a worker leaves behind for a crash report: a memfd mapped by the worker and the site. Written without locks,
   with plain stores, so that it is up to date when the process dies at any instruction; a reader must take every
   field as possibly torn and bound every count. All text is UTF-8, cut to fit, padded with NUL. */
#ifndef NORN_BLACK_BOX_H
#define NORN_BLACK_BOX_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NORN_BLACK_BOX_MAGIC 0x31584f424e524f4eull /* "NORNBOX1" */
#define NORN_BLACK_BOX_BYTES 65536u
#define NORN_BLACK_BOX_CALLS 64u
#define NORN_BLACK_BOX_LINES 16u
#define NORN_BLACK_BOX_LINE_BYTES 240u
#define NORN_BLACK_BOX_NAME_BYTES 24u
#define NORN_BLACK_BOX_NOTE_BYTES 256u
#define NORN_BLACK_BOX_DENIALS 16u

#define NORN_PHASE_NONE 0u
#define NORN_PHASE_STARTING 1u /* start read, sandbox on its way */
#define NORN_PHASE_LOADING 2u
#define NORN_PHASE_DESCRIBING 3u
#define NORN_PHASE_CREATING 4u
#define NORN_PHASE_RUNNING 5u
#define NORN_PHASE_DESTROYING 6u
#define NORN_PHASE_ENDED 7u

/* How the worker's process ends; anything else is a signal. */
#define NORN_EXIT_ENDED 0
#define NORN_EXIT_INTERNAL 70
#define NORN_EXIT_CHANNEL_LOST 71
#define NORN_EXIT_SANDBOX_REFUSED 72
#define NORN_EXIT_MEMORY_EXCEEDED 73
#define NORN_EXIT_LEASE_ENDED 74

typedef struct norn_black_box_call {
  uint64_t monotonic_nanoseconds;
  char name[NORN_BLACK_BOX_NAME_BYTES]; /* "federation.send" */
} norn_black_box_call;

typedef struct norn_black_box_line {
  uint64_t monotonic_nanoseconds;
  uint32_t severity;
  uint32_t count; /* bytes in text */
  char text[NORN_BLACK_BOX_LINE_BYTES];
} norn_black_box_line;

typedef struct norn_black_box {
  uint64_t magic;
  uint32_t phase;        /* NORN_PHASE_* */
  uint32_t fault_phase;  /* the phase when the signal came */
  uint32_t signal;       /* 0: none */
  int32_t signal_code;   /* si_code */
  uint64_t fault_address;
  uint64_t call_count;   /* host calls so far; calls[(n - 1) % NORN_BLACK_BOX_CALLS] is the newest */
  uint64_t line_count;   /* log lines so far */
  uint64_t peak_bytes;   /* the watchdog's highest reading of resident anonymous and shared pages */
  uint32_t exit_code;    /* NORN_EXIT_* written just before the worker ends itself, else 0 */
  uint32_t cancel_reason; /* 0: not cancelled */
  char note[NORN_BLACK_BOX_NOTE_BYTES]; /* why the worker ended itself */
  char current_call[NORN_BLACK_BOX_NAME_BYTES]; /* host call being served; empty: the plugin's own code runs */
  norn_black_box_call calls[NORN_BLACK_BOX_CALLS];
  norn_black_box_line lines[NORN_BLACK_BOX_LINES];
  uint64_t denial_count; /* system calls that the sandbox refused */
  char denials[NORN_BLACK_BOX_DENIALS][NORN_BLACK_BOX_NAME_BYTES]; /* the first ones, each name once: "socket" */
} norn_black_box;

/* Maps fd (made NORN_BLACK_BOX_BYTES long), or private memory when fd is -1. NULL when that fails. */
norn_black_box *norn_black_box_open(int fd);
void norn_black_box_close(norn_black_box *box);
void norn_black_box_enter(norn_black_box *box, const char *call);
void norn_black_box_leave(norn_black_box *box);
void norn_black_box_log(norn_black_box *box, uint32_t severity, const char *text, uint64_t count);
void norn_black_box_note(norn_black_box *box, int32_t exit_code, const char *note);
/* Safe in a signal handler. */
void norn_black_box_deny(norn_black_box *box, const char *call);
const char *norn_black_box_phase_name(uint32_t phase);

#ifdef __cplusplus
}
#endif
#endif
