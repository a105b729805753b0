/* Orders of kernels mode, from the control thread to the run thread. */
#include <stdlib.h>

#include "attempt.h"

#define MAX_WAITING_ORDERS 1024u

void norn_orders_open(norn_attempt *attempt) {
  pthread_mutex_init(&attempt->orders_lock, NULL);
  pthread_cond_init(&attempt->order_came, NULL);
}

/* NULL: no more will come. */
void norn_attempt_push_order(norn_attempt *attempt, norn_message *message) {
  norn_order *order = message == NULL ? NULL : calloc(1, sizeof *order);
  pthread_mutex_lock(&attempt->orders_lock);
  if (order == NULL || attempt->order_count == MAX_WAITING_ORDERS) {
    attempt->orders_ended = true;
    if (message != NULL) norn_message_free(message);
    free(order);
  } else {
    order->message = *message;
    norn_order **last = &attempt->orders;
    while (*last != NULL) last = &(*last)->next;
    *last = order;
    attempt->order_count++;
  }
  pthread_cond_signal(&attempt->order_came);
  pthread_mutex_unlock(&attempt->orders_lock);
}

bool norn_attempt_next_order(norn_attempt *attempt, norn_message *out) {
  pthread_mutex_lock(&attempt->orders_lock);
  while (attempt->orders == NULL && !attempt->orders_ended)
    pthread_cond_wait(&attempt->order_came, &attempt->orders_lock);
  norn_order *order = attempt->orders;
  if (order != NULL) {
    attempt->orders = order->next;
    attempt->order_count--;
    *out = order->message;
  }
  pthread_mutex_unlock(&attempt->orders_lock);
  free(order);
  return order != NULL;
}

void norn_orders_close(norn_attempt *attempt) {
  while (attempt->orders != NULL) {
    norn_order *order = attempt->orders;
    attempt->orders = order->next;
    norn_message_free(&order->message);
    free(order);
  }
  pthread_mutex_destroy(&attempt->orders_lock);
  pthread_cond_destroy(&attempt->order_came);
}
