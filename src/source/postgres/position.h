/* position: where we stand in a PostgreSQL server's log, as text.
 *
 *     16/B374D848 slot=tellerdesk_branch7_1a2b3c4d timeline=1 shape=d2c1f00dab01cd02.0123456789abcdef
 *
 * The end of a transaction's commit record, or of what was read without finding anything of ours; the slot that keeps the log
 * from there on; the timeline, which tells a promoted standby from the server it replaced; and the prints of
 * each entity's table as the stream last saw it (shape.h): eight digits relation, four storage, four columns. All but the first may be left out by a person
 * who types a position.
 */
#ifndef TD_SOURCE_POSTGRES_POSITION_H
#define TD_SOURCE_POSTGRES_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

struct postgres_prints { uint32_t relation; uint16_t storage, columns; }; /* all 0: not known */

struct postgres_position {
	uint64_t lsn;
	const char *slot;   /* NULL: not told; not NUL-terminated */
	size_t slot_len;
	uint32_t timeline;  /* 0: not told */
	const char *shape;  /* NULL: not told; up to the end of the text */
};

/* Borrows the text. */
bool postgres_position_parse(const char *text, struct postgres_position *out);
/* The prints of entity i; false: not told. */
bool postgres_position_prints(const struct postgres_position *p, int i, struct postgres_prints *out);
int postgres_position_print_count(const struct postgres_position *p);
/* As source_ops.reached. */
bool postgres_position_reached(const char *a, const char *b);

#endif
