/* A partition as one file that readers map:

     header (64 bytes: magic "NORNTBL1") | blocks | directory: u64 offset of each block, then of the directory |
     trailer (64 bytes: u64 directory offset, u64 blocks, magic "NORNEND1")

   Little-endian; every part starts at a multiple of 64 bytes, so that values of doubles are aligned in memory. */
#ifndef LOCAL_MAPPED_STORE_H
#define LOCAL_MAPPED_STORE_H
#include "engine_tables.h"

extern const tables_store local_mapped_store;
#endif
