/* What is told of the server, and how much of its log lies before us: facts for status, no claims.
 *
 * Two statements, which read no table. What the account may not ask is left out. Bytes are counted by the list of log
 * files, so that a count is right across files; how old we are is another question, which proof.c answers.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "source/mysql/private.h"
#include "source/sql/facts.h"

int64_t mysql_log_kept(const char *seconds, const char *days, const char *purges)
{
	if (purges && strcasecmp(purges, "OFF") == 0)
		return 0;
	if (seconds && strcmp(seconds, "0") != 0)
		return strtoll(seconds, NULL, 10);
	return days ? (int64_t)(strtod(days, NULL) * 86400) : 0;
}

static void tell_server(struct mysql *m, json_t *o)
{
	const struct mysql_server *s = mysql_client_server(m->control);
	struct buffer text = {0};

	buffer_format(&text, "%s %s", s->mariadb ? "MariaDB" : "MySQL", s->version_text);
	facts_text(o, "server", buffer_text(&text));
	facts_text(o, "host", s->host);
	facts_number(o, "connection", (int64_t)s->thread);
	facts_way(o, s->local, s->cipher);
	buffer_done(&text);
}

/* The files of the log, oldest first; what follows the end of the last event we read is before us. */
static bool tell_log(struct mysql *m, json_t *o, struct error *err)
{
	const struct mysql_stream *st = &m->stream;
	uint64_t here = mysql_log_number(buffer_text(&st->file), st->file.len), bytes = 0, before_us = 0;
	struct buffer end = {0};
	struct mysql_rows r;
	bool ok = mysql_client_rows(m->control, "SHOW BINARY LOGS", &r, err);

	while (ok && mysql_rows_next(&r)) {
		uint64_t number = mysql_log_number(r.cells[0], r.lens[0]), size = r.cells[1] ? strtoull(r.cells[1], NULL, 10) : 0;
		if (!end.len)
			facts_text(o, "log_oldest", r.cells[0]);
		bytes += size;
		if (number > here)
			before_us += size;
		else if (number == here && size > st->pos)
			before_us += size - st->pos;
		buffer_clear(&end);
		buffer_format(&end, "%s:%" PRIu64, r.cells[0], size);
	}
	if (end.len) {
		facts_text(o, "log_end", buffer_text(&end));
		facts_number(o, "log_files", r.count);
		facts_number(o, "log_bytes", (int64_t)bytes);
		if (st->file.len)
			facts_number(o, "behind_bytes", (int64_t)before_us);
	}
	mysql_rows_done(&r);
	buffer_done(&end);
	return ok;
}

static bool tell_retention(struct mysql *m, json_t *o, struct error *err)
{
	const char *seconds = NULL, *days = NULL, *purges = NULL;
	int64_t most = 0;
	struct mysql_rows r;
	/* Since when files are also given up for the room they take: MariaDB 11.4, and others by its other name. */
	bool ok = mysql_client_rows(m->control,
				    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('binlog_expire_logs_seconds', 'expire_logs_days', "
				    "'binlog_expire_logs_auto_purge', 'max_binlog_total_size', 'binlog_space_limit')",
				    &r, err);

	while (ok && mysql_rows_next(&r)) {
		const char *name = r.cells[0], *value = r.cells[1];
		if (strcasecmp(name, "binlog_expire_logs_seconds") == 0)
			seconds = value;
		else if (strcasecmp(name, "expire_logs_days") == 0)
			days = value;
		else if (strcasecmp(name, "binlog_expire_logs_auto_purge") == 0)
			purges = value;
		else if (value && strtoll(value, NULL, 10) > most)
			most = strtoll(value, NULL, 10);
	}
	if (ok)
		facts_number(o, "log_kept_s", mysql_log_kept(seconds, days, purges));
	if (most)
		facts_number(o, "log_kept_bytes", most);
	mysql_rows_done(&r);
	return ok;
}

bool mysql_describe(struct source *s, struct buffer *out, struct error *err)
{
	struct mysql *m = (struct mysql *)s;
	struct error first = {0}, second = {0};
	json_t *o = json_object();
	bool log_bin = !m->url.triggers;

	tell_server(m, o);
	if (log_bin && !tell_log(m, o, &first) && facts_nobody(&first))
		goto failed;
	if (log_bin && !tell_retention(m, o, &second) && facts_nobody(&second)) {
		first = second;
		goto failed;
	}
	facts_end(o, clock_now() + m->offset, out);
	return true;
failed:
	json_decref(o);
	if (err)
		*err = first;
	return false;
}
