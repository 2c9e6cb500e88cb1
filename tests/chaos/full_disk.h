/* full_disk: a disk that can be full, under SQLite.
 *
 *     full_disk_install("/folder/replica.db")       before the first connection: the default VFS from then on
 *     full_disk_limit(bytes, SQLITE_FULL)           what the file and its log may grow to, and what a write beyond gets
 *     full_disk_limit(-1, 0)                        there is room again
 *
 * Only the file named and those beside it (-wal, -journal) are held to the limit. Any thread.
 */
#ifndef TD_CHAOS_FULL_DISK_H
#define TD_CHAOS_FULL_DISK_H

#include <stdbool.h>
#include <stdint.h>

void full_disk_install(const char *path);
void full_disk_limit(int64_t bytes, int code);
int64_t full_disk_used(void);
int full_disk_refused(void); /* writes refused since the limit was set */
/* Whether the log (-wal) was written since it was synced last: what a machine that stops now may lose. */
bool full_disk_unsynced(void);
/* From now on a sync of the log fails, or not. */
void full_disk_fail_sync(bool fails);
/* Called before each read of these files, in whatever thread: a disk that is slow. Before any of them is opened. */
void full_disk_before_read(void (*wait)(void));

#endif
