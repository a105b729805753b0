#define _GNU_SOURCE
#include "worker_harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_FREE_FD 64 /* above what the child's 3 and 4 replace */

int harness_channel(int ends[2]) {
  int made[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, made) != 0) return -errno;
  for (int i = 0; i < 2; i++) {
    ends[i] = fcntl(made[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    close(made[i]);
  }
  return 0;
}

int harness_memory_file(uint64_t bytes) {
  int fd = memfd_create("test", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0) return -errno;
  int high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
  close(fd);
  return high;
}

pid_t harness_spawn(const char *program, const char *argument, const char *folder, const char *stderr_path, int channel,
                    int black_box) {
  char *arguments[] = {(char *)program, (char *)argument, NULL};
  char *environment[] = {"LANG=C.UTF-8", "SWIFT_BACKTRACE=enable=no", NULL};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  pid_t process;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, stderr_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawn_file_actions_adddup2(&actions, channel, 3);
  posix_spawn_file_actions_adddup2(&actions, black_box, 4);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  int failed = posix_spawn(&process, program, &actions, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return failed ? -failed : process;
}

int harness_wait(pid_t process, int milliseconds) {
  const struct timespec pause = {0, 2000000};
  int status = 0;
  for (int waited = 0; waited < milliseconds; waited += 2) {
    if (waitpid(process, &status, WNOHANG) == process) return status;
    nanosleep(&pause, NULL);
  }
  kill(-process, SIGKILL);
  waitpid(process, &status, 0);
  return -1;
}

int harness_exit_code(int status) { return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
int harness_signal(int status) { return status >= 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

int harness_send(int channel, const uint8_t *bytes, uint64_t count, int fd) {
  struct iovec part = {(void *)bytes, count};
  char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  return sendmsg(channel, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int64_t harness_receive(int channel, uint8_t *bytes, uint64_t capacity, int *fd) {
  struct iovec part = {bytes, capacity};
  char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                           .msg_controllen = sizeof control};
  ssize_t count = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  *fd = -1;
  if (count < 0) return -errno;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header != NULL && header->cmsg_type == SCM_RIGHTS) memcpy(fd, CMSG_DATA(header), sizeof *fd);
  return count;
}
