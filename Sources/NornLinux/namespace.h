/* The workers' network namespace. */
#ifndef NORN_NAMESPACE_H
#define NORN_NAMESPACE_H

/* Moves the calling process, of one thread, into it; -1 with errno. norn_linux_empty_network has given 0 before. */
int norn_namespace_enter(void);

#endif
