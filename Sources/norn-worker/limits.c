/* Privileges, life and resources of the process. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "sandbox.h"

/* Thread stacks, the allocator's arenas and the plugins' data count as RLIMIT_DATA as soon as they are mapped; the
   watchdog is the exact limit, this one stops a runaway before the machine swaps. */
#define DATA_HEADROOM_BYTES 536870912u
#define DATA_HEADROOM_PER_CORE_BYTES 33554432u
#define MAX_OPEN_FILES 4096u
/* As large as the largest message may be: a file of its scratch folder is a partition, a model or a message. */
#define MAX_FILE_BYTES (1ull << 36)

void worker_die_with_parent(void) {
#ifdef __linux__
  pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(NORN_EXIT_CHANNEL_LOST); /* it ended in between */
#endif
}

#ifdef __linux__
/* Of a site that root runs: what is left is the right of the files' owner. */
static bool drop_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return syscall(SYS_capset, &header, none) == 0;
}
#endif

bool worker_give_up_privileges(bool backtrace) {
#ifdef __linux__
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  if (!drop_capabilities()) return false;
  if (!backtrace) prctl(PR_SET_DUMPABLE, 0); /* nobody else looks into its memory */
#else
  (void)backtrace;
#endif
  return true;
}

/* Lowers a limit; one that is lower already stays. */
static void limit(int resource, rlim_t value) {
  struct rlimit now;
  if (getrlimit(resource, &now) != 0) return;
  if (now.rlim_max == RLIM_INFINITY || now.rlim_max > value) now.rlim_max = value;
  now.rlim_cur = now.rlim_max;
  setrlimit(resource, &now);
}

void worker_limit_resources(uint64_t memory_bytes, uint32_t cores) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, MAX_OPEN_FILES);
  limit(RLIMIT_FSIZE, MAX_FILE_BYTES);
  limit(RLIMIT_MEMLOCK, 0);
  limit(RLIMIT_MSGQUEUE, 0);
#ifdef __linux__
  if (memory_bytes > 0)
    limit(RLIMIT_DATA, memory_bytes + DATA_HEADROOM_BYTES + (uint64_t)cores * DATA_HEADROOM_PER_CORE_BYTES);
#else
  (void)memory_bytes, (void)cores;
#endif
}
