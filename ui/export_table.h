/* export_table: the rows of a grid as they are shown, copied once, written by another thread. */
#ifndef TD_UI_EXPORT_TABLE_H
#define TD_UI_EXPORT_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/memory.h"

struct answer_form;
struct answer_json;
struct grid;

struct export_cell;
struct export_table {
	struct arena arena;
	int columns, rows;
	const char **names;
	const struct export_cell *cells; /* row by row */
	int64_t total;                   /* rows there are; more than `rows` where a filter left some out, or */
	bool partial;                    /* where the screen has only some of them, */
	bool total_least;                /* of which there may be more still */
	const char *filter;              /* only rows that hold it; NULL: all that were shown */
	const char *order;               /* the column they are ordered by; NULL: none */
	bool reverse;
};

/* Columns without a name stay out. False: not one has a name. */
bool export_table_take(struct export_table *t, const struct grid *g);
void export_table_done(struct export_table *t);
/* done counts the rows. */
void export_table_csv(const struct export_table *t, FILE *out, const struct answer_form *form, _Atomic int64_t *done);
/* The members of an open object: total, filter, order and the rows. */
void export_table_json(const struct export_table *t, struct answer_json *j, _Atomic int64_t *done);

#endif
