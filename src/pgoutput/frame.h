/* frame: what travels inside the copy of a replication connection, around the plugin's messages.
 *
 *     'w'  a piece of the log: its place, the server's clock, and one message
 *     'k'  the server is alive: how far it has read its log, and whether it wants to hear from us
 *     'r'  to the server: what we have received, what we hold for good, what we have applied
 *
 * Format: PostgreSQL manual, "Streaming Replication Protocol". Times are UTC microseconds since 1970.
 */
#ifndef TD_PGOUTPUT_FRAME_H
#define TD_PGOUTPUT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum pgframe_kind { PGFRAME_DATA = 'w', PGFRAME_ALIVE = 'k' };

struct pgframe {
	enum pgframe_kind kind;
	uint64_t start;      /* DATA; 0: not told (relations, types, a BEGIN before an ORIGIN) */
	uint64_t end;        /* DATA, ALIVE: how far the server is */
	int64_t sent;        /* the server's clock */
	bool reply;          /* ALIVE: an answer is wanted at once */
	const uint8_t *bytes; /* DATA: the message */
	size_t n;
};

struct pgframe_feedback {
	uint64_t received, durable, applied;
	int64_t clock;       /* ours */
	bool reply;          /* the server is to say at once how far it is */
};

#define PGFRAME_FEEDBACK 34

bool pgframe_read(const uint8_t *p, size_t n, struct pgframe *out, struct error *err);
void pgframe_feedback(const struct pgframe_feedback *f, uint8_t out[PGFRAME_FEEDBACK]);

#endif
