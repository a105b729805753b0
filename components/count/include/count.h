/* CountExample: how many rows the parties hold together. The smallest component in plain C that uses the engine, a
   kernel, the other parties, a metric and a parameter. */
#ifndef NORN_COMPONENT_COUNT_H
#define NORN_COMPONENT_COUNT_H
#include "norn.h"

extern const norn_kernel count_rows_kernel;
extern const norn_component count_component;

/* Fills the error and gives its code back. */
norn_status count_fail(norn_error *error, norn_status code, const char *message);
#endif
