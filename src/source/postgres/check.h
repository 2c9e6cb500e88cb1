/* check: what the files of the preflight share (check.c says which there are). */
#ifndef TD_SOURCE_POSTGRES_CHECK_H
#define TD_SOURCE_POSTGRES_CHECK_H

#include <stdbool.h>

#include "source/postgres/slot.h"
#include "source/sql/report.h"

struct entity;
struct error;
struct postgres;
struct postgres_table;

struct checking {
	struct postgres *m;
	struct report r;
	const char **words;      /* that must be quoted as names, in order */
	int word_count;
	const char *account;     /* as statements write it */
	bool standby;
	bool tries;              /* also what costs a connection, or time */
	bool crowded;            /* no walsender is free: a connection need not be tried */
	struct slot slot;        /* of the replica, or that it would get; not looked at on a standby */
};

/* As a statement writes it: bare where that will do. */
const char *check_name(struct checking *k, const char *name);
/* With its schema, unless that is the one everybody has. */
const char *check_table_name(struct checking *k, const struct postgres_table *t);
/* The key's columns as the server calls them: "cif, \"Branch\"". */
const char *check_key(struct checking *k, const struct entity *e, const struct postgres_table *t);
/* 'it''s' */
const char *check_literal(struct checking *k, const char *text);

/* In the order in which they are told. false: the server could not be asked. */
bool check_server(struct checking *k, struct error *err);
bool check_tables(struct checking *k, struct error *err);
void check_publication(struct checking *k);
bool check_account(struct checking *k, struct error *err);
bool check_slot(struct checking *k, struct error *err);

#endif
