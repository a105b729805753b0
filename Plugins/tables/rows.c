#include "rows.h"

#include <stdlib.h>

struct tables_chunk {
  tables_chunk *next;
  uint64_t used;
  uint64_t capacity;
  uint8_t bytes[];
};

static norn_status add_chunk(tables_rows *rows, uint64_t needed, norn_error *error) {
  uint64_t capacity = rows->chunks == NULL ? TABLES_CHUNK_MIN_BYTES : rows->chunks->capacity * 2;
  if (capacity > TABLES_CHUNK_MAX_BYTES) capacity = TABLES_CHUNK_MAX_BYTES;
  if (capacity < needed) capacity = needed;
  tables_chunk *chunk = malloc(sizeof *chunk + capacity);
  if (chunk == NULL) return tables_fail_memory(error, capacity);
  *chunk = (tables_chunk){.next = rows->chunks, .capacity = capacity};
  rows->chunks = chunk;
  rows->bytes += sizeof *chunk + capacity;
  return NORN_OK;
}

static norn_status grow(tables_rows *rows, norn_error *error) {
  uint64_t capacity = rows->capacity == 0 ? 64 : rows->capacity * 2;
  tables_row *grown = realloc(rows->rows, capacity * sizeof *grown);
  if (grown == NULL) return tables_fail_memory(error, capacity * sizeof *grown);
  rows->bytes += (capacity - rows->capacity) * sizeof *grown;
  rows->rows = grown;
  rows->capacity = capacity;
  return NORN_OK;
}

norn_status tables_rows_append(tables_rows *rows, const uint8_t *key, uint32_t key_count, const uint8_t *value,
                               uint32_t value_count, norn_error *error) {
  norn_status status;
  if (rows->count == rows->capacity && (status = grow(rows, error)) != NORN_OK) return status;
  uint64_t needed = (uint64_t)key_count + value_count;
  if (rows->chunks == NULL || rows->chunks->capacity - rows->chunks->used < needed) {
    if ((status = add_chunk(rows, needed, error)) != NORN_OK) return status;
  }
  uint8_t *place = rows->chunks->bytes + rows->chunks->used;
  memcpy(place, key, key_count);
  if (value_count > 0) memcpy(place + key_count, value, value_count);
  rows->chunks->used += needed;
  if (rows->count == 0) {
    rows->ascending = true;
  } else if (rows->ascending) {
    const tables_row *last = &rows->rows[rows->count - 1];
    rows->ascending = tables_compare(last->key, last->key_count, place, key_count) < 0;
  }
  rows->rows[rows->count++] = (tables_row){place, key_count, value_count};
  return NORN_OK;
}

void tables_rows_close(tables_rows *rows) {
  while (rows->chunks != NULL) {
    tables_chunk *next = rows->chunks->next;
    free(rows->chunks);
    rows->chunks = next;
  }
  free(rows->rows);
  memset(rows, 0, sizeof *rows);
}

/* ---- sorting: a radix sort on the eight bytes behind the keys' common prefix, then merge sort of what is equal
   there; both are stable ---- */

typedef struct sort_item {
  uint64_t prefix;
  uint64_t index;
} sort_item;

static uint32_t common_prefix(const tables_rows *rows) {
  const tables_row *first = &rows->rows[0];
  uint32_t common = first->key_count;
  for (uint64_t i = 1; i < rows->count && common > 0; i++) {
    const tables_row *row = &rows->rows[i];
    if (row->key_count < common) common = row->key_count;
    while (common > 0 && memcmp(row->key, first->key, common) != 0) common--;
  }
  return common;
}

static uint64_t prefix_at(const tables_row *row, uint32_t start) {
  if (row->key_count >= start + 8) return tables_load_big_endian(row->key + start);
  uint64_t prefix = 0;
  for (uint32_t i = start; i < start + 8; i++) prefix = prefix << 8 | (i < row->key_count ? row->key[i] : 0);
  return prefix;
}

