/* bank_trigger: the text of the triggers that capture a table. Pure: a description in, SQL out. */
#ifndef TD_SOURCE_BANK_TRIGGER_H
#define TD_SOURCE_BANK_TRIGGER_H

#include "base/memory.h"

struct buffer;

struct capture_column {
	const char *name;
	const char *fallback; /* what REPLACE puts where NULL may not stand: the default's SQL, or NULL */
	int place;            /* N of old_N and new_N */
};

struct capture_part {
	int column; /* index into columns */
	const char *collation;
};

/* Columns that no two rows may share. */
struct capture_unique {
	struct capture_part *parts;
	int count;
};

struct capture_table {
	struct arena arena; /* of what the pointers point to */
	const char *name;
	int id;                         /* in bank_table; 0: not captured */
	struct capture_column *columns; /* those of the catalogue that the table still has */
	int column_count;
	struct capture_unique *uniques; /* the primary key first */
	int unique_count;
	const char *blind; /* a unique index we cannot compare by, or NULL */
};

enum capture_trigger { BEFORE_INSERT, BEFORE_UPDATE, AFTER_INSERT, AFTER_UPDATE, AFTER_DELETE, TRIGGER_COUNT };

/* before_insert and so on. */
const char *bank_trigger_word(enum capture_trigger which);
/* Appends the trigger's name, unquoted. */
void bank_trigger_name(struct buffer *b, const struct capture_table *t, enum capture_trigger which);
/* Appends CREATE TRIGGER ..., as it stands in sqlite_master once made. */
void bank_trigger_text(struct buffer *b, const struct capture_table *t, enum capture_trigger which);

#endif
