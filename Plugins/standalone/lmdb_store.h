/* A partition as one LMDB environment (MDB_NOSUBDIR: one file). Its unnamed database holds block records:

     key    the first key of the block, so that the records are in the order of the rows' keys (LMDB compares by
            memcmp, then length, as Norn does)
     value  the block: at most 65,536 rows as one batch (block.h of the shared part)

   A row is found by the last record whose key is not above its own, then by a search inside the block. Packing rows
   is what makes the engine fast: a record a row would cost a B-tree insertion and a copy each, and a scan would
   have to build batches that are now read where they lie. Blocks are appended in order (MDB_APPEND), the map grows
   with what is written, and a sealed file is opened read-only and without a lock file (MDB_RDONLY | MDB_NOLOCK). */
#ifndef STANDALONE_LMDB_STORE_H
#define STANDALONE_LMDB_STORE_H
#include "engine_tables.h"

extern const tables_store standalone_lmdb_store;
#endif
