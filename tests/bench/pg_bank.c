#include "config.h"

#include "bench/pg_bank.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bench/bench.h"
#include "bench/pg_sql.h"
#include "bench/statement.h"
#include "model/model.h"
#include "source/postgres_server.h"

#define FILL_CUSTOMERS 333 /* three rows each: a transaction of 1,000 */
#define SUBSCRIPTION   "theirs"

static const char schema[] =
	"CREATE SCHEMA bank;"
	"CREATE TABLE bank.customer_info (cif bigint PRIMARY KEY, name varchar(120) NOT NULL, birthdate date, gender char(1), "
	"address varchar(200), city varchar(80), country char(2), email varchar(120), phone varchar(40), store_id varchar(16), "
	"registered_at timestamp, changed_by varchar(40));"
	"CREATE TABLE bank.bank_product (productid bigint PRIMARY KEY, cif bigint NOT NULL, producttype varchar(40), opendate date, "
	"status varchar(20));"
	"CREATE TABLE bank.customer_asset (assetid bigint PRIMARY KEY, cif bigint NOT NULL, assettype varchar(40), "
	"assetvalue numeric(18,2), valuation_date date);"
	"CREATE TABLE bank.store (store_id varchar(16) PRIMARY KEY, name varchar(80), city varchar(80));";

/* ---- servers ---- */

static PGconn *start(struct pg_bank *p, bool primary)
{
	static char buffers[64]; /* the fixture keeps them for as long as the server lives, which is to the end */
	snprintf(buffers, sizeof buffers, "shared_buffers=%" PRId64 "MB", 256 + p->bench->customers / 1000);
	/* The launcher's pause between two starts of a subscription is none of its speed. */
	static const char *const settings[] = {buffers, "max_wal_size=64GB", "checkpoint_timeout=1d", "max_parallel_workers=8",
					       "wal_retrieve_retry_interval=10ms", NULL};
	struct pgserver *s = pgserver_start(&(struct pgserver_setup){.tcp = primary, .settings = settings});
	if (!s)
		return NULL;
	*(primary ? &p->primary : &p->second) = s;
	PGconn *db = pg_connect(s);
	pg_run(db, schema);
	return db;
}

bool pg_bank_open(struct pg_bank *p, const struct bench *b)
{
	*p = (struct pg_bank){.bench = b};
	setenv("TMPDIR", b->folder, 1);
	p->db = start(p, true);
	if (!p->db)
		return false;
	p->there = start(p, false);
	pg_run(p->db, "CREATE PUBLICATION tellerdesk FOR TABLE bank.customer_info, bank.bank_product, bank.customer_asset, bank.store;"
		      "GRANT USAGE ON SCHEMA bank TO teller; GRANT SELECT ON ALL TABLES IN SCHEMA bank TO teller");
	/* As from another machine. A socket of this one holds a hundred messages: who sends and who applies would wait for each other. */
	p->url = memory_format("postgresql://teller@127.0.0.1:%u/bank?schema=bank&slot=" PG_BANK_SLOT, pgserver_port(p->primary));
	p->conninfo = memory_format("host=127.0.0.1 port=%u user=postgres dbname=bank", pgserver_port(p->primary));
	feed_open(&p->feed, b->model, b->customers);
	return true;
}

void pg_bank_close(struct pg_bank *p)
{
	PQfinish(p->db);
	PQfinish(p->there);
	pgserver_end(p->second);
	pgserver_end(p->primary);
	feed_close(&p->feed);
	buffer_done(&p->sql);
	free(p->url);
	free(p->conninfo);
	free(p->mark_end);
}

/* ---- rows ---- */

static void add_cell(struct buffer *out, struct value v)
{
	if (v.kind == VALUE_INTEGER)
		buffer_format(out, "%" PRId64, v.integer);
	else if (v.kind != VALUE_TEXT)
		buffer_text_add(out, "\\N");
	else
		buffer_add(out, v.text, v.len); /* the generator writes no tab, no end of a line, no backslash */
}

