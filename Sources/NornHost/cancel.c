/* Cancelling: the flag at once, then the plugins' own cancel functions on a thread of their own, so that one that
   hangs cannot keep the control thread from seeing the channel's end. */
#include "attempt.h"

static void *cancel_main(void *context) {
  norn_attempt *attempt = context;
  norn_black_box_enter(attempt->box, "cancel");
  if (attempt->engine.session != NULL) attempt->engine.engine->cancel(attempt->engine.session);
  attempt->component->cancel(attempt->instance, attempt->cancel_reason);
  norn_black_box_leave(attempt->box);
  return NULL;
}

/* Called with cancel_lock held. */
static void start_cancel_thread(norn_attempt *attempt) {
  if (!attempt->cancellable || attempt->cancelling || attempt->cancel_flag == 0) return;
  attempt->cancelling = pthread_create(&attempt->cancel_thread, NULL, cancel_main, attempt) == 0;
}

void norn_attempt_cancel(norn_attempt *attempt, uint32_t reason) {
  pthread_mutex_lock(&attempt->cancel_lock);
  attempt->cancel_reason = reason == 0 ? 1 : reason;
  attempt->box->cancel_reason = attempt->cancel_reason;
  __atomic_store_n(&attempt->cancel_flag, 1, __ATOMIC_SEQ_CST);
  start_cancel_thread(attempt);
  pthread_mutex_unlock(&attempt->cancel_lock);
  norn_channel_refuse(&attempt->channel);
}

void norn_attempt_cancel_begin(norn_attempt *attempt, void *instance) {
  pthread_mutex_lock(&attempt->cancel_lock);
  attempt->instance = instance;
  attempt->cancellable = true;
  start_cancel_thread(attempt); /* the order may have come before the instance */
  pthread_mutex_unlock(&attempt->cancel_lock);
}

void norn_attempt_cancel_end(norn_attempt *attempt) {
  pthread_mutex_lock(&attempt->cancel_lock);
  bool join = attempt->cancelling;
  attempt->cancellable = attempt->cancelling = false;
  pthread_mutex_unlock(&attempt->cancel_lock);
  if (join) pthread_join(attempt->cancel_thread, NULL);
}
