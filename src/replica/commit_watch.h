/* commit_watch: woken when somebody writes the replica, instead of looking every few milliseconds.
 *
 *     w = commit_watch_new(path)
 *     poll commit_watch_fd(w)        readable: its log was written to; -1: nothing can be watched
 *     commit_watch_take(w)           before looking (query_data_version)
 *
 * SQLite writes a transaction into the log and then makes it visible through shared memory, which wakes
 * nobody. So a write to the log says "soon": who finds nothing yet looks again a moment later.
 */
#ifndef TD_REPLICA_COMMIT_WATCH_H
#define TD_REPLICA_COMMIT_WATCH_H

#include <stdbool.h>

struct commit_watch;

/* Never NULL: where the system has nothing to watch with, it watches nothing. */
struct commit_watch *commit_watch_new(const char *replica_path);
void commit_watch_free(struct commit_watch *w);
int commit_watch_fd(const struct commit_watch *w);
/* Empties it; a log that has come or gone meanwhile is watched from now on. True: something was written. */
bool commit_watch_take(struct commit_watch *w);

#endif