static void copy_entity(struct pg_bank *p, int entity)
{
	const struct entity *e = &p->bench->model->entities[entity];
	buffer_clear(&p->sql);
	buffer_format(&p->sql, "COPY bank.%s (", e->table);
	for (int i = 0; i < e->column_count; i++)
		buffer_format(&p->sql, "%s%s", i ? ", " : "", e->columns[i].name);
	buffer_text_add(&p->sql, ") FROM STDIN");
	PQclear(PQexec(p->db, buffer_text(&p->sql)));
	buffer_clear(&p->sql);
	for (int n = 0; n < p->feed.count; n++) {
		const struct change *c = &p->feed.changes[n];
		for (int i = 0; c->entity == entity && i < e->column_count; i++) {
			add_cell(&p->sql, c->after[i]);
			buffer_char(&p->sql, i + 1 < e->column_count ? '\t' : '\n');
		}
	}
	if (PQputCopyData(p->db, p->sql.data, (int)p->sql.len) != 1 || PQputCopyEnd(p->db, NULL) != 1)
		bench_fail("could not fill \"%s\": %s", e->table, PQerrorMessage(p->db));
	for (PGresult *r; (r = PQgetResult(p->db)); PQclear(r))
		if (PQresultStatus(r) != PGRES_COMMAND_OK)
			bench_fail("could not fill \"%s\": %s", e->table, PQresultErrorMessage(r));
}

void pg_bank_fill(struct pg_bank *p)
{
	while (feed_inserts(&p->feed, FILL_CUSTOMERS)) {
		pg_run(p->db, "BEGIN");
		copy_entity(p, p->feed.customer);
		copy_entity(p, p->feed.product);
		copy_entity(p, p->feed.asset);
		pg_run(p->db, "COMMIT");
	}
}

void pg_bank_update(struct pg_bank *p, int count, int per_txn)
{
	for (int done = 0; done < count;) {
		/* One text is sent for some transactions: the way to the server is not what is measured. */
		int block = per_txn < FEED_TXN ? FEED_TXN : per_txn;
		feed_updates(&p->feed, block);
		buffer_clear(&p->sql);
		for (int i = 0; i < block; i++) {
			if (i % per_txn == 0)
				buffer_text_add(&p->sql, "BEGIN;");
			statement_update(&p->sql, p->bench->model, &p->feed.changes[i]);
			if (i % per_txn == per_txn - 1)
				buffer_text_add(&p->sql, "COMMIT;");
		}
		pg_run(p->db, buffer_text(&p->sql));
		done += block;
	}
}

void pg_bank_mark(struct pg_bank *p)
{
	pg_runf(p->db, "INSERT INTO bank.store (store_id, name) VALUES ('E%d', 'mark')", ++p->marks);
	snprintf(p->sees_mark, sizeof p->sees_mark, "SELECT 1 FROM store WHERE store_id = 'E%d'", p->marks);
	free(p->mark_end);
	p->mark_end = pg_cell(p->db, "SELECT pg_current_wal_lsn()");
}

/* ---- slots ---- */

