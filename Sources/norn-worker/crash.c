/* Writes the signal and the phase into the black box, then dies of the signal. */
#define _GNU_SOURCE
#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"

#define ALTERNATE_STACK_BYTES 65536u
#define BACKTRACE_FRAMES 64

static norn_black_box *crash_box;
static bool crash_backtrace;

static void on_crash(int signal, siginfo_t *info, void *context) {
  (void)context;
  if (crash_box->signal == 0) {
    crash_box->signal = (uint32_t)signal;
    crash_box->fault_phase = crash_box->phase;
    crash_box->signal_code = info->si_code;
    crash_box->fault_address = (uint64_t)(uintptr_t)info->si_addr;
  }
  if (crash_backtrace) {
    void *frames[BACKTRACE_FRAMES];
    int count = backtrace(frames, BACKTRACE_FRAMES);
    backtrace_symbols_fd(frames, count, STDERR_FILENO);
  }
  raise(signal); /* SA_RESETHAND: the default action ends the process */
}

void worker_install_crash_handler(norn_black_box *box, bool backtrace_wanted) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
  stack_t stack = {.ss_sp = malloc(ALTERNATE_STACK_BYTES), .ss_size = ALTERNATE_STACK_BYTES};
  struct sigaction action;
  crash_box = box;
  crash_backtrace = backtrace_wanted;
  if (backtrace_wanted) {
    void *frame[1];
    backtrace(frame, 1); /* loads the unwinder now, not inside a crash */
  }
  if (stack.ss_sp != NULL) sigaltstack(&stack, NULL); /* the run thread's: stack overflow is reported too */
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
}
