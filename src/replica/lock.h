/* lock: one writer a replica, by an open-file-description lock on REPLICA.lock, which names its process. For replica.c and query.c. */
#ifndef TD_REPLICA_LOCK_H
#define TD_REPLICA_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct error;

/* A descriptor that holds the lock until it is closed; -1: err says who has it. */
int lock_take(const char *path, struct error *err);
/* True, with err, where the file is on a network file system: two hosts would not see each other's locks. */
bool lock_on_network(const char *path, struct error *err);
/* replica_writer for who asks often: the lock file to look at, -1 with errno where there is none, and the pid of its holder. */
int lock_open(const char *path);
int64_t lock_holder(int fd);

#endif
