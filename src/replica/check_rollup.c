#include "config.h"

#include "replica/check_internal.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/zone.h"
#include "model/model.h"
#include "replica/query_internal.h"
#include "replica/rollup.h"
#include "replica/sql.h"

/* ---- registrations ---- */

/* Each customer has one, and each is of a customer: one that lives, has lived, or whose key another took. */
static bool check_presence(struct checking *c, const struct rollup *u, const struct entity *e)
{
	const char *key = e->columns[e->key[0]].as;
	int id = u->entity;
	return check_rule(c, e->name, "registration",
			  sqlite3_mprintf("SELECT c.\"%w\", 'the customer has no registration' FROM \"%w\" c LEFT JOIN "
					  "\"td_%w_events\" r ON r.key = "
					  "c.\"%w\" WHERE r.key IS NULL",
					  key, e->name, u->name, key)) &&
	       /* A row known by its death alone (a version of no length) was never counted. */
	       check_rule(c, e->name, "registration",
			  sqlite3_mprintf("SELECT h.\"%w\", 'the customer had no registration' FROM \"%w_history\" h "
					  "WHERE h._version = 1 AND "
					  "h._valid_to > h._valid_from AND NOT EXISTS (SELECT 1 FROM \"td_%w_events\" "
					  "r WHERE r.key = h.\"%w\") AND NOT "
					  "EXISTS (SELECT 1 FROM \"%w\" c WHERE c.\"%w\" = h.\"%w\") AND NOT EXISTS "
					  "(SELECT 1 FROM td_move m WHERE "
					  "m.entity = %d AND (m.old_key = h.\"%w\" OR m.new_key = h.\"%w\")) AND NOT "
					  "EXISTS (SELECT 1 FROM \"td_%w_parked\" p "
					  "WHERE p.key = h.\"%w\")",
					  key, e->name, u->name, key, e->name, key, key, id, key, key, u->name, key)) &&
	       check_rule(c, e->name, "registration",
			  sqlite3_mprintf("SELECT r.key, 'the registration has no customer' FROM \"td_%w_events\" r "
					  "WHERE NOT EXISTS (SELECT 1 FROM "
					  "\"td_%w_parked\" p WHERE p.synthetic = r.key) AND NOT EXISTS (SELECT 1 FROM "
					  "\"%w\" c WHERE c.\"%w\" = r.key) "
					  "AND NOT EXISTS (SELECT 1 FROM \"%w_history\" h WHERE h.\"%w\" = r.key)",
					  u->name, u->name, e->name, key, e->name, key));
}

/* First versions with their registrations, but of customers whose key changed, which carry one from elsewhere, and of
 * keys that another took: what stands there is its. */
static sqlite3_stmt *prepare_firsts(struct checking *c, const struct rollup *u, const struct entity *e)
{
	const char *key = e->columns[e->key[0]].as;
	char *parts[2] = {0};
	for (int i = 0; i < 2; i++)
		parts[i] = sqlite3_mprintf("SELECT v.\"%w\", %s%w%s, %s%w%s, g.value, r.at, r.timed FROM \"%w%s\" v "
					   "JOIN \"td_%w_events\" r ON r.key = "
					   "v.\"%w\" JOIN \"td_%w_groups\" g ON g.id = r.\"group\" WHERE v._version = "
					   "1 AND NOT EXISTS (SELECT 1 FROM "
					   "td_move m WHERE m.entity = %d AND m.new_key = v.\"%w\") AND NOT EXISTS "
					   "(SELECT 1 FROM td_move m WHERE "
					   "m.entity = %d AND m.old_key = v.\"%w\") AND NOT EXISTS (SELECT 1 FROM "
					   "\"td_%w_parked\" p WHERE p.key = "
					   "v.\"%w\")%s",
					   key, u->by >= 0 ? "v.\"" : "", u->by >= 0 ? e->columns[u->by].as : "NULL",
					   u->by >= 0 ? "\"" : "", u->at >= 0 ? "v.\"" : "",
					   u->at >= 0 ? e->columns[u->at].as : "NULL", u->at >= 0 ? "\"" : "", e->name,
					   i ? "_history" : "", u->name, key, u->name, u->entity, key, u->entity, key,
					   u->name, key, i ? " AND v._valid_to > v._valid_from" : "");
	sqlite3_stmt *s = sql_preparef(c->q->db, c->err, "%s UNION ALL %s", parts[0], parts[1]);
	sqlite3_free(parts[0]);
	sqlite3_free(parts[1]);
	return s;
}

