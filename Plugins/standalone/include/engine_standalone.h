/* The engine `standalone`: LMDB, the default. Its only symbol for others is norn_plugin_entry_1. */
#ifndef ENGINE_STANDALONE_H
#define ENGINE_STANDALONE_H
#include "norn.h"
#endif
