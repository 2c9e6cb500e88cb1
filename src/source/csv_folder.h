/* csv_folder: the drop folder's files: listed, opened, watched, and moved away.
 *
 * Nothing here decides what a file means. Files are named relative to the folder;
 * a file is known again by its identity, so that what was replaced in the
 * meantime is never moved in place of what was read. Nothing is overwritten:
 * where a name is taken in done/ or failed/, the file becomes NAME.2, NAME.3, ...
 */
#ifndef TD_SOURCE_CSV_FOLDER_H
#define TD_SOURCE_CSV_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "source/csv_batch.h"

struct csv_folder;
struct error;

struct csv_identity {
	uint64_t device, inode;
	int64_t size;
	int64_t modified, changed; /* nanoseconds; changed is told by the system and cannot be set back */
};
/* The same file with, as far as its times tell, the same content. A rename keeps it. */
bool csv_identity_same(const struct csv_identity *a, const struct csv_identity *b);

struct csv_folder *csv_folder_open(const char *path, struct error *err);
void csv_folder_close(struct csv_folder *f);
const char *csv_folder_path(const struct csv_folder *f); /* absolute, without symbolic links */
/* Calls fn with each name in it; false: the folder cannot be read, or another one stands in its place. */
bool csv_folder_list(struct csv_folder *f, void (*fn)(void *ctx, const char *name), void *ctx, struct error *err);

enum csv_opened { CSV_OPENED, CSV_OPEN_GONE, CSV_OPEN_REFUSED, CSV_OPEN_ERROR };

/* Opens a file for reading. REFUSED: a symbolic link, a pipe, a folder, and the like. */
enum csv_opened csv_folder_file(struct csv_folder *f, const char *name, int *fd, struct csv_identity *id,
				struct error *err);
/* Does a process have it open for writing? */
enum csv_writer csv_folder_writer(int fd);
/* The file of that name in done/, or -1. */
int csv_folder_done_file(struct csv_folder *f, const char *name);

enum csv_move { CSV_MOVED, CSV_MOVE_CHANGED, CSV_MOVE_ERROR };

/* To done/NAME, or done/NAME.again. CHANGED: it is not the file of `id` any more, and stays. */
enum csv_move csv_folder_done(struct csv_folder *f, const char *name, const struct csv_identity *id, bool again,
			      struct error *err);
/* To failed/NAME, with failed/NAME.reason beside it. */
enum csv_move csv_folder_failed(struct csv_folder *f, const char *name, const struct csv_identity *id,
				const char *reason, struct error *err);
/* Makes the moves survive a power cut. */
void csv_folder_sync(struct csv_folder *f);

/* Readable when something happened; -1 where the system cannot watch: then only looking helps. */
int csv_folder_watch(const struct csv_folder *f);
/* Takes what happened: fn gets each name that was closed after writing or moved here. True if anything was. */
bool csv_folder_events(struct csv_folder *f, void (*fn)(void *ctx, const char *name), void *ctx);

#endif
