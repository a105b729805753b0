/* Everything in the engines that can grow has its limit here. */
#ifndef TABLES_LIMITS_H
#define TABLES_LIMITS_H

#define TABLES_KEY_MAX_BYTES 511u        /* NORN_KEY_MAX_BYTES, and LMDB's own limit */
#define TABLES_ROW_MAX_BYTES 67108864u   /* key and value of one row: 64 MiB */
#define TABLES_BLOCK_MAX_ROWS 65536u     /* a block is a batch: NORN_BATCH_MAX_ROWS */
#define TABLES_BLOCK_MAX_BYTES 4194304u  /* keys and values of a block; a longer row stands alone */
#define TABLES_PARTITIONS_MAX 1023u
#define TABLES_HANDLES_MAX 65536u        /* live tables of one session */
#define TABLES_PATH_MAX 4096
#define TABLES_OPTIONS_MAX_BYTES 65536u
#define TABLES_META_MAX_BYTES 65536u     /* 1,023 partitions of 4 numbers of at most 9 bytes and the header */

/* rows that one operation holds in memory before it writes sorted runs to scratch; option "memory_bytes" */
#define TABLES_MEMORY_DEFAULT_BYTES 134217728u
#define TABLES_MEMORY_MIN_BYTES 65536u
#define TABLES_MEMORY_MAX_BYTES 68719476736u
#define TABLES_SPILL_MIN_BYTES 65536u    /* a source that holds less does not spill: runs would be too short */
#define TABLES_SPILL_BUFFER_BYTES 1048576u

#define TABLES_CHUNK_MIN_BYTES 4096u     /* arena of a row buffer: chunks grow from the first size to the second */
#define TABLES_CHUNK_MAX_BYTES 1048576u

#endif
