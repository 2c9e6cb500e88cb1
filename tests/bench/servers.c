#include "config.h"

#include "bench/servers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bench/statement.h"
#include "model/model.h"
#include "source/mysql_server.h"

#define FILL_CUSTOMERS   333 /* three rows each: a transaction of 1,000 */

static const char schema[] =
	"CREATE DATABASE bank CHARACTER SET utf8mb4;"
	"CREATE TABLE bank.customer_info (cif BIGINT PRIMARY KEY, name VARCHAR(120) NOT NULL, birthdate DATE, gender CHAR(1), "
	"address VARCHAR(200), city VARCHAR(80), country CHAR(2), email VARCHAR(120), phone VARCHAR(40), store_id VARCHAR(16), "
	"registered_at DATETIME, changed_by VARCHAR(40)) ENGINE=InnoDB;"
	"CREATE TABLE bank.bank_product (productid BIGINT PRIMARY KEY, cif BIGINT NOT NULL, producttype VARCHAR(40), opendate DATE, "
	"status VARCHAR(20), KEY (cif)) ENGINE=InnoDB;"
	"CREATE TABLE bank.customer_asset (assetid BIGINT PRIMARY KEY, cif BIGINT NOT NULL, assettype VARCHAR(40), "
	"assetvalue DECIMAL(18,2), valuation_date DATE, KEY (cif)) ENGINE=InnoDB;"
	"CREATE TABLE bank.store (store_id VARCHAR(16) PRIMARY KEY, name VARCHAR(80), city VARCHAR(80)) ENGINE=InnoDB;";

/* ---- servers ---- */

void servers_run(MYSQL *db, const char *sql, size_t len)
{
	int more = mysql_real_query(db, sql, (unsigned long)len);
	while (more == 0) {
		mysql_free_result(mysql_store_result(db));
		more = mysql_next_result(db);
	}
	if (more > 0)
		bench_fail("%.200s: %s", sql, mysql_error(db));
}

static void say(MYSQL *db, const char *sql)
{
	servers_run(db, sql, strlen(sql));
}

