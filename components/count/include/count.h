/* CountExample in plain C: how a component looks without any kit. Nothing here is for other modules to call. */
#ifndef NORN_COUNT_H
#define NORN_COUNT_H
#include "norn.h"

/* The reduce kernel that counts rows; the state is one uint64_t, frozen as eight little-endian bytes. */
extern const norn_kernel count_rows_kernel;

/* The component: every host tells the guest how many rows it has; the guest reports the total. */
extern const norn_component count_component;

#endif
