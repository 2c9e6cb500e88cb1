/* pgoutput_fixture: messages of pgoutput spelled by hand, and captures of a server, told as text.
 *
 *     spell("42 0000000016B374D8 0000000000000000 000002DF", &n)     hex, blanks for the eye, 'text' as it is
 *     message_tell(bytes, n, false, &out)                            BEGIN 0/16B374D8 at 2000-01-01T00:00:00.000000Z xid 735
 */
#ifndef TD_TESTS_PGOUTPUT_FIXTURE_H
#define TD_TESTS_PGOUTPUT_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "pgoutput/message.h"

/* In a block of exactly its size; the caller frees it. */
uint8_t *spell(const char *text, size_t *n);

/* One line without its end; "refused: <message>" where the reader refuses. */
void message_tell(const uint8_t *p, size_t n, bool in_stream, struct buffer *out);

/* A file under tests/fixtures/pgoutput; the caller frees it. */
uint8_t *fixture_read(const char *name, size_t *size);
/* The next frame of a capture at *at, which moves behind it; NULL: there is none. */
const uint8_t *fixture_frame(const uint8_t *file, size_t size, size_t *at, size_t *n);
/* Every frame of it, a line each: places of the frame, then its message. */
void fixture_tell(const uint8_t *file, size_t size, struct buffer *out);

#endif
