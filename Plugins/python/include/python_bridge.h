/* The bridge is loaded by path; nothing here is for other modules to call. */
#ifndef NORN_PYTHON_BRIDGE_H
#define NORN_PYTHON_BRIDGE_H
#endif
