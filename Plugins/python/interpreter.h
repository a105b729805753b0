/* The interpreter of this process, from a libpython that is opened when a plugin in Python is loaded. */
#ifndef NORN_PYTHON_INTERPRETER_H
#define NORN_PYTHON_INTERPRETER_H
#include <stdbool.h>
#include <stddef.h>

/* Starts the interpreter, once; on failure *why says what is missing. The caller's thread holds it until
   interpreter_let_go. It never ends: threads of the plugin may still run when the process exits. */
bool interpreter_start(const char **why);

/* Makes a module of source text; false when it could not be run, and the process's prints say why. */
bool interpreter_add_module(const char *name, const char *source);

/* Runs statements in the main module. */
bool interpreter_run(const char *statements);

/* From here on any thread may enter the interpreter. */
void interpreter_let_go(void);

#endif
