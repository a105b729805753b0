/* System calls: a deny list in classic BPF. What a component never needs gives EPERM, by way of a signal whose handler
   notes the call for the site; clone3, whose flags lie in memory that a filter cannot read, gives ENOSYS, so that glibc
   makes its threads with clone. */
#define _GNU_SOURCE
#include "sandbox.h"

#if !defined(__linux__) || !(defined(__x86_64__) || defined(__aarch64__))
worker_guard worker_restrict_calls(bool network, const char **why) {
  (void)network;
  *why = "this system has no seccomp filter here";
  return WORKER_UNSUPPORTED;
}
#else
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#define FIRST_FOREIGN_NUMBER 0x40000000u /* x32 */
#else
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#define FIRST_FOREIGN_NUMBER 0x7fffffffu
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define GIVE(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define ALLOWED SECCOMP_RET_ALLOW
/* Without the signal: glibc blocks all signals while it makes a process, and a blocked one would kill. */
#define DENIED (SECCOMP_RET_ERRNO | EPERM)
/* The handler of SIGSYS notes the call and lets it fail with EPERM. */
#define DENIED_AND_NOTED SECCOMP_RET_TRAP
#define UNKNOWN (SECCOMP_RET_ERRNO | ENOSYS)
#define MAX_STEPS 512

/* How processes are made, besides clone. */
static const int processes[] = {
#ifdef __x86_64__
    SYS_fork, SYS_vfork,
#endif
    SYS_execve, SYS_execveat, SYS_setsid, SYS_setpgid,
};

static const int never[] = {
#ifdef __x86_64__
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_create_module,
#endif
    /* other processes */
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_tkill, SYS_pidfd_open,
    SYS_pidfd_getfd, SYS_pidfd_send_signal, SYS_process_madvise,
    /* the machine */
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_open_tree, SYS_move_mount,
    SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_swapon, SYS_swapoff, SYS_reboot,
    SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_acct, SYS_quotactl, SYS_sethostname,
    SYS_setdomainname, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_syslog,
    SYS_personality, SYS_vhangup, SYS_mknodat,
    /* ways around */
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
    SYS_add_key, SYS_request_key, SYS_keyctl, SYS_open_by_handle_at, SYS_fanotify_init,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
};

static const int sockets[] = {SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4};
/* calls whose first argument must be this process: no signal or limit reaches another one */
static const int own_only[] = {SYS_kill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo};

typedef struct program {
  struct sock_filter steps[MAX_STEPS];
  unsigned short count;
} program;

static void add(program *filter, struct sock_filter step) {
  if (filter->count < MAX_STEPS) filter->steps[filter->count] = step;
  filter->count++;
}

/* The call's number is in the accumulator, before and after. */
static void give_for(program *filter, int number, uint32_t value) {
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1));
  add(filter, (struct sock_filter)GIVE(value));
}

/* Allows the call when its argument equals one of two values. */
static void allow_argument(program *filter, int number, uint32_t offset, uint32_t one, uint32_t other) {
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 5));
  add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, one, 1, 0));
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, other, 0, 1));
  add(filter, (struct sock_filter)GIVE(ALLOWED));
  add(filter, (struct sock_filter)GIVE(DENIED));
}

/* clone makes threads only: the flag CLONE_THREAD must be set. */
static void allow_threads(program *filter) {
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
  add(filter, (struct sock_filter)LOAD(args[0]));
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1));
  add(filter, (struct sock_filter)GIVE(ALLOWED));
  add(filter, (struct sock_filter)GIVE(DENIED));
}

static void build(program *filter, bool network) {
  uint32_t self = (uint32_t)getpid();
  add(filter, (struct sock_filter)LOAD(arch));
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCHITECTURE, 1, 0));
  add(filter, (struct sock_filter)GIVE(SECCOMP_RET_KILL_PROCESS));
  add(filter, (struct sock_filter)LOAD(nr));
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_FOREIGN_NUMBER, 0, 1));
  add(filter, (struct sock_filter)GIVE(DENIED));
  allow_threads(filter);
  give_for(filter, SYS_clone3, UNKNOWN);
  for (size_t i = 0; i < sizeof processes / sizeof *processes; i++) give_for(filter, processes[i], DENIED);
  for (size_t i = 0; i < sizeof never / sizeof *never; i++) give_for(filter, never[i], DENIED_AND_NOTED);
  for (size_t i = 0; network && i < sizeof sockets / sizeof *sockets; i++)
    give_for(filter, sockets[i], DENIED_AND_NOTED);
  for (size_t i = 0; i < sizeof own_only / sizeof *own_only; i++)
    allow_argument(filter, own_only[i], (uint32_t)offsetof(struct seccomp_data, args[0]), self, self);
  allow_argument(filter, SYS_prlimit64, (uint32_t)offsetof(struct seccomp_data, args[0]), 0, self);
  add(filter, (struct sock_filter)GIVE(ALLOWED));
}

worker_guard worker_restrict_calls(bool network, const char **why) {
  program filter = {.count = 0};
  build(&filter, network);
  if (filter.count > MAX_STEPS) {
    *why = "the filter is too long";
    return WORKER_GUARD_FAILED;
  }
  struct sock_fprog given = {filter.count, filter.steps};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &given) == 0) return WORKER_GUARDED;
  *why = strerror(errno);
  return errno == ENOSYS || errno == EINVAL ? WORKER_UNSUPPORTED : WORKER_GUARD_FAILED;
}
#endif
