/* schema: the tables of a replica, made from a model (tellerdesk-replica(5)). For replica.c. */
#ifndef TD_REPLICA_SCHEMA_H
#define TD_REPLICA_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

struct error;
struct model;

/* Makes everything in an empty file, in one transaction. bare: the indexes that wait for a first fill are left out. */
bool schema_create(sqlite3 *db, const struct model *m, bool bare, struct error *err);
/* Brings a replica of an older schema version to this one. */
bool schema_migrate(sqlite3 *db, int from, struct error *err);
/* Whether one model may take another's place: the same entities, keys, types and rollups. */
bool schema_adoptable(const struct model *old, const struct model *now, struct error *err);
/* Replaces the stored model by another: new columns are added (td_added; a resync fills them), removed ones keep their history. */
bool schema_adopt(sqlite3 *db, const struct model *old, const struct model *now, struct error *err);
/* Versions up to now do not know this column (td_added). */
bool schema_add_column(sqlite3 *db, int entity, const char *column, struct error *err);
/* The flat views of a model. */
bool schema_flat(sqlite3 *db, const struct model *m, struct error *err);

#endif
