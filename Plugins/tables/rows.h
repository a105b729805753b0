/* Rows in memory, in the order in which they came, then sorted by key. */
#ifndef TABLES_ROWS_H
#define TABLES_ROWS_H
#include "batch.h"

typedef struct tables_row {
  const uint8_t *key; /* the value follows the key */
  uint32_t key_count;
  uint32_t value_count;
} tables_row;

typedef struct tables_chunk tables_chunk;
typedef struct tables_rows {
  tables_row *rows;
  uint64_t count;
  uint64_t capacity;
  tables_chunk *chunks;
  uint64_t bytes; /* memory held */
  bool ascending; /* strictly: nothing to sort, nothing twice */
} tables_rows;

/* which of several rows with one key stay */
typedef enum tables_keep {
  TABLES_KEEP_ALL,
  TABLES_KEEP_LAST,                /* put: the last one */
  TABLES_KEEP_FIRST_OF_LAST_SOURCE /* shuffle: inside one source the first, of several sources the last */
} tables_keep;

norn_status tables_rows_append(tables_rows *rows, const uint8_t *key, uint32_t key_count, const uint8_t *value,
                               uint32_t value_count, norn_error *error);
/* stable; then drops rows that `keep` drops inside one source */
norn_status tables_rows_sort(tables_rows *rows, tables_keep keep, norn_error *error);
void tables_rows_close(tables_rows *rows);
#endif
