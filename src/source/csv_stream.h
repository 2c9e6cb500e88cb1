/* csv_stream: the rows of an open file, a block at a time, and the hash of its bytes.
 *
 *     struct csv_stream *st = csv_stream_new(fd, latin1);
 *     for (;;)
 *         switch (csv_stream_next(st, &row)) {
 *         CSV_STREAM_ROW     row is valid until the next call
 *         CSV_STREAM_BLOCK   a block was read and nothing of it given yet: time to look at the clock
 *         CSV_STREAM_END     the end; csv_stream_hash is the hash of all bytes
 *         CSV_STREAM_ERROR   errno says why
 *         }
 *
 * latin1 is converted, unless a byte order mark says that the file is UTF-8. A row
 * may have 1 MiB. The descriptor stays the caller's.
 */
#ifndef TD_SOURCE_CSV_STREAM_H
#define TD_SOURCE_CSV_STREAM_H

#include <stdbool.h>

struct csv_row;
struct csv_stream;

enum csv_stream_result { CSV_STREAM_ROW, CSV_STREAM_BLOCK, CSV_STREAM_END, CSV_STREAM_ERROR };

struct csv_stream *csv_stream_new(int fd, bool latin1);
void csv_stream_free(struct csv_stream *st);
enum csv_stream_result csv_stream_next(struct csv_stream *st, struct csv_row *row);
/* As csv_stream_next, for the hash alone: never ROW. */
enum csv_stream_result csv_stream_skim(struct csv_stream *st);
const unsigned char *csv_stream_hash(const struct csv_stream *st);

#endif
