/* checkpointer: moves the write-ahead log into the database file while ingest goes on.
 *
 * A checkpoint on the committing thread would stall it for most of a second. This
 * thread has a connection of its own and checkpoints (passively: it waits for nobody)
 * when the log has grown; the writer only finishes what is left.
 */
#ifndef TD_INGEST_CHECKPOINTER_H
#define TD_INGEST_CHECKPOINTER_H

#include <stdatomic.h>

struct checkpointer;
struct error;

/* due: told by the writer (replica_checkpoint_due); outlives the thread. */
struct checkpointer *checkpointer_new(const char *replica_path, const atomic_int *due, struct error *err);
void checkpointer_free(struct checkpointer *c); /* ends the thread */

#endif