/* sorts `items` by prefix with `spare` as room; gives the array that holds the result */
static sort_item *radix_sort(sort_item *items, sort_item *spare, uint64_t count) {
  uint32_t histogram[8][256] = {0};
  for (uint64_t i = 0; i < count; i++) {
    for (int byte = 0; byte < 8; byte++) histogram[byte][items[i].prefix >> (8 * byte) & 255]++;
  }
  for (int byte = 0; byte < 8; byte++) {
    if (histogram[byte][items[0].prefix >> (8 * byte) & 255] == count) continue; /* the same byte everywhere */
    uint32_t start[256], total = 0;
    for (int value = 0; value < 256; value++) start[value] = total, total += histogram[byte][value];
    for (uint64_t i = 0; i < count; i++) spare[start[items[i].prefix >> (8 * byte) & 255]++] = items[i];
    sort_item *sorted = spare;
    spare = items, items = sorted;
  }
  return items;
}

static int compare_items(const tables_rows *rows, const sort_item *a, const sort_item *b) {
  const tables_row *x = &rows->rows[a->index], *y = &rows->rows[b->index];
  return tables_compare(x->key, x->key_count, y->key, y->key_count);
}

static void merge_sort(const tables_rows *rows, sort_item *items, sort_item *spare, uint64_t count) {
  if (count < 2) return;
  uint64_t half = count / 2;
  merge_sort(rows, items, spare, half);
  merge_sort(rows, items + half, spare, count - half);
  if (compare_items(rows, &items[half - 1], &items[half]) <= 0) return;
  memcpy(spare, items, half * sizeof *items);
  uint64_t left = 0, right = half, out = 0;
  while (left < half && right < count) {
    items[out++] = compare_items(rows, &spare[left], &items[right]) <= 0 ? spare[left++] : items[right++];
  }
  memcpy(items + out, spare + left, (half - left) * sizeof *items);
}

static void sort_equal_prefixes(const tables_rows *rows, sort_item *items, sort_item *spare) {
  for (uint64_t start = 0, end; start < rows->count; start = end) {
    for (end = start + 1; end < rows->count && items[end].prefix == items[start].prefix;) end++;
    merge_sort(rows, items + start, spare, end - start);
  }
}

static void drop_repeated(tables_rows *rows, tables_keep keep) {
  uint64_t out = 0;
  for (uint64_t i = 1; i < rows->count; i++) {
    const tables_row *last = &rows->rows[out], *row = &rows->rows[i];
    bool equal = tables_compare(last->key, last->key_count, row->key, row->key_count) == 0;
    if (!equal) rows->rows[++out] = *row;
    else if (keep == TABLES_KEEP_LAST) rows->rows[out] = *row;
  }
  rows->count = out + 1;
}

norn_status tables_rows_sort(tables_rows *rows, tables_keep keep, norn_error *error) {
  if (rows->ascending || rows->count < 2) return NORN_OK;
  uint64_t room = rows->count * sizeof(sort_item);
  sort_item *items = malloc(2 * room);
  tables_row *sorted = malloc(rows->capacity * sizeof *sorted);
  if (items == NULL || sorted == NULL) {
    free(items);
    free(sorted);
    return tables_fail_memory(error, 2 * room);
  }
  sort_item *spare = items + rows->count, *result;
  uint32_t start = common_prefix(rows);
  for (uint64_t i = 0; i < rows->count; i++) items[i] = (sort_item){prefix_at(&rows->rows[i], start), i};
  result = radix_sort(items, spare, rows->count);
  sort_equal_prefixes(rows, result, result == items ? spare : items);
  for (uint64_t i = 0; i < rows->count; i++) sorted[i] = rows->rows[result[i].index];
  free(items);
  free(rows->rows);
  rows->rows = sorted;
  if (keep != TABLES_KEEP_ALL) {
    drop_repeated(rows, keep);
    rows->ascending = true;
  }
  return NORN_OK;
}
