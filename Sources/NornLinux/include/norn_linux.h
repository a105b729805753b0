/* The system calls that only Linux has, each with a plain fallback. Every function returns 0 or a count on success and
   a negative errno on failure; none of them throws, logs or keeps a pointer. */
#ifndef NORN_LINUX_H
#define NORN_LINUX_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where a worker finds what it was given. */
#define NORN_LINUX_CHANNEL_FD 3
#define NORN_LINUX_BLACK_BOX_FD 4

typedef struct norn_linux_spawn_request {
  const char *path;
  char *const *arguments;   /* NULL-terminated, arguments[0] is the name */
  char *const *environment; /* NULL-terminated, all of it */
  const char *directory;    /* working directory */
  int channel;              /* becomes fd 3 */
  int black_box;            /* becomes fd 4 */
  int output;               /* becomes fds 1 and 2; stdin is /dev/null, or the life file */
  int control_group;        /* cgroup.procs of the group that it lives in; -1: the caller's */
  int empty_network;        /* 1: it lives in the namespace of norn_linux_empty_network, which has given 0 */
} norn_linux_spawn_request;

/* [once, before the first spawn] From now on every spawned process holds a shared lock (flock) on this empty file, as
   its stdin, until it has ended: who gets the file exclusively knows that none of them lives, whoever started them. A
   process that cannot have its lock is not started. */
int norn_linux_set_life_file(const char *path);

/* [any thread] Starts a process of its own group with the fds above and no other. The fork is made by one thread that
   lives as long as this process, so that the child's parent-death signal (SIGKILL) comes when the process ends, not
   when a thread does. Blocks until exec has happened or failed. *pidfd is -1 where the kernel has none. */
int norn_linux_spawn(const norn_linux_spawn_request *request, pid_t *pid, int *pidfd);

/* [any thread] Makes, once for this process, the network namespace without any interface that workers live in; the
   process itself stays where it is. 0: it is there and can be entered; else a negative errno, always the same: neither
   privileges nor user namespaces. */
int norn_linux_empty_network(void);

/* [any thread] The version of Landlock's rules that this kernel has; 0: none. */
int norn_linux_landlock_version(void);

/* [any thread] Signals a process group. */
int norn_linux_kill_group(pid_t group, int signal);

typedef struct norn_linux_exit {
  int exited;    /* 1: exit_code holds; 0: signal holds */
  int exit_code;
  int signal;
  int64_t peak_memory_bytes;
  int64_t cpu_milliseconds;
} norn_linux_exit;

/* [any thread] Takes the exit of a child. 1: it had ended, *end is filled; 0: it lives (only without block). */
int norn_linux_reap(pid_t pid, int block, norn_linux_exit *end);

/* [any thread] True when the child has ended and was not reaped yet. Does not reap. */
int norn_linux_has_ended(pid_t pid);

/* [any thread] Makes orphans of our workers our children, so that they can be reaped. */
int norn_linux_become_subreaper(void);

/* [any thread] 1 when orphans of our children become ours. */
int norn_linux_is_subreaper(void);

/* [any thread] Reaps ended children that norn_linux_spawn did not start: orphans that fell to PID 1 or to a subreaper.
   Returns how many. */
int norn_linux_reap_orphans(void);

/* [any thread] A connected pair of AF_UNIX SOCK_SEQPACKET sockets, close-on-exec. */
int norn_linux_packet_pair(int pair[2]);

/* [any thread] A pipe, close-on-exec; its reading end pair[0] never blocks. */
int norn_linux_print_pipe(int pair[2]);

/* [any thread] A counter that poll can wait for; reading or writing it never blocks. Returns the fd. */
int norn_linux_wake_counter(void);

/* [any thread] Sends one packet with at most one fd (-1: none). Never blocks: -EAGAIN. No SIGPIPE: -EPIPE. */
ssize_t norn_linux_send(int socket, const void *bytes, size_t count, int fd);

/* [any thread] Receives one packet with at most one fd (-1: none came). Never blocks: -EAGAIN. 0: the peer has gone.
   -EMSGSIZE: longer than capacity; -EPROTO: more than one fd came. Received fds are close-on-exec. */
ssize_t norn_linux_receive(int socket, void *bytes, size_t capacity, int *fd);

/* [any thread] A memfd of this size, zeroed; an unlinked temporary file where there is none. Returns the fd. */
int norn_linux_memory_file(const char *name, size_t count);

/* [any thread] A memfd that holds these bytes and can never change. Returns the fd. */
int norn_linux_sealed_memory(const char *name, const void *bytes, size_t count);

/* [any thread] 1: the file is a memfd that can neither be written nor shrink; 2: a memfd that still can; 0: a file. */
int norn_linux_memory_seals(int fd);

/* [once, before threads] What is freed goes back to the system at once: allocations of 256 KiB and more are mapped each
   by itself, and the heap's free end is given back from 128 KiB on. glibc alone would raise both limits with the first
   large buffer that is freed, and then keep what a start needed. Nothing where the allocator has no such knobs. */
void norn_linux_return_freed_memory(void);

/* [any thread] Bytes that the allocator has given out and not got back; 0 where it does not tell. */
uint64_t norn_linux_allocated_bytes(void);

/* [any thread] When a process started, in the kernel's ticks; -1: there is none. With its number it is unique until the
   machine starts again. */
int64_t norn_linux_start_time(pid_t pid);

/* [any thread] Kills the process that has this number and started at this time. -ESRCH: it has gone. */
int norn_linux_kill_process(pid_t pid, int64_t start_time);

/* [any thread] Bytes that an unprivileged process may still write under path. */
int64_t norn_linux_free_bytes(const char *path);

/* [any thread] An fd that becomes readable when something is renamed into the folder, or -errno where the system tells of
   none. */
int norn_linux_watch_renames(const char *folder);

/* [its own thread] Waits until something was renamed or the time is over: 1; or until the wake counter was raised: 0. A
   negative watch tells of nothing. */
int norn_linux_await_rename(int watch, int wake, int milliseconds);

#endif