MYSQL *servers_connect(const char *socket)
{
	MYSQL *db = mysql_init(NULL);
	mysql_options(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (!mysql_real_connect(db, NULL, "root", "", NULL, 0, socket, CLIENT_MULTI_STATEMENTS))
		bench_fail("could not connect to \"%s\": %s", socket, mysql_error(db));
	return db;
}

static struct server *start(const struct bench *b, bool primary)
{
	/* The fixture keeps them for as long as the server lives, which is to the end. */
	static char pool[64];
	static const char *as_primary[] = {"--server-id=1", "--log-bin=binlog", "--binlog-format=ROW", "--max-binlog-size=1G", "--sync-binlog=0",
					   "--innodb-flush-log-at-trx-commit=2", "--innodb-log-file-size=512M", pool, NULL};
	static const char *as_replica[] = {"--server-id=2", "--skip-slave-start", "--sync-binlog=0", "--innodb-flush-log-at-trx-commit=2",
					   "--innodb-log-file-size=512M", pool, NULL};
	int64_t mb = 256 + b->customers / 1000;
	snprintf(pool, sizeof pool, "--innodb-buffer-pool-size=%" PRId64 "M", mb);
	return server_start(&(struct server_setup){.tcp = true, .options = primary ? as_primary : as_replica});
}

bool servers_open(struct servers *m, const struct bench *b)
{
	*m = (struct servers){.bench = b};
	setenv("TMPDIR", b->folder, 1);
	m->primary = start(b, true);
	if (!m->primary)
		return false;
	m->replica = start(b, false);
	m->db = servers_connect(server_socket(m->primary));
	m->there = servers_connect(server_socket(m->replica));
	say(m->db, schema);
	say(m->there, schema);
	say(m->db, "CREATE USER teller; GRANT ALL ON *.* TO teller");
	m->url = memory_text(server_url(m->primary, "teller", "bank"));
	feed_open(&m->feed, b->model, b->customers);
	return true;
}

void servers_close(struct servers *m)
{
	mysql_close(m->db);
	mysql_close(m->there);
	server_end(m->replica);
	server_end(m->primary);
	feed_close(&m->feed);
	buffer_done(&m->sql);
	free(m->url);
}

char *servers_log_end(struct servers *m)
{
	const char *row = server_rows(m->primary, "SHOW MASTER STATUS");
	const char *bar = strchr(row, '|');
	return memory_format("%.*s:%" PRIu64, (int)(bar - row), row, (uint64_t)strtoull(bar + 1, NULL, 10));
}

/* ---- rows ---- */

static void add_insert(struct servers *m, int entity)
{
	const struct entity *e = &m->bench->model->entities[entity];
	buffer_format(&m->sql, "INSERT INTO bank.%s (", e->table);
	for (int i = 0; i < e->column_count; i++)
		buffer_format(&m->sql, "%s%s", i ? ", " : "", e->columns[i].name);
	buffer_text_add(&m->sql, ") VALUES ");
	bool any = false;
	for (int n = 0; n < m->feed.count; n++) {
		const struct change *c = &m->feed.changes[n];
		if (c->entity != entity)
			continue;
		for (int i = 0; i < e->column_count; i++) {
			buffer_text_add(&m->sql, i ? ", " : any ? ", (" : "(");
			statement_value(&m->sql, c->after[i]);
		}
		buffer_char(&m->sql, ')');
		any = true;
	}
	buffer_char(&m->sql, ';');
}

void servers_fill(struct servers *m)
{
	while (feed_inserts(&m->feed, FILL_CUSTOMERS)) {
		buffer_clear(&m->sql);
		buffer_text_add(&m->sql, "BEGIN;");
		add_insert(m, m->feed.customer);
		add_insert(m, m->feed.product);
		add_insert(m, m->feed.asset);
		buffer_text_add(&m->sql, "COMMIT");
		servers_run(m->db, m->sql.data, m->sql.len);
	}
}

void servers_update(struct servers *m, int count, int per_txn)
{
	for (int done = 0; done < count;) {
		/* One text is sent for some transactions: the way to the server is not what is measured. */
		int block = per_txn < FEED_TXN ? FEED_TXN : per_txn;
		feed_updates(&m->feed, block);
		buffer_clear(&m->sql);
		for (int i = 0; i < block; i++) {
			if (per_txn > 1 && i % per_txn == 0)
				buffer_text_add(&m->sql, "BEGIN;");
			statement_update(&m->sql, m->bench->model, &m->feed.changes[i]);
			if (per_txn > 1 && i % per_txn == per_txn - 1)
				buffer_text_add(&m->sql, "COMMIT;");
		}
		buffer_cut(&m->sql, m->sql.len - 1);
		servers_run(m->db, m->sql.data, m->sql.len);
		done += block;
	}
}

/* ---- the replica ---- */

void servers_empty(struct servers *m, const char *at)
{
	const char *colon = strrchr(at, ':');
	say(m->there, "TRUNCATE bank.customer_info; TRUNCATE bank.bank_product; TRUNCATE bank.customer_asset");
	buffer_clear(&m->sql);
	buffer_format(&m->sql,
		      "RESET SLAVE; CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%u, MASTER_USER='teller', MASTER_PASSWORD='', "
		      "MASTER_LOG_FILE='%.*s', MASTER_LOG_POS=%s, MASTER_USE_GTID=no",
		      server_port(m->primary), (int)(colon - at), at, colon + 1);
	servers_run(m->there, m->sql.data, m->sql.len);
}

void servers_replica(struct servers *m, bool run)
{
	say(m->there, run ? "START SLAVE" : "STOP SLAVE");
}

void servers_replay(struct servers *m, int threads, const char *to, struct cost *c)
{
	const char *colon = strrchr(to, ':');
	server_sqlf(m->replica, "SET GLOBAL slave_parallel_threads = %d, slave_parallel_mode = 'optimistic'", threads);
	double cpu = child_cpu(server_pid(m->replica));
	int64_t begun = bench_ns();
	servers_replica(m, true);
	buffer_clear(&m->sql);
	buffer_format(&m->sql, "SELECT MASTER_POS_WAIT('%.*s', %s, %d) >= 0", (int)(colon - to), to, colon + 1, PATIENCE_SECONDS);
	const char *answer = server_rows(m->replica, buffer_text(&m->sql));
	*c = (struct cost){.seconds = (double)(bench_ns() - begun) / 1e9, .cpu = child_cpu(server_pid(m->replica)) - cpu};
	if (strcmp(answer, "1\n") != 0)
		bench_fail("MariaDB's replica did not catch up: %s", server_rows(m->replica, "SHOW SLAVE STATUS"));
	servers_replica(m, false);
}
