/* What a test needs of POSIX to play the site's end of the worker channel, and cannot say in Swift. */
#ifndef WORKER_HARNESS_H
#define WORKER_HARNESS_H
#include <stdint.h>
#include <sys/types.h>

int harness_channel(int ends[2]);
int harness_memory_file(uint64_t bytes);
/* Starts program in a process group of its own in folder, with channel as fd 3 and black_box as fd 4; -errno when that fails. */
pid_t harness_spawn(const char *program, const char *argument, const char *folder, const char *stderr_path, int channel,
                    int black_box);
/* The wait status, or -1 when the process has not ended within the time; then it is killed. */
int harness_wait(pid_t process, int milliseconds);
int harness_exit_code(int status); /* -1: ended by a signal */
int harness_signal(int status);    /* 0: ended by itself */
/* 0, or -errno */
int harness_send(int channel, const uint8_t *bytes, uint64_t count, int fd);
/* Bytes received; 0 at the end; -errno. fd is -1 when none came. */
int64_t harness_receive(int channel, uint8_t *bytes, uint64_t capacity, int *fd);
#endif
