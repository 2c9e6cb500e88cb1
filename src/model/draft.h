/* draft: a model file on its way to a model: its sections and keys with their lines, and every problem found.
 *
 *     draft_init(&d, file);
 *     draft_read(&d, text)         lines become sections of keys
 *     draft_rules(&d)              kinds are read; each key stands where it means something
 *     draft_entities(&d), draft_views(&d)
 *                                  sections become d.model
 *     draft_check(&d)              what holds between entities
 *     draft_report(&d, errors)     false: there were problems
 *     draft_done(&d)
 *
 * Each step goes on after a problem, so that a person sees them all at once; a
 * reference that could not be resolved is -1 and is not complained about twice.
 */
#ifndef TD_MODEL_DRAFT_H
#define TD_MODEL_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "model/model.h"

struct buffer;

#define DRAFT_NAME_MAX 64
#define DRAFT_COLUMNS_MAX 500
#define DRAFT_ENTITIES_MAX 64
#define DRAFT_VIEWS_MAX 16
#define DRAFT_SECTIONS_MAX 256
#define DRAFT_KEYS_MAX (2 * DRAFT_COLUMNS_MAX + 50)

/* What a section is about; bits, so that a rule can name several. */
enum draft_kind {
	DRAFT_MODEL = 1, DRAFT_CUSTOMER = 2, DRAFT_DETAIL = 4, DRAFT_STORE = 8, DRAFT_EVENT = 16,
	DRAFT_ROLLUP = 32, DRAFT_FLAT = 64,
	DRAFT_ENTITY = DRAFT_CUSTOMER | DRAFT_DETAIL | DRAFT_STORE | DRAFT_EVENT,
};

struct draft_key {
	const char *name, *value;
	int line;
};

struct draft_section {
	unsigned kind;        /* DRAFT_ENTITY: an entity whose kind could not be read */
	const char *name;     /* "" for [model] */
	int line;
	struct draft_key *keys;
	int key_count, key_room;
	int *column_lines;    /* entities: where each column gets its name in the replica */
};

struct draft_problem {
	int line;
	size_t order;
	const char *text;
};

/* The model and the memory all of it stands in. */
struct draft_model {
	struct model model;
	struct arena arena;
};

struct draft {
	const char *file;
	struct draft_model *owner;
	struct model *model;  /* &owner->model */
	struct draft_section sections[DRAFT_SECTIONS_MAX];
	int section_count;
	struct draft_section *entities[DRAFT_ENTITIES_MAX]; /* the section of each entity of the model */
	struct draft_section *flats[DRAFT_VIEWS_MAX];       /* and of each flat view */
	struct draft_problem *problems;
	size_t problem_count, problem_room;
};

void draft_init(struct draft *d, const char *file);
/* Frees the draft, and the model unless it was taken. */
void draft_done(struct draft *d);
struct model *draft_take(struct draft *d);
void draft_problem(struct draft *d, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Appends the problems in the order of lines. False: there were any. */
bool draft_report(struct draft *d, struct buffer *errors);

void draft_read(struct draft *d, const char *text);
void draft_rules(struct draft *d);
void draft_entities(struct draft *d);
void draft_views(struct draft *d); /* rollups and flats */
void draft_check(struct draft *d);

/* NULL: the section has no such key. One without a value was complained about: take it for absent. */
const struct draft_key *draft_key(const struct draft_section *s, const char *name);
/* Cuts a list at each separator; items are trimmed, empty ones kept. Returns how many. */
int draft_list(struct draft *d, const char *text, char separator, char ***items);
/* Names compared as SQLite compares them: without regard to the case of ASCII letters. */
int draft_name_compare(const char *a, const char *b);
/* "[entity customer]", for messages; the arena's. */
const char *draft_label(struct draft *d, const struct draft_section *s);
/* Names of the replica and of the source: length and what SQLite or we keep for ourselves. */
bool draft_name_fits(struct draft *d, int line, const char *what, const char *name, size_t max);
/* The value of a key that has one, else NULL. */
const char *draft_value(const struct draft_section *s, const char *name);
/* The column of an entity by its name in the source; where there is none, a problem and -1. */
int draft_column(struct draft *d, const struct entity *e, int line, const char *name);

#endif
