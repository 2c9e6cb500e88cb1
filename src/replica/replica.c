#include "config.h"

#include "replica/replica.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "replica/copy.h"
#include "replica/internal.h"
#include "replica/lock.h"
#include "replica/rollup.h"
#include "replica/schema.h"
#include "replica/search_index.h"
#include "replica/sql.h"

/* Pages of the log that are worth a checkpoint, and after which a commit does it itself, whoever else should have done it. Catching up, a
 * page is written many times: the longer the log, the less often it goes into the file. And bytes of the log's file that are kept
 * when it begins anew: what is given back while catching up is asked for again at once. */
#define LIVE_DUE 8192
#define LIVE_PAGES 10000
#define LIVE_KEEPS "16777216"
#define CATCHING_UP_DUE 65536
#define CATCHING_UP_PAGES 100000
#define CATCHING_UP_KEEPS "134217728"

/* ---- opening ---- */

static bool foreign(const char *path, struct error *err)
{
	error_set(err, ERROR_REPLICA, "could not open replica \"%s\": it is not a tellerdesk replica", path);
	return error_hint(err, "choose another file with --replica; this one was left as it is");
}

bool replica_is_file(const char *path, struct error *err)
{
	struct stat st;
	if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
		return true;
	error_set(err, ERROR_REPLICA, "could not open replica \"%s\": %s", path, S_ISDIR(st.st_mode) ? N_("it is a folder") : N_("it is no plain file"));
	return error_hint(err, "name another file with --replica");
}

int replica_inspect(sqlite3 *db, const char *path, struct error *err)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT count(*) FROM sqlite_schema", -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	int64_t tables = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	if (rc == SQLITE_NOTADB) {
		foreign(path, err);
		return -1;
	}
	if (rc != SQLITE_ROW) {
		sql_error(db, err);
		return -1;
	}
	int64_t application = sql_integer(db, "PRAGMA application_id", 0);
	if (application == 0 && tables == 0)
		return 0;
	if (application != REPLICA_APPLICATION) {
		foreign(path, err);
		return -1;
	}
	int64_t version = sql_integer(db, "PRAGMA user_version", 0);
	if (version > REPLICA_SCHEMA) {
		error_set(err, ERROR_REPLICA, "could not open replica \"%s\": it is of schema version %lld, this program knows %d", path, (long long)version,
		          REPLICA_SCHEMA);
		error_hint(err, "use the newer tellerdesk that wrote it, or another --replica");
		return -1;
	}
	return 1;
}

struct model *replica_stored_model(sqlite3 *db, const char *path, struct error *err)
{
	sqlite3_stmt *s = sql_prepare(db, "SELECT value FROM td_meta WHERE name = 'model'", err);
	if (!s)
		return NULL;
	struct model *m = NULL;
	struct buffer errors = {0};
	if (sql_row(s, err) == 1)
		m = model_parse((const char *)sqlite3_column_text(s, 0), path, &errors);
	if (!m) {
		error_set(err, ERROR_REPLICA, "could not read replica \"%s\": its stored model is damaged", path);
		error_hint(err, "move the file away and run tellerdesk ingest to build it again");
	}
	buffer_done(&errors);
	sqlite3_finalize(s);
	return m;
}

