#define _GNU_SOURCE
#include "interpreter.h"

#include <dlfcn.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

/* Debian's, oldest first: 12 has 3.11. An environment must be of the same version. */
static const char *const libraries[] = {"libpython3.11.so.1.0", "libpython3.12.so.1.0", "libpython3.13.so.1.0"};

/* Py_file_input: a source is a sequence of statements. */
enum { FILE_INPUT = 257 };

/* What is called of Python's C API: none of it takes a struct, so that the bridge needs no header of a version. */
typedef struct python {
  void (*set_program_name)(const wchar_t *name);
  void (*initialize)(int install_signal_handlers);
  int (*run)(const char *statements);
  void *(*compile)(const char *source, const char *name, int kind);
  void *(*execute_module)(const char *name, void *code);
  void (*print_error)(void);
  void *(*save_thread)(void);
  void (*restore_thread)(void *state);
} python;

enum { LOCALE_BYTES = 256 };

static python api;
/* Of the thread that let go of the interpreter; NULL before it was started. */
static void *waiting_state;

static bool find(void *library, const char *name, void *slot) {
  *(void **)slot = dlsym(library, name);
  return *(void **)slot != NULL;
}

static bool find_functions(void *library) {
  return find(library, "Py_SetProgramName", &api.set_program_name) &&
         find(library, "Py_InitializeEx", &api.initialize) && find(library, "PyRun_SimpleString", &api.run) &&
         find(library, "Py_CompileString", &api.compile) &&
         find(library, "PyImport_ExecCodeModule", &api.execute_module) &&
         find(library, "PyErr_Print", &api.print_error) && find(library, "PyEval_SaveThread", &api.save_thread) &&
         find(library, "PyEval_RestoreThread", &api.restore_thread);
}

static void set_flag(void *library, const char *name) {
  int *flag = dlsym(library, name);
  if (flag != NULL) *flag = 1;
}

/* Python takes over the locale of the environment for the whole process; the host's stays as it was. */
static void initialize_in_own_locale(void) {
  char before[LOCALE_BYTES] = "C";
  const char *now = setlocale(LC_ALL, NULL);
  if (now != NULL && strlen(now) < sizeof before) strcpy(before, now);
  api.initialize(0);
  setlocale(LC_ALL, before);
}

bool interpreter_start(const char **why) {
  void *library = NULL;
  if (waiting_state != NULL) {
    api.restore_thread(waiting_state);
    return true;
  }
  /* Global, for extension modules such as NumPy's look for the interpreter's symbols there. */
  for (size_t index = 0; library == NULL && index < sizeof libraries / sizeof *libraries; index++)
    library = dlopen(libraries[index], RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  if (library == NULL) {
    *why = "there is no libpython3.11 here: install Debian's package libpython3.11";
    return false;
  }
  if (!find_functions(library)) {
    *why = "the libpython that is here lacks a function that the bridge calls";
    return false;
  }
  /* No environment variables, no user's packages, no files written beside sources; norn.py adds what site would. */
  set_flag(library, "Py_IsolatedFlag");
  set_flag(library, "Py_IgnoreEnvironmentFlag");
  set_flag(library, "Py_NoUserSiteDirectory");
  set_flag(library, "Py_NoSiteFlag");
  set_flag(library, "Py_DontWriteBytecodeFlag");
  /* Else the first python3 on PATH decides where the standard library is looked for. */
  api.set_program_name(L"/usr/bin/python3");
  initialize_in_own_locale();
  return true;
}

bool interpreter_add_module(const char *name, const char *source) {
  void *code = api.compile(source, name, FILE_INPUT);
  if (code != NULL && api.execute_module(name, code) != NULL) return true;
  api.print_error();
  return false;
}

bool interpreter_run(const char *statements) { return api.run(statements) == 0; }

void interpreter_let_go(void) { waiting_state = api.save_thread(); }
