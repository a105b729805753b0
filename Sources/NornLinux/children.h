/* The children that norn_linux_spawn started and norn_linux_reap has not taken yet. */
#ifndef NORN_CHILDREN_H
#define NORN_CHILDREN_H
#include <sys/types.h>

/* Held over the fork and its entry in the list, so that the orphans' reaper never sees a child of ours unlisted. */
void norn_children_lock(void);
void norn_children_unlock(void);
/* The lock is held. 0 or a negative errno. */
int norn_children_add(pid_t pid);
/* The lock is held. */
void norn_children_remove(pid_t pid);
int norn_children_contain(pid_t pid);

#endif
