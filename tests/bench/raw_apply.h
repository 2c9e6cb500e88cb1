/* raw_apply: what apply does, by the bare statements: same tables, same indexes, same rows, no logic.
 *
 *     raw_open(&w, path, like, model)     the schema of the replica `like`, copied
 *     raw_prepare(&w, changes, count, per_commit)   works out what the statements will say: not timed
 *     raw_run(&w)                         the statements, a commit every per_commit changes
 *     raw_close(&w)
 *
 * The naive design (raw_naive) keeps the open version in the history too: an update
 * ends that row, inserts the next and updates the current one.
 */
#ifndef TD_BENCH_RAW_APPLY_H
#define TD_BENCH_RAW_APPLY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct change;
struct model;

/* A registration: what its rows will say. */
struct raw_event {
	int64_t key, at;
	int group;
};
struct raw_count {
	int64_t start, n;
	int grain, group;
	int commit; /* the commit of the block it is written in */
};

struct raw_table {
	const struct entity *entity;
	sqlite3_stmt *insert, *find, *close, *update;
};

struct raw {
	sqlite3 *db;
	const struct model *model;
	struct raw_table *tables; /* by entity */
	sqlite3_stmt *begin, *commit, *add_txn, *set_position, *add_event, *add_group, *add_count;
	bool naive;
	int64_t seq;
	char **groups; /* store ids; a group's number is its place from 1 */
	int group_count;
	/* The block prepared. */
	const struct change *changes;
	int count, per_commit;
	struct raw_event *events;
	size_t event_count, event_room;
	struct raw_count *counts;
	size_t count_count, count_room;
};

void raw_open(struct raw *w, const char *path, const char *like, const struct model *m);
void raw_close(struct raw *w);
void raw_prepare(struct raw *w, const struct change *changes, int count, int per_commit);
void raw_run(struct raw *w);
/* Every open version into the history. */
void raw_naive(struct raw *w);

#endif
