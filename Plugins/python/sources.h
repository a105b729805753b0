/* The modules that authors and the bridge work with, as text that a NUL ends. */
#ifndef NORN_PYTHON_SOURCES_H
#define NORN_PYTHON_SOURCES_H

/* Generated from the ABI's specification. */
extern const char norn_abi_source[];
/* Deterministic CBOR. */
extern const char norn_cbor_source[];
/* What a component's author imports. */
extern const char norn_source[];

#endif