void pg_bank_slot_drop(struct pg_bank *p, const char *name)
{
	char *sql = memory_format("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '%s' AND active", name);
	pg_await(p->db, sql, "0"); /* who read from it is gone; the server finds out in its own time */
	pg_runf(p->db, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '%s'", name);
	free(sql);
}

void pg_bank_slot(struct pg_bank *p, const char *name, const char *from)
{
	pg_bank_slot_drop(p, name);
	if (from)
		pg_runf(p->db, "SELECT pg_copy_logical_replication_slot('%s', '%s')", from, name);
	else
		pg_runf(p->db, "SELECT pg_create_logical_replication_slot('%s', 'pgoutput')", name);
}

double pg_bank_sender_cpu(struct pg_bank *p, const char *slot)
{
	char *pid = pg_cell(p->db, "SELECT active_pid FROM pg_replication_slots WHERE slot_name = '%s'", slot);
	double cpu = pid[0] ? child_cpu((pid_t)strtol(pid, NULL, 10)) : 0;
	free(pid);
	return cpu;
}

/* ---- its own subscription ---- */

void pg_bank_subscription(struct pg_bank *p, bool run)
{
	pg_run(p->there, run ? "ALTER SUBSCRIPTION " SUBSCRIPTION " ENABLE" : "ALTER SUBSCRIPTION " SUBSCRIPTION " DISABLE");
	if (!run)
		pg_await(p->there, "SELECT count(*) FROM pg_stat_subscription WHERE pid IS NOT NULL", "0");
}

static void unsubscribe(struct pg_bank *p)
{
	char *there = pg_cell(p->there, "SELECT count(*) FROM pg_subscription");
	if (strcmp(there, "0") != 0) {
		pg_run(p->there, "ALTER SUBSCRIPTION " SUBSCRIPTION " SET (slot_name = NONE)");
		pg_run(p->there, "DROP SUBSCRIPTION " SUBSCRIPTION);
	}
	free(there);
}

void pg_bank_subscribe(struct pg_bank *p, const char *from)
{
	unsubscribe(p);
	pg_run(p->there, "TRUNCATE bank.customer_info, bank.bank_product, bank.customer_asset, bank.store");
	pg_bank_slot(p, SUBSCRIPTION, from);
	pg_runf(p->there,
		"CREATE SUBSCRIPTION " SUBSCRIPTION " CONNECTION '%s' PUBLICATION tellerdesk "
		"WITH (create_slot = false, slot_name = " SUBSCRIPTION ", copy_data = false, enabled = false)",
		p->conninfo);
}

void pg_bank_await_mark(struct pg_bank *p)
{
	char *sees = memory_format("SELECT count(*) FROM bank.store WHERE store_id = 'E%d'", p->marks);
	pg_await(p->there, sees, "1");
	free(sees);
}

void pg_bank_replay(struct pg_bank *p, struct cost *c, double *sender)
{
	int64_t begun = bench_ns();
	pg_bank_subscription(p, true);
	pg_bank_await_mark(p);
	*c = (struct cost){.seconds = (double)(bench_ns() - begun) / 1e9};
	char *pid = pg_cell(p->there, "SELECT pid FROM pg_stat_subscription");
	c->cpu = child_cpu((pid_t)strtol(pid, NULL, 10));
	*sender = pg_bank_sender_cpu(p, SUBSCRIPTION);
	/* It acknowledges what is on its disk a moment later; stopped before, it would be sent that again. */
	char *acknowledged = memory_format("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" SUBSCRIPTION "' AND "
					   "confirmed_flush_lsn >= '%s'", p->mark_end);
	pg_await(p->db, acknowledged, "1");
	free(acknowledged);
	pg_bank_subscription(p, false);
	free(pid);
}

/* ---- readers ---- */

void pg_bank_receive(struct pg_bank *p, const char *from, struct cost *c)
{
	char *program = pg_program("pg_recvlogical");
	char *end = memory_format("--endpos=%s", p->mark_end);
	const char *const argv[] = {program, "-d", p->conninfo, "--slot=receive", "--start", "--no-loop", "-o", "proto_version=1", "-o",
				    "publication_names=tellerdesk", end, "-f", "/dev/null", NULL};
	struct child child;
	pg_bank_slot(p, "receive", from);
	child_start(&child, argv, NULL);
	*c = (struct cost){.seconds = child_wait(&child), .peak = child.peak};
	c->cpu = child.cpu;
	pg_bank_slot_drop(p, "receive");
	free(program);
	free(end);
}

void pg_bank_read(struct pg_bank *p, const char *from, struct raw_pgoutput *out)
{
	pg_bank_slot(p, "raw", from);
	raw_pgoutput(p->conninfo, "raw", p->mark_end, out);
	pg_bank_slot_drop(p, "raw");
}

void pg_bank_copy_out(struct pg_bank *p)
{
	static const char *const tables[] = {"customer_info", "bank_product", "customer_asset"};
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		char *sql = memory_format("COPY bank.%s TO STDOUT", tables[i]), *line;
		PQclear(PQexec(p->db, sql));
		while (PQgetCopyData(p->db, &line, 0) > 0)
			PQfreemem(line);
		PGresult *r = PQgetResult(p->db);
		if (PQresultStatus(r) != PGRES_COMMAND_OK)
			bench_fail("%s: %s", sql, PQerrorMessage(p->db));
		PQclear(r);
		PQclear(PQgetResult(p->db));
		free(sql);
	}
}
