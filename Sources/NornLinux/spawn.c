/* One permanent thread starts all workers: a child's parent-death signal is tied to the thread that made it. */
#define _GNU_SOURCE
#include "children.h"
#include "namespace.h"
#include "norn_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_STACK_BYTES (64 * 1024)
#define FIRST_FREE_FD 5
/* Without close_range: descriptors up to here are closed one by one. */
#define FALLBACK_FD_LIMIT 65536

typedef struct job {
  const norn_linux_spawn_request *request;
  pid_t parent;
  int child_error; /* written by the child, which shares our memory until exec */
  int result;
  pid_t pid;
  int pidfd;
  int done;
  struct job *next;
} job;

static pthread_once_t started = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;
static job *queue_head;
static job **queue_tail = &queue_head;
static int start_error;
static char *life_file;

int norn_linux_set_life_file(const char *path) {
  int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return -errno;
  close(fd);
  char *copy = strdup(path);
  if (copy == NULL) return -ENOMEM;
  pthread_mutex_lock(&lock);
  life_file = copy; /* an earlier one is not freed: a child may be reading it */
  pthread_mutex_unlock(&lock);
  return 0;
}

/* The child's stdin: nothing to read, and with a life file the lock that ends with the child. */
static int open_input(void) {
  if (life_file == NULL) return open("/dev/null", O_RDONLY);
  int fd = open(life_file, O_RDONLY);
  if (fd >= 0 && flock(fd, LOCK_SH) != 0) return -1;
  return fd;
}

/* The fds that we hand over may sit on the numbers that they must get; first all move out of the way. */
static int move_up(int fd) { return fcntl(fd, F_DUPFD, FIRST_FREE_FD); }

static void close_from(unsigned first) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, first, ~0u, 0) == 0) return;
#endif
  long limit = sysconf(_SC_OPEN_MAX);
  if (limit < 0 || limit > FALLBACK_FD_LIMIT) limit = FALLBACK_FD_LIMIT;
  for (long fd = first; fd < limit; fd++) close((int)fd);
}

static int map_fds(const norn_linux_spawn_request *request) {
  int standard_input = open_input();
  if (standard_input < 0) return -1;
  int input = move_up(standard_input), output = move_up(request->output);
  int channel = move_up(request->channel), black_box = move_up(request->black_box);
  if (input < 0 || output < 0 || channel < 0 || black_box < 0) return -1;
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) return -1;
  if (dup2(channel, NORN_LINUX_CHANNEL_FD) < 0 || dup2(black_box, NORN_LINUX_BLACK_BOX_FD) < 0) return -1;
  close_from(FIRST_FREE_FD);
  return 0;
}

/* Runs in the child, on its own stack in the parent's memory: only calls that take no lock. */
static int child_main(void *context) {
  job *work = context;
  const norn_linux_spawn_request *request = work->request;
  struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
  if (setpgid(0, 0) != 0) goto failed;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != work->parent) _exit(127); /* the parent ended before the line above */
  /* Both before the descriptors are closed. "0" is the process that writes. */
  if (request->control_group >= 0 && write(request->control_group, "0", 1) != 1) goto failed;
  if (request->empty_network && norn_namespace_enter() != 0) goto failed;
  if (map_fds(request) != 0 || chdir(request->directory) != 0) goto failed;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(request->path, request->arguments, request->environment);
failed:
  work->child_error = errno ? errno : EIO;
  _exit(127);
}

static int open_pidfd(pid_t pid) {
#ifdef SYS_pidfd_open
  return (int)syscall(SYS_pidfd_open, pid, 0);
#else
  (void)pid;
  return -1;
#endif
}

static void spawn(job *work, char *stack) {
  work->parent = getpid();
  norn_children_lock();
  /* CLONE_VFORK: this thread sleeps until the child has called exec or ended, so one stack serves all children. */
  pid_t pid = clone(child_main, stack + CHILD_STACK_BYTES, CLONE_VM | CLONE_VFORK | SIGCHLD, work);
  if (pid < 0) {
    work->result = -errno;
    norn_children_unlock();
    return;
  }
  if (work->child_error != 0) {
    waitpid(pid, NULL, 0);
    work->result = -work->child_error;
    norn_children_unlock();
    return;
  }
  work->result = norn_children_add(pid);
  norn_children_unlock();
  if (work->result != 0) {
    kill(-pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return;
  }
  work->pid = pid;
  work->pidfd = open_pidfd(pid); /* the pid cannot be another's: it was not reaped yet */
}

static void *spawner(void *stack) {
  pthread_mutex_lock(&lock);
  for (;;) {
    while (queue_head == NULL) pthread_cond_wait(&arrived, &lock);
    job *work = queue_head;
    queue_head = work->next;
    if (queue_head == NULL) queue_tail = &queue_head;
    pthread_mutex_unlock(&lock);
    spawn(work, stack);
    pthread_mutex_lock(&lock);
    work->done = 1;
    pthread_cond_broadcast(&finished);
  }
  return NULL;
}

static void start_spawner(void) {
  pthread_t thread;
  char *stack = malloc(CHILD_STACK_BYTES);
  if (stack == NULL) {
    start_error = -ENOMEM;
    return;
  }
  /* No signal handler may run in a child that shares our memory: the spawner, and so its children, block all. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  start_error = -pthread_create(&thread, NULL, spawner, stack);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (start_error == 0) {
    pthread_setname_np(thread, "norn-spawner");
    pthread_detach(thread);
  }
}

int norn_linux_spawn(const norn_linux_spawn_request *request, pid_t *pid, int *pidfd) {
  pthread_once(&started, start_spawner);
  if (start_error != 0) return start_error;
  job work = {.request = request, .pid = -1, .pidfd = -1};
  pthread_mutex_lock(&lock);
  *queue_tail = &work;
  queue_tail = &work.next;
  pthread_cond_signal(&arrived);
  while (!work.done) pthread_cond_wait(&finished, &lock);
  pthread_mutex_unlock(&lock);
  *pid = work.pid;
  *pidfd = work.pidfd;
  return work.result;
}

int norn_linux_kill_group(pid_t group, int signal) { return kill(-group, signal) == 0 ? 0 : -errno; }
