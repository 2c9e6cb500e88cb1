/* thread: a thread beside the main one, which alone is told what signals ask for.
 *
 * Those of a fault of its own it takes itself: were they blocked, the process would end
 * without the handler that gives the terminal back.
 */
#ifndef TD_BASE_THREAD_H
#define TD_BASE_THREAD_H

#include <pthread.h>

/* As pthread_create: 0, or what went wrong (an errno). attributes may be NULL. */
int thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data);

#endif
