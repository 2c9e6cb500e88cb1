/* What is complete up to when.
 *
 * A silent log proves nothing by itself: the network may hold back what was written, and heartbeats that
 * were held back arrive late. So once a second the server is asked, on the other connection, for its clock
 * and then for the end of its log: whatever was committed by that clock stands before that end, and when the
 * stream has passed it, all up to that clock was given.
 */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "source/mysql/private.h"

void proof_init(struct mysql_proof *p)
{
	*p = (struct mysql_proof){.clock = TIME_NONE, .owed = true};
}

void proof_done(struct mysql_proof *p)
{
	buffer_done(&p->end);
}

static bool proof_ask(struct mysql *m, struct error *err)
{
	struct mysql_proof *p = &m->proof;
	uint64_t number = mysql_log_number(buffer_text(&m->stream.file), m->stream.file.len), pos = m->stream.pos;
	int64_t clock;

	p->asked = clock_mono();
	if (!mysql_read_clock(m, &clock, err) || !mysql_log_end(m, &p->end, err))
		return false;
	struct mysql_position end;
	mysql_position_parse(buffer_text(&p->end), &end);
	p->end_number = mysql_log_number(end.file, end.file_len);
	p->end_pos = end.pos;
	/* What we have read stood in the log before we asked. A server whose log was begun anew (RESET MASTER) goes on
	 * feeding us from the file it removed, for ever silent. */
	if (number > p->end_number || (number == p->end_number && pos > p->end_pos))
		return mysql_begun_anew(m, err);
	p->clock = clock;
	return true;
}

/* As mysql_position_reached, without the texts: it is asked after each event. */
static bool proof_reached(const struct mysql *m)
{
	const struct mysql_stream *st = &m->stream;
	uint64_t number = mysql_log_number(buffer_text(&st->file), st->file.len);

	return number > m->proof.end_number || (number == m->proof.end_number && st->pos >= m->proof.end_pos);
}

int proof_idle(struct mysql *m, bool resting, struct source_event *event, struct error *err)
{
	struct mysql_proof *p = &m->proof;
	struct mysql_stream *st = &m->stream;
	int64_t now = clock_mono();

	if (st->grouped || st->serving)
		return 0;
	bool due = (p->owed && resting) || now - p->told >= SECOND;
	/* An open proof is waited for: asking again would only move its end away. */
	if (p->clock == TIME_NONE && due && (resting || now - p->asked >= SECOND) && !proof_ask(m, err))
		return -1;
	if (p->clock == TIME_NONE || !proof_reached(m))
		return 0;
	event->complete_to = p->clock;
	event->position = st->moved ? mysql_stream_position(m) : NULL;
	st->moved = p->owed = false;
	p->clock = TIME_NONE;
	p->told = now;
	return 1;
}
