/* The merge of sorted runs: a binary heap ordered by (key, router, run). */
#include <stdlib.h>

#include "router.h"

static void read_memory(tables_merge_source *source) {
  const tables_row *row = source->memory++;
  source->key = row->key;
  source->key_count = row->key_count;
  source->value = row->key + row->key_count;
  source->value_count = row->value_count;
}

static void read_file(tables_merge_source *source) {
  uint32_t counts[2];
  memcpy(counts, source->file, sizeof counts);
  source->key = source->file + sizeof counts;
  source->key_count = counts[0];
  source->value = source->key + counts[0];
  source->value_count = counts[1];
  source->file = source->value + counts[1];
}

/* false when the source is empty now */
static bool advance(tables_merge_source *source) {
  if (source->left == 0) return false;
  source->left--;
  if (source->memory != NULL) read_memory(source);
  else read_file(source);
  return true;
}

static bool before(const tables_merge *merge, uint32_t a, uint32_t b) {
  const tables_merge_source *x = &merge->sources[a], *y = &merge->sources[b];
  int order = tables_compare(x->key, x->key_count, y->key, y->key_count);
  return order != 0 ? order < 0 : x->order < y->order;
}

static void sift(tables_merge *merge, uint32_t place) {
  for (;;) {
    uint32_t least = place;
    for (uint32_t child = 2 * place + 1; child <= 2 * place + 2; child++) {
      if (child < merge->live && before(merge, merge->heap[child], merge->heap[least])) least = child;
    }
    if (least == place) return;
    uint32_t moved = merge->heap[place];
    merge->heap[place] = merge->heap[least];
    merge->heap[least] = moved;
    place = least;
  }
}

static void add_source(tables_merge *merge, tables_merge_source source) {
  source.order = merge->count;
  merge->sources[merge->count] = source;
  if (advance(&merge->sources[merge->count])) merge->heap[merge->live++] = merge->count;
  merge->count++;
}

norn_status tables_merge_open(tables_merge *merge, tables_router *routers, uint32_t count, uint32_t partition,
                              tables_keep keep, norn_error *error) {
  *merge = (tables_merge){.keep = keep};
  uint64_t total = 0;
  for (uint32_t r = 0; r < count; r++) {
    norn_status status = tables_rows_sort(&routers[r].partitions[partition], keep, error);
    if (status != NORN_OK) return status;
    total += 1;
    for (uint64_t i = 0; i < routers[r].run_count; i++) total += routers[r].runs[i].partition == partition;
  }
  merge->sources = calloc(total + 1, sizeof *merge->sources);
  merge->heap = calloc(total + 1, sizeof *merge->heap);
  if (merge->sources == NULL || merge->heap == NULL) {
    tables_merge_close(merge);
    return tables_fail_memory(error, total * sizeof *merge->sources);
  }
  for (uint32_t r = 0; r < count; r++) {
    for (uint64_t i = 0; i < routers[r].run_count; i++) {
      const tables_run *run = &routers[r].runs[i];
      if (run->partition != partition) continue;
      add_source(merge, (tables_merge_source){
                            .left = run->rows, .file = routers[r].mapped + run->offset, .router = r});
    }
    const tables_rows *rows = &routers[r].partitions[partition];
    if (rows->count == 0) continue;
    add_source(merge, (tables_merge_source){.left = rows->count, .memory = rows->rows, .router = r});
  }
  for (uint32_t i = merge->live / 2; i-- > 0;) sift(merge, i);
  return NORN_OK;
}

/* copies the first row out and moves its source on */
static tables_merge_source pop(tables_merge *merge) {
  uint32_t first = merge->heap[0];
  tables_merge_source row = merge->sources[first];
  if (!advance(&merge->sources[first])) merge->heap[0] = merge->heap[--merge->live];
  if (merge->live > 1) sift(merge, 0);
  return row;
}

bool tables_merge_next(tables_merge *merge, const uint8_t **key, uint32_t *key_count, const uint8_t **value,
                       uint32_t *value_count) {
  if (merge->live == 0) return false;
  tables_merge_source row = pop(merge);
  while (merge->keep != TABLES_KEEP_ALL && merge->live > 0) {
    const tables_merge_source *next = &merge->sources[merge->heap[0]];
    if (tables_compare(row.key, row.key_count, next->key, next->key_count) != 0) break;
    tables_merge_source same = pop(merge);
    if (merge->keep == TABLES_KEEP_LAST || same.router != row.router) row = same;
  }
  *key = row.key, *key_count = row.key_count;
  *value = row.value, *value_count = row.value_count;
  return true;
}

void tables_merge_close(tables_merge *merge) {
  free(merge->sources);
  free(merge->heap);
  *merge = (tables_merge){0};
}
