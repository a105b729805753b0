/* What the filter of system calls refuses is noted in the black box, and fails with EPERM: libraries that only try
   whether there is a network go on, and the site can say what was tried. */
#define _GNU_SOURCE
#include "sandbox.h"

#if !defined(__linux__) || !(defined(__x86_64__) || defined(__aarch64__))
void worker_install_denial_handler(norn_black_box *box) { (void)box; }
#else
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

static norn_black_box *denial_box;

/* Names of those that a plugin is likely to try; others show as numbers. */
static const struct {
  int number;
  const char *name;
} names[] = {
    {SYS_socket, "socket"}, {SYS_socketpair, "socketpair"}, {SYS_connect, "connect"}, {SYS_bind, "bind"},
    {SYS_listen, "listen"}, {SYS_accept, "accept"}, {SYS_accept4, "accept"}, {SYS_ptrace, "ptrace"},
    {SYS_process_vm_readv, "process_vm_readv"}, {SYS_process_vm_writev, "process_vm_writev"}, {SYS_mount, "mount"},
    {SYS_unshare, "unshare"}, {SYS_setns, "setns"}, {SYS_chroot, "chroot"}, {SYS_bpf, "bpf"},
    {SYS_perf_event_open, "perf_event_open"}, {SYS_io_uring_setup, "io_uring_setup"}, {SYS_keyctl, "keyctl"},
    {SYS_mknodat, "mknod"}, {SYS_reboot, "reboot"}, {SYS_init_module, "init_module"},
    {SYS_pidfd_open, "pidfd_open"}, {SYS_userfaultfd, "userfaultfd"},
};

static void note(int number) {
  char text[NORN_BLACK_BOX_NAME_BYTES] = "system call ";
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (names[i].number != number) continue;
    norn_black_box_deny(denial_box, names[i].name);
    return;
  }
  /* snprintf may take locks: not in a signal handler. */
  char digits[8];
  size_t count = 0, length = strlen(text);
  for (unsigned rest = number < 0 ? 0u : (unsigned)number; count == 0 || (rest > 0 && count < sizeof digits);
       rest /= 10)
    digits[count++] = (char)('0' + rest % 10);
  while (count > 0) text[length++] = digits[--count];
  norn_black_box_deny(denial_box, text);
}

static void on_denial(int signal, siginfo_t *info, void *context) {
  ucontext_t *state = context;
  (void)signal;
  if (info->si_code != 1 /* SYS_SECCOMP */) return;
  note(info->si_syscall);
#ifdef __x86_64__
  state->uc_mcontext.gregs[REG_RAX] = -EPERM;
#else
  state->uc_mcontext.regs[0] = (unsigned long long)-EPERM;
#endif
}

void worker_install_denial_handler(norn_black_box *box) {
  struct sigaction action;
  denial_box = box;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_denial;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSYS, &action, NULL);
}
#endif