/* The store and the event time of a registration are those of the first version. */
static bool check_firsts(struct checking *c, const struct rollup *u, const struct entity *e)
{
	sqlite3_stmt *s = prepare_firsts(c, u, e);
	int row = -1;
	while (s && (row = sql_row(s, c->err)) == 1) {
		int64_t at =
			u->at < 0 ? TIME_NONE : value_instant(&e->columns[u->at], sql_column(s, 2), c->q->model->zone);
		bool timed = sqlite3_column_int(s, 5),
		     other = timed != (at != TIME_NONE) || (timed && sqlite3_column_int64(s, 4) != at);
		bool moved = !value_equal(sql_column(s, 1), sql_column(s, 3));
		if (!moved && !other && !(timed && sqlite3_column_type(s, 4) == SQLITE_NULL))
			continue;
		arena_reset(&c->arena);
		check_violate(c, e->name, sql_column_text(s, 0, &c->arena), "registration",
			      moved ? "the group is not that of the first version"
				    : "the time is not that of the first version");
	}
	sqlite3_finalize(s);
	return row == 0;
}

/* ---- counts ---- */

/* The sums of minutes and hours against the registrations themselves. */
static bool check_grain(struct checking *c, const struct rollup *u, int grain, int64_t step, const char *word)
{
	/* Floor division that is right before 1970 too. */
	char *start = sqlite3_mprintf("(at - ((at %% %lld) + %lld) %% %lld)", (long long)step, (long long)step,
				      (long long)step);
	bool ok = check_rule(c, "", "rollup",
			     sqlite3_mprintf("SELECT s, 'the %s counts ' || sum(n) || ' too many' FROM (SELECT start "
					     "AS s, \"group\" AS g, n FROM "
					     "\"td_%w_counts\" WHERE grain = %d UNION ALL SELECT %s, \"group\", -1 "
					     "FROM \"td_%w_events\" WHERE at IS "
					     "NOT NULL) GROUP BY s, g HAVING sum(n) <> 0",
					     word, u->name, grain, start, u->name));
	sqlite3_free(start);
	return ok;
}

/* Days are the zone's, so each is held to the registrations between its ends; none is left out when the sums agree. */
static bool check_days(struct checking *c, const struct rollup *u)
{
	const struct zone *zone = c->q->model->zone;
	sqlite3_stmt *days =
		sql_preparef(c->q->db, c->err, "SELECT start, \"group\", n FROM \"td_%w_counts\" WHERE grain = %d",
			     u->name, GRAIN_DAY);
	sqlite3_stmt *count = sql_preparef(
		c->q->db, c->err, "SELECT count(*) FROM \"td_%w_events\" WHERE \"group\" = ?1 AND at >= ?2 AND at < ?3",
		u->name);
	int row = -1;
	while (days && count && (row = sql_row(days, c->err)) == 1) {
		int64_t start = sqlite3_column_int64(days, 0), n = sqlite3_column_int64(days, 2);
		sqlite3_bind_int64(count, 1, sqlite3_column_int64(days, 1));
		sqlite3_bind_int64(count, 2, start);
		sqlite3_bind_int64(count, 3, zone_step(zone, ZONE_DAY, start, 1));
		int64_t counted = sql_row(count, c->err) == 1 ? sqlite3_column_int64(count, 0) : -1;
		sqlite3_reset(count);
		arena_reset(&c->arena);
		const char *key = arena_format(&c->arena, "%" PRId64, start);
		if (zone_floor(zone, ZONE_DAY, start) != start)
			check_violate(c, "", key, "rollup", "the day is none of the model's zone");
		else if (counted != n)
			check_violate(c, "", key, "rollup",
				      arena_format(&c->arena, "the day counts %" PRId64 " too many", n - counted));
	}
	sqlite3_finalize(days);
	sqlite3_finalize(count);
	return row == 0 && check_rule(c, "", "rollup",
				      sqlite3_mprintf("SELECT '', 'the days count ' || (a - b) || ' too many' FROM "
						      "(SELECT (SELECT coalesce(sum(n), 0) FROM "
						      "\"td_%w_counts\" WHERE grain = %d) AS a, (SELECT count(*) FROM "
						      "\"td_%w_events\" WHERE at IS NOT NULL) AS "
						      "b) WHERE a <> b",
						      u->name, GRAIN_DAY, u->name));
}

bool check_rollup(struct checking *c, const struct rollup *u)
{
	const struct entity *e = &c->q->model->entities[u->entity];
	if (e->key_count == 1 && (!check_presence(c, u, e) || !check_firsts(c, u, e)))
		return false;
	return check_grain(c, u, GRAIN_MINUTE, MINUTE, "minute") && check_grain(c, u, GRAIN_HOUR, HOUR, "hour") &&
	       check_days(c, u);
}
