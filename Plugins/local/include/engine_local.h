/* The engine `local`: mapped files. Its only symbol for others is norn_plugin_entry_1. */
#ifndef ENGINE_LOCAL_H
#define ENGINE_LOCAL_H
#include "norn.h"
#endif