static bool open_file(struct replica *r, struct error *err)
{
	int fd = open(r->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		int cause = errno;
		error_set(err, cause == EACCES || cause == EPERM || cause == EROFS ? ERROR_PERMISSION : ERROR_REPLICA,
		          "could not open replica \"%s\": %s", r->path, strerror(cause));
		return error_hint(err, "the folder must exist and be writable; choose a file with --replica");
	}
	struct stat st;
	if (fstat(fd, &st) == 0) {
		r->device = st.st_dev;
		r->inode = st.st_ino;
	}
	close(fd);
	if (sqlite3_open_v2(r->path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return sql_error(r->db, err);
	sqlite3_extended_result_codes(r->db, 1);
	sqlite3_busy_timeout(r->db, 10000);
	return true;
}

/* Of another model altogether the name says more than all that differs. */
static bool another_model(const struct replica *r, const struct model *asked, const struct buffer *difference, struct error *err)
{
	struct buffer line = {0};

	for (const char *p = buffer_text(difference); *p; p += strcspn(p, "\n"), p += *p == '\n') {
		buffer_text_add(&line, line.len ? "; " : "");
		buffer_add(&line, p, strcspn(p, "\n"));
	}
	if (strcmp(r->model->name, asked->name) != 0)
		error_set(err, ERROR_USAGE, "could not use model \"%s\": the replica was built with \"%s\"", asked->name, r->model->name);
	else
		error_set(err, ERROR_USAGE, "could not use model \"%s\": the replica was built with another: %s", asked->name, buffer_text(&line));
	buffer_done(&line);
	return error_hint(err, "leave it out (--model, or model in the configuration), name another replica, or apply it with tellerdesk resync --adopt-model");
}

static bool set_model(struct replica *r, const struct replica_params *p, struct error *err)
{
	r->model = replica_stored_model(r->db, r->path, err);
	if (!r->model)
		return false;
	struct buffer difference = {0};
	bool ok = true;
	if (p->model && model_difference(r->model, p->model, &difference)) {
		if (p->adopt_model) {
			ok = schema_adopt(r->db, r->model, p->model, err);
			model_free(r->model);
			r->model = ok ? replica_stored_model(r->db, r->path, err) : NULL;
			ok = r->model != NULL;
		} else {
			ok = another_model(r, p->model, &difference, err);
		}
	}
	buffer_done(&difference);
	return ok;
}

bool replica_set_precision(struct replica *r, const char *precision, struct error *err)
{
	return sql_execf(r->db, err, "UPDATE td_source SET time_precision = %Q WHERE time_precision IS NOT %Q", precision, precision);
}

static bool set_source(struct replica *r, const struct replica_params *p, struct error *err)
{
	sqlite3_stmt *s = sql_prepare(r->db, "SELECT id, url, position, last_valid_from FROM td_source", err);
	int row = s ? sql_row(s, err) : -1;
	r->last_valid_from = TIME_NONE;
	r->source = 1;
	if (row == 1) {
		r->source = sqlite3_column_int64(s, 0);
		const char *position = (const char *)sqlite3_column_text(s, 2);
		buffer_text_add(&r->position, position ? position : "");
		if (sqlite3_column_type(s, 3) != SQLITE_NULL)
			r->last_valid_from = sqlite3_column_int64(s, 3);
	}
	sqlite3_finalize(s);
	if (row == 0 && p->source_url)
		row = sql_execf(r->db, err, "INSERT INTO td_source (id, url, kind) VALUES (1, %Q, %Q)", p->source_url, p->source_kind) ? 0 : -1;
	if (row == 1 && p->source_url) {
		r->source_url = memory_text(p->source_url);
		r->source_kind = p->source_kind;
	}
	if (row >= 0 && p->time_precision && !replica_set_precision(r, p->time_precision, err))
		row = -1;
	buffer_add(&r->committed_position, r->position.data, r->position.len);
	r->committed_valid_from = r->last_valid_from;
	r->seq = r->committed_seq = sql_integer(r->db, "SELECT max(seq) FROM td_txn", 0);
	return row >= 0;
}

static bool load_counts(struct replica *r, struct error *err)
{
	sqlite3_stmt *s = sql_prepare(r->db, "SELECT id, closed_keys, rows, closed FROM td_entity", err);
	int row = -1;
	while (s && (row = sql_row(s, err)) == 1) {
		int i = sqlite3_column_int(s, 0);
		if (i < 0 || i >= r->model->entity_count)
			continue;
		struct table *t = &r->tables[i];
		t->closed_keys = sqlite3_column_int64(s, 1);
		t->rows = sqlite3_column_int64(s, 2);
		t->closed = sqlite3_column_int64(s, 3);
		t->counts_dirty = t->verify = false;
	}
	sqlite3_finalize(s);
	return row == 0;
}

static bool prepare(struct replica *r, struct error *err)
{
	r->begin = sql_prepare(r->db, "BEGIN IMMEDIATE", err);
	r->commit = sql_prepare(r->db, "COMMIT", err);
	r->rollback = sql_prepare(r->db, "ROLLBACK", err);
	r->set_position = sql_prepare(r->db, "UPDATE td_source SET position = ?1, last_valid_from = ?2 WHERE id = ?3", err);
	r->add_txn = sql_prepare(r->db,
	                         "INSERT INTO td_txn (seq, source, position, commit_time, raw_time, rows, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	                         err);
	r->add_anomaly = sql_prepare(r->db, "INSERT INTO td_anomaly (source, entity, key, reason, at, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", err);
	r->add_rejected = sql_prepare(
		r->db, "INSERT INTO td_rejected (source, entity, line, reason, raw, at, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", err);
	r->add_move = sql_prepare(
		r->db, "INSERT INTO td_move (entity, old_key, old_version, new_key, new_version, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", err);
	r->set_status = sql_prepare(r->db,
	                            "UPDATE td_status SET state = ?1, pid = ?2, beat = ?3, clock_offset = ?4, rate = ?5, copy_percent = ?6, "
	                            "copy_rows = ?7, copy_rate = ?8, error = ?9, hint = ?10, request = coalesce(?11, request), "
	                            "answer = CASE WHEN ?11 IS NULL THEN answer ELSE ?12 END, details = coalesce(?13, details)",
	                            err);
	r->set_counts = sql_prepare(
		r->db, "UPDATE td_entity SET closed_keys = ?1, rows = ?2, closed = ?3, verify = verify OR ?4 WHERE id = ?5", err);
	r->set_complete = sql_prepare(r->db, "UPDATE td_source SET complete_to = max(coalesce(complete_to, ?1), ?1) WHERE id = ?2", err);
	if (!r->begin || !r->commit || !r->rollback || !r->set_position || !r->add_txn || !r->add_anomaly || !r->add_rejected || !r->add_move ||
	    !r->set_status || !r->set_complete || !r->set_counts)
		return false;
	r->tables = memory_zero((size_t)r->model->entity_count, sizeof *r->tables);
	for (int i = 0; i < r->model->entity_count; i++) {
		if (!history_prepare(&r->tables[i], r->db, &r->model->entities[i], i, err))
			return false;
	}
	return load_counts(r, err) && rollup_open(r, err) && search_open(r, err) && copy_load(r, err);
}

static int on_log(void *data, sqlite3 *db, const char *name, int pages)
{
	struct replica *r = data;
	/* A copy writes each page once. */
	bool far = r->catching_up && !copy_running(r);
	atomic_store_explicit(&r->checkpoint_due, pages >= (far ? CATCHING_UP_DUE : LIVE_DUE), memory_order_relaxed);
	if (pages >= (r->catching_up ? CATCHING_UP_PAGES : LIVE_PAGES))
		sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

struct replica *replica_open_writer(const struct replica_params *p, struct error *err)
{
	struct replica *r = memory_zero(1, sizeof *r);
	r->path = memory_text(p->path);
	r->lock = lock_take(p->path, err);
	if (r->lock < 0 || !replica_is_file(p->path, err) || lock_on_network(p->path, err) || !open_file(r, err))
		goto failed;
	int kind = replica_inspect(r->db, r->path, err);
	if (kind < 0)
		goto failed;
	if (!sql_exec(r->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = FILE; PRAGMA cache_size = -32768; "
	              "PRAGMA secure_delete = OFF; PRAGMA journal_size_limit = " LIVE_KEEPS, err))
		goto failed;
	if (kind == 0) {
		if (!p->model) {
			error_set(err, ERROR_USAGE, "could not make replica \"%s\": no model is given", p->path);
			error_hint(err, "name one with --model, for example --model demography");
			goto failed;
		}
		if (!schema_create(r->db, p->model, p->bare, err))
			goto failed;
	} else if (!schema_migrate(r->db, (int)sql_integer(r->db, "PRAGMA user_version", 0), err)) {
		goto failed;
	}
	if (!set_model(r, p, err) || !set_source(r, p, err) || !prepare(r, err))
		goto failed;
	sqlite3_wal_hook(r->db, on_log, r);
	return r;
failed:
	replica_close(r);
	return NULL;
}

void replica_close(struct replica *r)
{
	if (!r)
		return;
	if (r->in_txn)
		replica_rollback(r);
	if (r->tables) {
		copy_close(r);
		search_close(r);
		rollup_close(r);
		for (int i = 0; i < r->model->entity_count; i++)
			history_finish(&r->tables[i]);
	}
	sqlite3_stmt *all[] = {r->begin,        r->commit,   r->rollback,   r->set_position, r->add_txn, r->add_anomaly,
	                       r->add_rejected, r->add_move, r->set_status, r->set_complete, r->set_counts};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		sqlite3_finalize(all[i]);
	free(r->tables);
	sqlite3_close(r->db);
	if (r->lock >= 0)
		close(r->lock);
	model_free(r->model);
	buffer_done(&r->position);
	buffer_done(&r->committed_position);
	free(r->source_url);
	free(r->path);
	free(r);
}

const struct model *replica_model(const struct replica *r)
{
	return r->model;
}

struct sqlite3 *replica_db(struct replica *r)
{
	return r->db;
}

bool replica_is_there(const struct replica *r, struct error *err)
{
	struct stat st;
	if (stat(r->path, &st) == 0 && st.st_dev == r->device && st.st_ino == r->inode)
		return true;
	error_set(err, ERROR_REPLICA, "could not go on with replica \"%s\": it was removed, or another file took its place", r->path);
	return error_hint(err, "start again: what was not copied elsewhere is read anew");
}

bool replica_may_adopt(const struct replica *r, const struct model *now, struct error *err)
{
	return schema_adoptable(r->model, now, err);
}

const char *replica_path(const struct replica *r)
{
	return r->path;
}

const char *replica_position(const struct replica *r)
{
	return r->position.len ? buffer_text(&r->position) : NULL;
}

/* ---- transactions ---- */

bool replica_begin(struct replica *r, struct error *err)
{
	if (r->in_txn)
		return true;
	if (!sql_run(r->begin, err))
		return false;
	int highest;
	sqlite3_db_status(r->db, SQLITE_DBSTATUS_CACHE_SPILL, &r->spilled, &highest, false);
	r->in_txn = true;
	r->misfits = 0;
	return true;
}

bool replica_next_seq(struct replica *r, int64_t time, int64_t rows, enum txn_kind kind, struct error *err)
{
	sqlite3_bind_int64(r->add_txn, 1, r->seq + 1);
	sqlite3_bind_int64(r->add_txn, 2, r->source);
	sqlite3_bind_null(r->add_txn, 3);
	sqlite3_bind_int64(r->add_txn, 4, time);
	sqlite3_bind_null(r->add_txn, 5);
	sqlite3_bind_int64(r->add_txn, 6, rows);
	sqlite3_bind_int(r->add_txn, 7, (int)kind);
	if (!sql_run(r->add_txn, err))
		return false;
	r->seq++;
	return true;
}

bool replica_store_position(struct replica *r, struct error *err)
{
	sqlite3_bind_text(r->set_position, 1, buffer_text(&r->position), -1, SQLITE_STATIC);
	sqlite3_bind_int64(r->set_position, 2, r->last_valid_from);
	sqlite3_bind_int64(r->set_position, 3, r->source);
	r->position_moved = false;
	return sql_run(r->set_position, err);
}

static bool write_counters(struct replica *r, struct error *err)
{
	if (r->misfits &&
	    !sql_execf(r->db, err, "UPDATE td_meta SET value = value + %lld WHERE name = 'misfits'", (long long)r->misfits))
		return false;
	for (int i = 0; i < r->model->entity_count; i++) {
		struct table *t = &r->tables[i];
		if (!t->counts_dirty)
			continue;
		sqlite3_bind_int64(r->set_counts, 1, t->closed_keys);
		sqlite3_bind_int64(r->set_counts, 2, t->rows);
		sqlite3_bind_int64(r->set_counts, 3, t->closed);
		sqlite3_bind_int(r->set_counts, 4, t->verify);
		sqlite3_bind_int(r->set_counts, 5, i);
		if (!sql_run(r->set_counts, err))
			return false;
		t->counts_dirty = false;
	}
	return true;
}

/* A row found and still looked at holds its snapshot past the commit: no checkpoint could run, and the log would only grow. */
static void release_rows(struct replica *r)
{
	for (int i = 0; i < r->model->entity_count; i++)
		history_release(&r->tables[i]);
}

bool replica_commit(struct replica *r, struct error *err)
{
	if (!r->in_txn)
		return true;
	release_rows(r);
	/* A full disk or an interrupt may have rolled back: what follows would be written on its own. */
	if (sqlite3_get_autocommit(r->db))
		return error_set(err, ERROR_CANCELLED, "could not commit to replica \"%s\": the transaction was rolled back", r->path);
	if (!rollup_flush(r, err) || !write_counters(r, err) || (r->position_moved && !replica_store_position(r, err)) || !sql_run(r->commit, err))
		return false;
	r->in_txn = false;
	r->committed_seq = r->seq;
	r->committed_valid_from = r->last_valid_from;
	buffer_clear(&r->committed_position);
	buffer_add(&r->committed_position, r->position.data, r->position.len);
	return true;
}

void replica_rollback(struct replica *r)
{
	struct error ignored = {0};
	release_rows(r);
	/* A full disk may have rolled back already. */
	if (!sqlite3_get_autocommit(r->db))
		sql_run(r->rollback, &ignored);
	r->in_txn = r->position_moved = false;
	r->seq = r->committed_seq;
	r->last_valid_from = r->committed_valid_from;
	buffer_clear(&r->position);
	buffer_add(&r->position, r->committed_position.data, r->committed_position.len);
	load_counts(r, &ignored);
	rollup_reset(r);
	search_reset(r);
	copy_load(r, &ignored);
}

bool replica_in_transaction(const struct replica *r)
{
	return r->in_txn;
}

bool replica_is_full(const struct replica *r)
{
	int spilled = 0, highest;
	sqlite3_db_status(r->db, SQLITE_DBSTATUS_CACHE_SPILL, &spilled, &highest, false);
	return r->in_txn && spilled != r->spilled;
}

static int asked_to_stop(void *stop)
{
	return *(const atomic_bool *)stop;
}

void replica_stop_on(struct replica *r, const atomic_bool *stop)
{
	sqlite3_progress_handler(r->db, 20000, stop ? asked_to_stop : NULL, (void *)(uintptr_t)stop);
}

/* A commit at synchronous=FULL would sync the log too, but only one that changes a page: to sync what others changed, the log itself
 * is asked. What a checkpoint moved out of it was synced by the checkpoint. */
bool replica_sync(struct replica *r, struct error *err)
{
	sqlite3_file *log = NULL;
	int rc = sqlite3_file_control(r->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (rc == SQLITE_OK)
		rc = log && log->pMethods ? log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) : SQLITE_IOERR_FSYNC;
	return rc == SQLITE_OK ||
	       error_set(err, ERROR_REPLICA, "could not write replica \"%s\" to its disk: %s", r->path, sqlite3_errstr(rc));
}

void replica_catching_up(struct replica *r, bool on)
{
	if (r->catching_up == on)
		return;
	r->catching_up = on;
	sqlite3_exec(r->db, on ? "PRAGMA journal_size_limit = " CATCHING_UP_KEEPS : "PRAGMA journal_size_limit = " LIVE_KEEPS, NULL, NULL, NULL);
}

const atomic_int *replica_checkpoint_due(const struct replica *r)
{
	return &r->checkpoint_due;
}

void replica_checkpoint(struct replica *r)
{
	sqlite3_wal_checkpoint_v2(r->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* ---- facts about the source ---- */

char *replica_identity(struct replica *r)
{
	struct error ignored = {0};
	sqlite3_stmt *s = sql_prepare(r->db, "SELECT identity FROM td_source WHERE id = ?1", &ignored);
	char *found = NULL;
	if (s)
		sqlite3_bind_int64(s, 1, r->source);
	if (s && sql_row(s, &ignored) == 1 && sqlite3_column_type(s, 0) != SQLITE_NULL)
		found = memory_text((const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	return found;
}

bool replica_set_identity(struct replica *r, const char *identity, bool accept, struct error *err)
{
	sqlite3_stmt *s = sql_prepare(r->db, "SELECT identity FROM td_source WHERE id = ?1", err);
	if (!s)
		return false;
	sqlite3_bind_int64(s, 1, r->source);
	const char *stored = sql_row(s, err) == 1 ? (const char *)sqlite3_column_text(s, 0) : NULL;
	bool same = stored && strcmp(stored, identity) == 0, other = stored && !same;
	sqlite3_finalize(s);
	if (other && !accept) {
		error_set(err, ERROR_FOREIGN, "could not follow the source: it is not the one this replica was built from");
		return error_hint(err, "if that is intended, run tellerdesk resync --accept-server");
	}
	/* The address goes with the identity: a wrong one, given once, must not become the one the replica knows. */
	if (r->source_url && !sql_execf(r->db, err, "UPDATE td_source SET url = %Q, kind = %Q WHERE id = %lld AND url <> %Q", r->source_url,
	                                r->source_kind, (long long)r->source, r->source_url))
		return false;
	return same || sql_execf(r->db, err, "UPDATE td_source SET identity = %Q WHERE id = %lld", identity, (long long)r->source);
}

static bool was_absent(struct replica *r, int entity, int column)
{
	char sql[128];
	snprintf(sql, sizeof sql, "SELECT EXISTS (SELECT 1 FROM td_entity e, json_each(e.absent) j WHERE e.id = %d AND j.value = %d)", entity, column);
	return sql_integer(r->db, sql, 0) != 0;
}

bool replica_set_columns(struct replica *r, int entity, const bool *present, struct error *err)
{
	const struct entity *e = &r->model->entities[entity];
	struct buffer list = {0};
	for (int i = 0; i < e->column_count; i++)
		if (!present[i])
			buffer_format(&list, "%s%d", list.len ? "," : "", i);
	bool ok = true;
	for (int i = 0; ok && i < e->column_count; i++)
		if (present[i] && was_absent(r, entity, i))
			ok = copy_column_added(r, entity, i, err);
	ok = ok && sql_execf(r->db, err, "UPDATE td_entity SET absent = '[%s]' WHERE id = %d", buffer_text(&list), entity);
	buffer_done(&list);
	return ok;
}

bool replica_build(struct replica *r, const char *sql, struct error *err)
{
	/* What an index sorts takes as much memory as the cache may, beside the cache; more goes to a temporary file. */
	sqlite3_exec(r->db, "PRAGMA cache_size = -8192", NULL, NULL, NULL);
	bool ok = sql_exec(r->db, sql, err);
	sqlite3_exec(r->db, "PRAGMA cache_size = -32768", NULL, NULL, NULL);
	return ok;
}

bool replica_build_indexes(struct replica *r, int entity, struct error *err)
{
	struct buffer sql = {0};
	history_indexes(&r->model->entities[entity], &sql);
	for (int i = 0; i < r->model->rollup_count; i++)
		if (r->model->rollups[i].entity == entity)
			rollup_indexes(&r->model->rollups[i], &sql);
	bool ok = replica_build(r, buffer_text(&sql), err);
	buffer_done(&sql);
	return ok;
}

bool replica_status(struct replica *r, const struct status_row *s, struct error *err)
{
	sqlite3_stmt *q = r->set_status;
	sqlite3_bind_text(q, 1, s->state, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, getpid());
	sqlite3_bind_int64(q, 3, clock_now());
	sqlite3_bind_int64(q, 4, s->clock_offset);
	sqlite3_bind_double(q, 5, s->rate);
	if (s->copy_percent < 0) {
		sqlite3_bind_null(q, 6);
		sqlite3_bind_null(q, 7);
		sqlite3_bind_null(q, 8);
	} else {
		sqlite3_bind_double(q, 6, s->copy_percent);
		sqlite3_bind_int64(q, 7, s->copy_rows);
		sqlite3_bind_double(q, 8, s->copy_rate);
	}
	sqlite3_bind_text(q, 9, s->error, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 10, s->hint, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 11, s->request, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 12, s->answer, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 13, s->details, -1, SQLITE_STATIC);
	if (!sql_run(q, err))
		return false;
	if (s->complete_to == TIME_NONE)
		return true;
	sqlite3_bind_int64(r->set_complete, 1, s->complete_to);
	sqlite3_bind_int64(r->set_complete, 2, r->source);
	return sql_run(r->set_complete, err);
}

bool replica_beat(struct replica *r, struct error *err)
{
	return sql_execf(r->db, err, "UPDATE td_status SET beat = %lld", (long long)clock_now());
}

bool replica_may_resync(struct replica *r, int64_t pause)
{
	int64_t last = sql_integer(r->db, "SELECT max(resynced_at) FROM td_source", TIME_NONE);
	return last == TIME_NONE || clock_now() - last >= pause;
}

bool replica_allow_resync(struct replica *r, struct error *err)
{
	return sql_exec(r->db, "UPDATE td_source SET resynced_at = NULL", err);
}

bool replica_recount(struct replica *r, int entity, struct error *err)
{
	if (!replica_begin(r, err))
		return false;
	for (int i = 0; i < r->model->entity_count; i++) {
		struct table *t = &r->tables[i];
		if (entity >= 0 && i != entity)
			continue;
		sqlite3_stmt *s = sql_preparef(r->db, err, "SELECT (SELECT count(*) FROM \"%w\"), (SELECT count(*) FROM \"%w_history\")", t->entity->name,
		                               t->entity->name);
		int row = s ? sql_row(s, err) : -1;
		if (row == 1) {
			t->rows = sqlite3_column_int64(s, 0);
			t->closed = sqlite3_column_int64(s, 1);
			t->counts_dirty = true;
		}
		sqlite3_finalize(s);
		if (row != 1)
			return false;
	}
	return true;
}
