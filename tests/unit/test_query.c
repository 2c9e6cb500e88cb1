/* The questions, put to small replicas made by hand. Times are minutes after noon, UTC, of 2026-01-05, a Monday; the
 * model's zone is New York, so the local clock says 07:00 at minute 0. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/zone.h"
#include "model/change.h"
#include "model/model.h"
#include "replica/apply.h"
#include "replica/copy.h"
#include "replica/query.h"
#include "replica/replica.h"
#include "replica/search_index.h"

#define NOON INT64_C(1767614400000000)
#define AT(m) (NOON + (m)*MINUTE)

static const char model_text[] =
	"[model]\nname = small\ntitle = Small\nzone = America/New_York\n"
	"[entity customer]\nkind = customer\ntable = customer\nkey = cif\nname = name\nstore = store\nregistered = registered\n"
	"optional = store, phone, address_id, registered\n"
	"column.cif = CIF | text\ncolumn.name = Name | text\ncolumn.store = Store | text\ncolumn.phone = Phone | text | search\n"
	"column.address_id = Address | integer\ncolumn.registered = Registered | datetime\n"
	"[entity product]\nkind = detail\ntable = product\nkey = id\ncif = cif\n"
	"column.id = Id | integer\ncolumn.cif = CIF | text\ncolumn.kind = Kind | text\n"
	"[entity address]\nkind = detail\ntable = address\nkey = address_id\nvia = customer.address_id\n"
	"column.address_id = Id | integer\ncolumn.street = Street | text\n"
	"[entity seat]\nkind = detail\ntable = seat\nkey = branch, number\ncif = cif\n"
	"column.branch = Branch | text\ncolumn.number = Number | integer\ncolumn.cif = CIF | text\n"
	"[entity shop]\nkind = store\ntable = shop\nkey = store\nname = name\n"
	"column.store = Store | text\ncolumn.name = Name | text\n"
	"[rollup registrations]\nof = first(customer)\nby = store\nat = registered\n"
	"[flat whole]\nentities = customer, product\n";

enum { CUSTOMER, PRODUCT, ADDRESS, SEAT, SHOP };

/* ---- a replica of its own for each test ---- */

static char folder[64], path[96];
static struct model *model;
static struct replica *replica;
static struct apply *apply;
static struct query *query;
static struct error err;

static void open_replica(bool bare)
{
	struct buffer errors = {0};
	model = model_parse(model_text, "small", &errors);
	if (!model)
		fail_msg("%s", buffer_text(&errors));
	buffer_done(&errors);
	struct replica_params p = {.path = path, .model = model, .source_url = "bank:nowhere", .source_kind = "bank", .bare = bare};
	replica = replica_open_writer(&p, &err);
	if (!replica)
		fail_msg("%s", err.message);
	apply = apply_new(replica);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/tellerdesk-query-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/replica.db", folder);
	clock_freeze(AT(60));
	error_clear(&err);
	open_replica(false);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
	(void)state;
	query_close(query);
	query = NULL;
	apply_free(apply);
	replica_close(replica);
	model_free(model);
	clock_freeze(TIME_NONE);
	for (int i = 0; i < 4; i++) {
		char name[128];
		snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		unlink(name);
	}
	return rmdir(folder);
}

static struct query *asked(void)
{
	if (!query && !(query = query_open(path, &err)))
		fail_msg("%s", err.message);
	return query;
}

static void sure(bool ok)
{
	if (!ok)
		fail_msg("%s", err.message);
}

/* A row written as its columns between bars: "~" is NULL, "?" and what is missing are unknown. */
static const struct value *row_of(int entity, const char *text, size_t n, struct arena *a)
{
	const struct entity *e = &model->entities[entity];
	struct value *row = arena_zero(a, (size_t)e->column_count, sizeof *row);
	const char *end = text + n;
	for (int i = 0; i < e->column_count && text < end; i++) {
		const char *bar = memchr(text, '|', (size_t)(end - text));
		size_t len = (size_t)((bar ? bar : end) - text);
		if (len == 1 && *text == '~')
			row[i] = value_null();
		else if (len != 1 || *text != '?')
			row[i] = value_canonical(&e->columns[i], arena_copy(a, text, len), len, model->zone, a);
		text += len + 1;
	}
	return row;
}

/* "+ENTITY ROW" inserts, "-ENTITY ROW" deletes, "=ENTITY ROW > ROW" updates, "*ENTITY ROW" merges. */
static void put(const char *line, struct arena *a)
{
	char name[32];
	int used = 0;
	assert_int_equal(sscanf(line + 1, "%31[a-z] %n", name, &used), 1);
	struct change c = {.entity = model_entity(model, name)};
	const char *first = line + 1 + used, *arrow = strstr(first, " > ");
	const struct value *row = row_of(c.entity, first, arrow ? (size_t)(arrow - first) : strlen(first), a);
	switch (*line) {
	case '+':
		c.op = CHANGE_INSERT;
		c.after = row;
		break;
	case '*':
		c.op = CHANGE_MERGE;
		c.after = row;
		break;
	case '-':
		c.op = CHANGE_DELETE;
		c.before = row;
		break;
	default:
		c.op = CHANGE_UPDATE;
		c.before = row;
		c.after = row_of(c.entity, arrow + 3, strlen(arrow + 3), a);
		break;
	}
	sure(apply_change(apply, &c, &err));
}

/* A transaction of the source, committed there at a minute, and here; its lines end with NULL. */
static void transaction(int minute, ...)
{
	struct arena a = {0};
	struct apply_times t = {AT(minute), NULL, AT(minute)};
	va_list lines;
	va_start(lines, minute);
	sure(apply_begin(apply, &t, &err));
	for (const char *line; (line = va_arg(lines, const char *));)
		put(line, &a);
	va_end(lines);
	sure(apply_end(apply, "1", &err) && replica_commit(replica, &err));
	arena_done(&a);
}

static void complete_to(int minute)
{
	struct status_row s = {.state = "live", .complete_to = AT(minute), .copy_percent = -1};
	sure(replica_status(replica, &s, &err));
}

static void index_names(void)
{
	for (bool more = true; more;)
		sure(search_follow(replica, 500, &more, &err));
}

/* ---- what the answers say, as lines ---- */

static struct buffer said;

static const char *say_value(int entity, int column, struct value v, struct buffer *out)
{
	if (v.kind == VALUE_NULL)
		buffer_char(out, '~');
	else if (v.kind == VALUE_UNKNOWN)
		buffer_char(out, '?');
	else
		value_print(out, &model->entities[entity].columns[column], v);
	return buffer_text(out);
}

static void say_row(int entity, const struct value *values)
{
	for (int i = 0; i < model->entities[entity].column_count; i++) {
		if (i)
			buffer_char(&said, '|');
		say_value(entity, i, values[i], &said);
	}
}

static void say_minute(int64_t at)
{
	if (at == TIME_NONE)
		buffer_text_add(&said, "never");
	else if (at == TIME_OPEN)
		buffer_text_add(&said, "on");
	else if (at % MINUTE)
		buffer_format(&said, "%gs", (double)(at - NOON) / (double)SECOND);
	else
		buffer_format(&said, "%lld", (long long)((at - NOON) / MINUTE));
}

/* KNOWN ROW, then a line for each detail row, or when it died. */
static const char *looked_up(const char *cif, int64_t as_of)
{
	struct lookup_answer a = {0};
	buffer_clear(&said);
	sure(query_lookup(asked(), cif, as_of, &a, &err));
	buffer_format(&said, "%s ", known_word(a.known));
	if (a.customer) {
		say_row(CUSTOMER, a.customer->values);
	} else {
		buffer_text_add(&said, "died ");
		say_minute(a.deleted_at);
	}
	for (int i = 0; i < a.candidate_count; i++)
		buffer_format(&said, " %s", a.candidates[i]);
	for (int i = 0; i < a.entity_count; i++)
		for (int k = 0; k < a.entities[i].count; k++) {
			buffer_char(&said, '\n');
			say_row(a.entities[i].entity, a.entities[i].rows[k].values);
		}
	answer_done(&a.base);
	return buffer_text(&said);
}

/* ENTITY KEY vN FROM..TO ORIGIN/END [<MOVED_FROM] [>MOVED_TO], oldest last. */
static const char *history_of(const char *cif, int64_t from, int64_t to)
{
	struct history_answer a = {0};
	struct history_request r = {.cif = cif, .entity = -1, .from = from, .to = to};
	buffer_clear(&said);
	sure(query_history(asked(), &r, &a, &err));
	for (int i = 0; i < a.count; i++) {
		const struct version *v = &a.versions[i];
		buffer_format(&said, "%s%s %s v%lld ", i ? "\n" : "", model->entities[v->entity].name, v->key, (long long)v->version);
		say_minute(v->valid_from);
		buffer_text_add(&said, "..");
		say_minute(v->valid_to);
		buffer_format(&said, " %s/%s", origin_word(v->origin), v->ended_by ? end_word(v->ended_by) : "-");
		if (v->moved_from)
			buffer_format(&said, " <%s", v->moved_from);
		if (v->moved_to)
			buffer_format(&said, " >%s", v->moved_to);
		for (int c = 0; c < v->changed_count; c++)
			buffer_format(&said, " %s", model->entities[v->entity].columns[v->changed[c]].as);
	}
	answer_done(&a.base);
	return buffer_text(&said);
}

/* TOTAL [and more]: CIF MATCHED, ... */
static const char *found_by(const char *text, int limit)
{
	struct search_answer a = {0};
	buffer_clear(&said);
	sure(query_search(asked(), text, limit, &a, &err));
	buffer_format(&said, "%lld%s:", (long long)a.total, a.total_exact ? "" : "+");
	for (int i = 0; i < a.count; i++)
		buffer_format(&said, " %s/%s", a.hits[i].cif, a.hits[i].matched);
	if (a.truncated)
		buffer_text_add(&said, " ...");
	answer_done(&a.base);
	return buffer_text(&said);
}

struct counting_by {
	const char *window, *slide, *store;
	int64_t from, to, now;
	const char *zone;
};

/* Stores as ID TOTAL last LAST [silent], then windows as START..END ID COUNT [partial]. */
static const char *counted(const struct counting_by *by)
{
	struct stores_answer a = {0};
	struct stores_request r = {.from = by->from, .to = by->to, .now = by->now, .store = by->store};
	buffer_clear(&said);
	if ((by->window && !duration_parse(by->window, &r.window, &err)) || (by->slide && !duration_parse(by->slide, &r.slide, &err)) ||
	    (by->zone && !(r.zone = zone_get(by->zone, &err))))
		fail_msg("%s", err.message);
	if (!query_stores(asked(), &r, &a, &err)) {
		answer_done(&a.base);
		return "refused";
	}
	for (int i = 0; i < a.store_count; i++) {
		buffer_format(&said, "%s%s %lld last ", i ? "\n" : "", a.stores[i].id ? a.stores[i].id : "~", (long long)a.stores[i].total);
		say_minute(a.stores[i].last);
		buffer_text_add(&said, a.stores[i].silent ? " silent" : "");
	}
	for (int i = 0; i < a.window_count; i++) {
		const struct store_window *w = &a.windows[i];
		buffer_char(&said, '\n');
		say_minute(w->start);
		buffer_text_add(&said, "..");
		say_minute(w->end);
		buffer_format(&said, " %s %lld%s", a.stores[w->store].id ? a.stores[w->store].id : "~", (long long)w->count, w->partial ? " partial" : "");
	}
	answer_done(&a.base);
	return buffer_text(&said);
}

/* ---- lookup ---- */

static void test_lookup_as_of(void **state)
{
	(void)state;
	transaction(0, "+customer 7|Ana|S1|~|~|~", "+product 1|7|loan", "+product 2|7|card", NULL);
	transaction(10, "=customer 7|Ana|S1|~|~|~ > 7|Anna|S2|~|~|~", "-product 1|7|loan", NULL);
	transaction(20, "-customer 7|Anna|S2|~|~|~", NULL);
	assert_string_equal(looked_up("7", AT(-1)), "yes died never");
	assert_string_equal(looked_up("7", AT(0)), "yes 7|Ana|S1|~|~|~\n1|7|loan\n2|7|card");
	assert_string_equal(looked_up("7", AT(10) - 1), "yes 7|Ana|S1|~|~|~\n1|7|loan\n2|7|card");
	assert_string_equal(looked_up("7", AT(10)), "yes 7|Anna|S2|~|~|~\n2|7|card");
	assert_string_equal(looked_up("7", AT(20)), "yes died 20");
	assert_string_equal(looked_up("7", TIME_NONE), "yes died 20");
	assert_string_equal(looked_up("8", TIME_NONE), "yes died never");
	assert_string_equal(looked_up("8", AT(61)), "future died never");
}

static void test_lookup_leading_zeros(void **state)
{
	(void)state;
	transaction(0, "+customer 007|Ana|S1|~|~|~", "+customer 8|Bo|S1|~|~|~", "+customer 008|Cy|S1|~|~|~", NULL);
	assert_string_equal(looked_up("7", TIME_NONE), "yes 007|Ana|S1|~|~|~");
	assert_string_equal(looked_up(" 0007 ", TIME_NONE), "yes 007|Ana|S1|~|~|~");
	assert_string_equal(looked_up("8", TIME_NONE), "yes 8|Bo|S1|~|~|~");
	assert_string_equal(looked_up("08", TIME_NONE), "yes died never 8 008");
}

static void test_versions_of_no_length_are_not_looked_up(void **state)
{
	(void)state;
	transaction(5, "+customer 7|A|S1|~|~|~", "=customer 7|A|S1|~|~|~ > 7|B|S1|~|~|~", "=customer 7|B|S1|~|~|~ > 7|C|S1|~|~|~", NULL);
	assert_string_equal(looked_up("7", AT(5)), "yes 7|C|S1|~|~|~");
	assert_string_equal(history_of("7", AT(5), AT(6)), "customer 7 v3 5..on update/- name\ncustomer 7 v2 5..5 update/update name\n"
	                                                   "customer 7 v1 5..5 insert/update");
	assert_string_equal(history_of("7", AT(6), TIME_NONE), "customer 7 v3 5..on update/- name");
}

/* A console opens the replica before the source has said which columns the bank has. */
static void test_absent_columns_are_told_to_who_looks_already(void **state)
{
	bool present[] = {true, true, true, false, true, true};
	(void)state;
	transaction(0, "+customer 7|Ana|S1|~|~|~", NULL);
	assert_string_equal(looked_up("7", TIME_NONE), "yes 7|Ana|S1|~|~|~");
	sure(replica_set_columns(replica, CUSTOMER, present, &err));
	assert_string_equal(looked_up("7", TIME_NONE), "yes 7|Ana|S1|?|~|~");
	present[3] = true;
	sure(replica_set_columns(replica, CUSTOMER, present, &err));
	assert_string_equal(looked_up("7", TIME_NONE), "yes 7|Ana|S1|~|~|~");
}

/* A key of several columns keeps numbers that no integer holds. */
static void test_composite_keys_hold_what_is_no_integer(void **state)
{
	(void)state;
	transaction(0, "+customer 7|Ana|~|~|~|~", "+seat A\"1|18446744073709551615|7", "+seat A\"1|5|7", NULL);
	transaction(1, "=seat A\"1|18446744073709551615|7 > A\"1|18446744073709551615|8", NULL);
	assert_string_equal(history_of("7", TIME_NONE, TIME_NONE),
	                    "customer 7 v1 0..on insert/-\nseat [\"A\\\"1\",\"18446744073709551615\"] v1 0..1 insert/update >8\n"
	                    "seat [\"A\\\"1\",\"5\"] v1 0..on insert/-");
	assert_string_equal(history_of("8", TIME_NONE, TIME_NONE), "seat [\"A\\\"1\",\"18446744073709551615\"] v2 1..on update/- <7 cif");
}

/* ---- history ---- */

static void test_history_of_a_row_that_changed_hands(void **state)
{
	(void)state;
	transaction(0, "+customer 7|Ana|~|~|~|~", "+customer 8|Bo|~|~|~|~", "+product 1|7|loan", NULL);
	transaction(1, "=product 1|7|loan > 1|8|loan", NULL);
	transaction(2, "=product 1|8|loan > 1|7|loan", NULL);
	assert_string_equal(history_of("8", TIME_NONE, TIME_NONE), "product 1 v2 1..2 update/update <7 >7 cif\ncustomer 8 v1 0..on insert/-");
	assert_string_equal(history_of("7", TIME_NONE, TIME_NONE), "product 1 v3 2..on update/- <8 cif\ncustomer 7 v1 0..on insert/-\n"
	                                                           "product 1 v1 0..1 insert/update >8");
}

static void test_history_of_swapped_keys(void **state)
{
	(void)state;
	transaction(0, "+customer 1|Ana|~|~|~|~", "+customer 2|Bo|~|~|~|~", NULL);
	transaction(1, "=customer 1|Ana|~|~|~|~ > 2|Ana|~|~|~|~", "=customer 2|Bo|~|~|~|~ > 1|Bo|~|~|~|~", NULL);
	assert_string_equal(looked_up("1", TIME_NONE), "yes 1|Bo|~|~|~|~");
	assert_string_equal(looked_up("2", TIME_NONE), "yes 2|Ana|~|~|~|~");
	assert_string_equal(history_of("1", TIME_NONE, TIME_NONE), "customer 1 v2 1..on key_change/- <2\ncustomer 1 v1 0..1 insert/key_change >2");
}

static void test_history_through_a_column_of_the_customer(void **state)
{
	(void)state;
	transaction(0, "+address 1|High Street", "+address 2|Low Road", "+customer 7|Ana|~|~|1|~", NULL);
	transaction(1, "=address 2|Low Road > 2|Low Lane", NULL);
	transaction(2, "=customer 7|Ana|~|~|1|~ > 7|Ana|~|~|2|~", NULL);
	transaction(3, "=address 1|High Street > 1|Hill", "=address 2|Low Lane > 2|Low Way", NULL);
	assert_string_equal(history_of("7", TIME_NONE, TIME_NONE),
	                    "address 2 v3 3..on update/- street\ncustomer 7 v2 2..on update/- address_id\naddress 2 v2 2..3 update/update street\n"
	                    "customer 7 v1 0..2 insert/update\naddress 1 v1 0..2 insert/update");
	assert_string_equal(looked_up("7", AT(1)), "yes 7|Ana|~|~|1|~\n1|High Street");
	assert_string_equal(looked_up("7", AT(2)), "yes 7|Ana|~|~|2|~\n2|Low Lane");
}

/* ---- the newest of a long history ---- */

enum { PRODUCTS = 4, OWNERS = 3 };

/* Products that are added, changed, deleted and change hands, customers that change and move house. */
static void random_life(unsigned seed)
{
	char line[128], was[PRODUCTS][32] = {{0}};
	srand(seed);
	transaction(0, "+address 1|A0", "+address 2|B0", "+customer 7|N0|~|~|1|~", "+customer 8|N0|~|~|2|~", NULL);
	for (int minute = 1; minute < 50; minute++) {
		int product = rand() % PRODUCTS, what = rand() % 6;
		if (what == 0 && was[product][0]) {
			snprintf(line, sizeof line, "-product %s", was[product]);
			was[product][0] = 0;
		} else if (what == 1) {
			snprintf(line, sizeof line, "*customer %d|N%d|~|~|%d|~", 7 + rand() % 2, minute, 1 + rand() % 2);
		} else if (what == 2) {
			snprintf(line, sizeof line, "*address %d|S%d", 1 + rand() % 2, minute);
		} else {
			char is[32];
			snprintf(is, sizeof is, "%d|%d|K%d", product + 1, 7 + rand() % OWNERS, minute);
			if (was[product][0])
				snprintf(line, sizeof line, "=product %s > %s", was[product], is);
			else
				snprintf(line, sizeof line, "+product %s", is);
			snprintf(was[product], sizeof was[product], "%s", is);
		}
		transaction(minute - minute % 3, line, NULL); /* three of them at one moment */
	}
}

static bool happened_after(const struct version *v, int64_t reach)
{
	return reach == TIME_NONE || v->valid_from > reach || (!v->is_current && v->valid_to > reach);
}

static void same_text(const char *a, const char *b)
{
	assert_string_equal(a ? a : "(none)", b ? b : "(none)");
}

static void same_row(int entity, const struct value *a, const struct value *b)
{
	assert_true(!a == !b);
	for (int i = 0; a && i < model->entities[entity].column_count; i++)
		assert_true(value_equal(a[i], b[i]));
}

/* One that is clipped may seem to begin later or to end earlier, but not within what is told. */
static bool same_version(const struct version *a, const struct version *f, int64_t told, int64_t to)
{
	return a->entity == f->entity && a->version == f->version && strcmp(a->key, f->key) == 0 &&
	       (a->valid_from == f->valid_from || (a->valid_from <= told && f->valid_from <= told)) &&
	       (a->valid_to == f->valid_to || (to != TIME_NONE && a->valid_to >= to && f->valid_to >= to));
}

/* What a limited answer holds is what the whole one holds after its reach, told the same way. What began before it tells
 * of its end alone: among those the order is that of beginnings which are not told. */
static void compare_newest(const struct history_request *r)
{
	struct history_answer few = {0}, all = {0};
	struct history_request whole = *r;
	whole.limit = 0;
	sure(query_history(asked(), r, &few, &err) && query_history(asked(), &whole, &all, &err));
	assert_true(all.reach == TIME_NONE);
	/* What happened before the period is not told either, however it seems. */
	int64_t told = few.reach < r->from ? r->from - 1 : few.reach;
	int last = -1, wanted = 0, had = 0;
	for (int i = 0; i < few.count; i++)
		had += happened_after(&few.versions[i], told);
	for (int i = 0; i < all.count; i++) {
		const struct version *a = &all.versions[i];
		if (!happened_after(a, told))
			continue;
		int at = a->valid_from > told ? last + 1 : 0;
		while (at < few.count && !same_version(a, &few.versions[at], told, r->to))
			at++;
		assert_true(at < few.count);
		const struct version *f = &few.versions[at];
		wanted++;
		same_row(a->entity, a->values, f->values);
		if (a->valid_from > told) {
			last = at;
			same_row(a->entity, a->previous, f->previous);
			same_text(a->moved_from, f->moved_from);
		}
		if (r->to == TIME_NONE || a->valid_to < r->to)
			same_text(a->moved_to, f->moved_to);
	}
	assert_int_equal(had, wanted);
	assert_true(few.reach == TIME_NONE || few.count > 0);
	answer_done(&few.base);
	answer_done(&all.base);
}

static void test_the_newest_of_a_history_are_those_of_the_whole(void **state)
{
	(void)state;
	random_life(11);
	bool cut = false;
	for (int limit = 1; limit < 30; limit += 2)
		for (int cif = 7; cif < 10; cif++)
			for (int minute = -1; minute < 50; minute += 7) {
				char text[8];
				snprintf(text, sizeof text, "%d", cif);
				struct history_request r = {.cif = text, .entity = -1, .from = TIME_NONE, .limit = limit};
				r.to = minute < 0 ? TIME_NONE : AT(minute);
				compare_newest(&r);
				r.from = minute < 0 ? TIME_NONE : AT(minute - 10);
				compare_newest(&r);
				struct history_answer a = {0};
				sure(query_history(asked(), &r, &a, &err));
				cut |= a.reach != TIME_NONE;
				answer_done(&a.base);
			}
	assert_true(cut);
}

/* ---- stores ---- */

/* A customer of a store, registered at seconds after noon. */
static void registered(const char *cif, const char *store, int second)
{
	char line[160];
	struct civil c;
	zone_civil(model->zone, NOON + second * SECOND, &c);
	snprintf(line, sizeof line, "+customer %s|N|%s|~|~|%04d-%02d-%02d %02d:%02d:%02d", cif, store, c.year, c.month, c.day, c.hour, c.minute, c.second);
	transaction(0, line, NULL);
}

static void test_windows_are_half_open(void **state)
{
	(void)state;
	registered("1", "S1", 0);
	registered("2", "S1", 299);
	registered("3", "S1", 300);
	registered("4", "S2", 599);
	complete_to(9);
	assert_string_equal(counted(&(struct counting_by){.from = AT(0), .to = AT(10), .now = AT(9)}),
	                    "S1 3 last 5\nS2 1 last 599s\n0..5 S1 2\n5..10 S1 1 partial\n5..10 S2 1 partial");
	assert_string_equal(counted(&(struct counting_by){.from = AT(0) + 1, .to = AT(10), .now = AT(9)}),
	                    "S1 2 last 5\nS2 1 last 599s\n5..10 S1 1 partial\n5..10 S2 1 partial");
}

static void test_hopping_windows(void **state)
{
	(void)state;
	registered("1", "S1", 7);
	complete_to(9);
	assert_string_equal(counted(&(struct counting_by){.window = "15s", .slide = "5s", .from = AT(0) - 20 * SECOND, .to = AT(1), .now = AT(9)}),
	                    "S1 1 last 7s\n-5s..10s S1 1\n0..15s S1 1\n5s..20s S1 1");
	assert_string_equal(counted(&(struct counting_by){.window = "1h", .slide = "30m", .from = AT(-60), .to = AT(60), .now = AT(9)}),
	                    "S1 1 last 7s\n-30..30 S1 1 partial\n0..60 S1 1 partial");
	assert_string_equal(counted(&(struct counting_by){.window = "15s", .slide = "10s"}), "refused");
	assert_string_equal(counted(&(struct counting_by){.window = "1w", .slide = "1d"}), "refused");
}

/* 2026-03-08 has 23 hours in New York, 2026-11-01 has 25. */
static void test_days_of_a_zone_with_summer_time(void **state)
{
	int spring = (int)((INT64_C(1772946000000000) - NOON) / SECOND); /* 2026-03-08 00:00 EST */
	(void)state;
	registered("1", "S1", spring);
	registered("2", "S1", spring + 23 * 3600 - 1);
	registered("3", "S1", spring + 23 * 3600);
	int64_t from = NOON + spring * SECOND;
	struct stores_answer a = {0};
	struct stores_request r = {.window = {.micro = DAY, .days = 1}, .from = from, .to = from + 3 * DAY, .now = TIME_NONE};
	sure(query_stores(asked(), &r, &a, &err));
	assert_int_equal(a.window_count, 2);
	assert_true(a.windows[0].start == from && a.windows[0].end == from + 23 * HOUR && a.windows[0].count == 2);
	assert_true(a.windows[1].end == from + 47 * HOUR && a.windows[1].count == 1);
	r.window = (struct duration){.months = 1};
	r.from = from - 7 * DAY;
	sure(query_stores(asked(), &r, &a, &err));
	assert_int_equal(a.window_count, 1);
	assert_true(a.windows[0].count == 3 && a.windows[0].end - a.windows[0].start == 31 * DAY - HOUR);
	/* In a zone the sums are not kept in, the same registrations fall into other days. */
	r.window = (struct duration){.micro = DAY, .days = 1};
	r.zone = zone_get("Asia/Kathmandu", &err);
	r.from = from - 2 * DAY;
	sure(query_stores(asked(), &r, &a, &err));
	assert_int_equal(a.window_count, 2);
	assert_true((a.windows[0].start + 5 * HOUR + 45 * MINUTE) % DAY == 0 && a.windows[0].count == 1 && a.windows[1].count == 2);
	answer_done(&a.base);
}

/* A store is silent by what it did before the data ends, whatever period is looked at. */
static void test_silence_does_not_depend_on_the_period(void **state)
{
	(void)state;
	registered("1", "S1", -3600);
	registered("2", "S2", 50 * 60);
	registered("3", "S3", -3600);
	registered("4", "S3", 500 * 60); /* a typo, hours ahead */
	complete_to(60);
	assert_string_equal(counted(&(struct counting_by){.window = "1h", .from = AT(0), .to = AT(60), .now = AT(59)}),
	                    "S1 0 last -60 silent\nS2 1 last 50\nS3 0 last -60 silent\n0..60 S2 1");
	assert_string_equal(counted(&(struct counting_by){.window = "1h", .from = AT(-120), .to = AT(0), .now = AT(59)}),
	                    "S1 1 last -60 silent\nS2 0 last never\nS3 1 last -60 silent\n-60..0 S1 1\n-60..0 S3 1");
	assert_string_equal(counted(&(struct counting_by){.window = "1h", .from = AT(480), .to = AT(540), .now = AT(59)}),
	                    "S1 0 last -60 silent\nS2 0 last 50\nS3 1 last 500 silent\n480..540 S3 1 partial");
}

static void test_unknown_and_named_stores(void **state)
{
	(void)state;
	transaction(0, "+shop S9|Quiet", "+customer 1|N|~|~|~|2026-01-05 07:00", NULL);
	registered("2", "S1", 60);
	complete_to(2);
	assert_string_equal(counted(&(struct counting_by){.from = AT(0), .to = AT(5), .now = AT(2)}),
	                    "S1 1 last 1\nS9 0 last never\n~ 1 last 0\n0..5 S1 1 partial\n0..5 ~ 1 partial");
	assert_string_equal(counted(&(struct counting_by){.from = AT(0), .to = AT(5), .now = AT(2), .store = ""}),
	                    "~ 1 last 0\n0..5 ~ 1 partial");
	/* Twelve windows, the running one the last. */
	struct stores_answer a = {0};
	struct stores_request r = {.from = TIME_NONE, .to = TIME_NONE, .now = AT(2)};
	sure(query_stores(asked(), &r, &a, &err));
	assert_true(a.from == AT(-55) && a.to == AT(5));
	answer_done(&a.base);
}

/* Windows of a day that begin every five seconds cost by what they begin with, not by what they hold. */
static void test_long_windows_with_short_slides(void **state)
{
	(void)state;
	registered("1", "S1", 0);
	complete_to(60);
	struct stores_answer a = {0};
	struct stores_request r = {.window = {.micro = DAY}, .slide = {.micro = 5 * SECOND}, .from = AT(-2 * 24 * 60), .to = AT(60), .now = AT(60)};
	int64_t began = clock_mono();
	sure(query_stores(asked(), &r, &a, &err));
	assert_true(clock_mono() - began < 5 * SECOND);
	assert_int_equal(a.window_count, 17280);
	assert_true(a.windows[0].start == NOON - DAY + 5 * SECOND && a.windows[17279].start == NOON);
	r.from = AT(-600 * 24 * 60);
	assert_false(query_stores(asked(), &r, &a, &err));
	assert_int_equal(err.code, ERROR_USAGE);
	answer_done(&a.base);
}

/* A registration that made place for another keeps its customer's number. */
static void test_registrations_of_a_store(void **state)
{
	(void)state;
	registered("1", "S1", 0);
	registered("2", "S1", 60);
	registered("3", "S2", 120);
	transaction(1, "-customer 2|N|S1|~|~|2026-01-05 07:01", NULL);
	transaction(2, "=customer 1|N|S1|~|~|2026-01-05 07:00 > 2|N|S1|~|~|2026-01-05 07:00", NULL);
	struct registrations_answer a = {0};
	sure(query_registrations(asked(), "S1", TIME_NONE, TIME_NONE, 10, &a, &err));
	assert_int_equal(a.count, 2);
	assert_true(a.list[0].at == AT(1) && a.list[1].at == AT(0));
	assert_string_equal(a.list[0].cif, "2");
	assert_string_equal(a.list[1].cif, "2");
	assert_int_equal(a.total, 2);
	sure(query_registrations(asked(), "S1", TIME_NONE, TIME_NONE, 1, &a, &err));
	assert_int_equal(a.count, 1);
	assert_int_equal(a.total, 2);
	sure(query_registrations(asked(), "S1", AT(1), TIME_NONE, 10, &a, &err));
	assert_int_equal(a.count, 1);
	assert_int_equal(a.total, 1);
	sure(query_registrations(asked(), "", TIME_NONE, TIME_NONE, 10, &a, &err));
	assert_int_equal(a.count, 0);
	answer_done(&a.base);
}

/* What is asked at every commit: slots of some seconds from the events, of minutes from the counts, and how many there are in all. */
static void test_recent_registrations(void **state)
{
	(void)state;
	struct recent_answer a = {0};
	sure(query_recent(asked(), &(struct recent_request){AT(0), AT(10), MINUTE}, &a, &err));
	assert_int_equal(a.count, 0);
	assert_int_equal(a.registered, 0);
	registered("1", "S1", 0);
	registered("2", "S1", 4);
	registered("3", "S1", 65);
	registered("4", "S2", 65);
	registered("5", "~", 7);
	registered("6", "S1", -3600);
	sure(query_recent(asked(), &(struct recent_request){AT(0), AT(1), 5 * SECOND}, &a, &err));
	assert_int_equal(a.registered, 6);
	assert_int_equal(a.count, 2);
	assert_true(!a.slots[0].store && a.slots[0].start == AT(0) + 5 * SECOND && a.slots[0].count == 1);
	assert_string_equal(a.slots[1].store, "S1");
	assert_true(a.slots[1].start == AT(0) && a.slots[1].count == 2);
	sure(query_recent(asked(), &(struct recent_request){AT(0), AT(10), MINUTE}, &a, &err));
	assert_int_equal(a.count, 4);
	assert_true(a.slots[2].start == AT(1) && a.slots[2].count == 1);
	assert_string_equal(a.slots[3].store, "S2");
	answer_done(&a.base);
}

/* Between hold and release every answer is of one state, whatever is committed meanwhile. */
static void test_held_questions_see_one_state(void **state)
{
	(void)state;
	struct recent_answer a = {0};
	struct stores_answer b = {0};
	const struct recent_request all = {AT(0), AT(10), MINUTE};
	const struct stores_request r = {.from = AT(0), .to = AT(10), .now = AT(9)};
	registered("1", "S1", 0);
	sure(query_hold(asked(), &err));
	sure(query_recent(asked(), &all, &a, &err));
	registered("2", "S2", 1);
	sure(query_stores(asked(), &r, &b, &err));
	assert_int_equal(b.store_count, 1);
	assert_int_equal(b.registered, 1);
	sure(query_recent(asked(), &all, &a, &err));
	assert_int_equal(a.registered, 1);
	query_release(asked());
	sure(query_recent(asked(), &all, &a, &err));
	assert_int_equal(a.registered, 2);
	answer_done(&a.base);
	answer_done(&b.base);
}

/* From when on anything is known of registrations. */
static void test_the_first_registration_of_all(void **state)
{
	(void)state;
	struct stores_answer a = {0};
	const struct stores_request r = {.from = AT(0), .to = AT(10), .now = AT(9)};
	sure(query_stores(asked(), &r, &a, &err));
	assert_true(a.first == TIME_NONE && a.registered == 0 && a.gap_count == 0);
	registered("1", "S1", 130);
	registered("2", "S1", -7201);
	sure(query_stores(asked(), &r, &a, &err));
	assert_true(a.first == AT(-121) && a.registered == 2);
	answer_done(&a.base);
}

/* ---- search ---- */

static void search_all(void)
{
	assert_string_equal(found_by("ana", 10), "2: 2/name 1/name");
	assert_string_equal(found_by("LIM an", 10), "1: 1/name");
	assert_string_equal(found_by("ana xu", 10), "0:");
	assert_string_equal(found_by("a", 1), "2: 2/name ...");
	assert_string_equal(found_by("555 12", 10), "1: 3/phone");
	assert_string_equal(found_by("3", 10), "1: 3/cif");
}

static void test_search_words_values_and_numbers(void **state)
{
	(void)state;
	transaction(0, "+customer 1|Ana Lima|~|~|~|~", "+customer 2|\xc3\x81na|~|~|~|~", "+customer 3|Bo|~|55-512|~|~", NULL);
	search_all();
	index_names();
	search_all();
	transaction(1, "=customer 1|Ana Lima|~|~|~|~ > 1|Bo Lima|~|~|~|~", "=customer 3|Bo|~|55-512|~|~ > 3|Ana|~|~|~|~", NULL);
	for (int indexed = 0; indexed < 2; indexed++) {
		assert_string_equal(found_by("ana", 10), "2: 2/name 3/name");
		assert_string_equal(found_by("lima", 10), "1: 1/name");
		assert_string_equal(found_by("55512", 10), "0:");
		index_names();
	}
	transaction(2, "-customer 1|Bo Lima|~|~|~|~", NULL);
	assert_string_equal(found_by("lima", 10), "0:");
	index_names();
	assert_string_equal(found_by("lima", 10), "0:");
}

/* Every word asked for must be there, the ninth too. */
static void test_search_for_many_words(void **state)
{
	(void)state;
	transaction(0, "+customer 1|a b c d e f g h|~|~|~|~", "+customer 2|a b c d e f g h i|~|~|~|~", NULL);
	assert_string_equal(found_by("a b c d e f g h i", 10), "1: 2/name");
	index_names();
	assert_string_equal(found_by("a b c d e f g h i", 10), "1: 2/name");
}

/* A name without end costs what a long name costs. */
static void test_search_of_a_name_without_end(void **state)
{
	struct buffer line = {0};
	(void)state;
	buffer_text_add(&line, "+customer 1|Endless");
	for (int i = 0; i < 40000; i++)
		buffer_format(&line, " w%d", i);
	buffer_text_add(&line, "|~|~|~|~");
	transaction(0, buffer_text(&line), "+customer 2|Endless|~|~|~|~", NULL);
	int64_t began = clock_mono();
	assert_string_equal(found_by("w7 endless", 10), "1: 1/name");
	index_names();
	assert_string_equal(found_by("w7 endless", 10), "1: 1/name");
	assert_string_equal(found_by("endless", 10), "2: 2/name 1/name");
	assert_true(clock_mono() - began < 5 * SECOND);
	buffer_done(&line);
}

static void add_many(int from, int to, const char *name, const char *phone)
{
	struct arena a = {0};
	struct apply_times t = {AT(0), NULL, AT(0)};
	sure(apply_begin(apply, &t, &err));
	for (int i = from; i < to; i++) {
		put(arena_format(&a, "+customer %05d|%s|~|%s|~|~", i, name, phone), &a);
		arena_reset(&a);
	}
	sure(apply_end(apply, "1", &err) && replica_commit(replica, &err));
	arena_done(&a);
}

/* Totals are exact up to 10,000. */
static void test_search_totals(void **state)
{
	(void)state;
	add_many(0, 1500, "Zed", "550800");
	add_many(1500, 10000, "Zoe", "~");
	transaction(0, "+customer 99999|Aaron|~|550800|~|~", NULL);
	assert_string_equal(found_by("z", 1), "10000: 00000/name ...");
	index_names();
	assert_string_equal(found_by("z", 1), "10000: 00000/name ...");
	assert_string_equal(found_by("550800", 1), "1501: 99999/phone ...");
	add_many(10000, 10001, "Zoe", "~");
	assert_string_equal(found_by("z", 1), "10000+: 00000/name ...");
	index_names();
	assert_string_equal(found_by("z", 1), "10000+: 00000/name ...");
}

static void test_search_tells_how_much_is_indexed(void **state)
{
	(void)state;
	add_many(0, 20000, "Zed", "~");
	index_names();
	add_many(20000, 80000, "Zed", "~");
	struct search_answer a = {0};
	sure(query_search(asked(), "zed", 10, &a, &err));
	assert_int_equal(a.indexing, 24);
	answer_done(&a.base);
}

/* ---- search against looking at every name ---- */

#define PEOPLE 60

static char people[PEOPLE][24]; /* "" where nobody has the number */
static unsigned dice_state;

static int dice(int n)
{
	dice_state = dice_state * 1103515245u + 12345u;
	return (int)((dice_state >> 16) % (unsigned)n);
}

static bool has_word(const char *name, const char *prefix)
{
	for (const char *p = name; p; p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL)
		if (strncmp(p, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static void somebody_changes(void)
{
	static const char *const words[] = {"ana", "anna", "an", "bo", "bob", "li", "lima", "lim"};
	char name[24], line[128];
	int i = dice(PEOPLE);
	snprintf(name, sizeof name, "%s %s", words[dice(8)], words[dice(8)]);
	if (!*people[i])
		snprintf(line, sizeof line, "+customer c%02d|%s|~|~|~|~", i, name);
	else if (dice(4))
		snprintf(line, sizeof line, "=customer c%02d|%s|~|~|~|~ > c%02d|%s|~|~|~|~", i, people[i], i, name);
	else
		snprintf(line, sizeof line, "-customer c%02d|%s|~|~|~|~", i, people[i]);
	snprintf(people[i], sizeof people[i], "%s", *line == '-' ? "" : name);
	transaction(0, line, NULL);
}

/* The same as found_by says it: by name, then number. */
static const char *looked_for(const char *first, const char *second)
{
	static char line[PEOPLE * 16];
	bool told[PEOPLE] = {false};
	int total = 0, used = 0;
	char hits[PEOPLE * 12] = "";
	for (int best;; total++) {
		best = -1;
		for (int i = 0; i < PEOPLE; i++)
			if (*people[i] && !told[i] && has_word(people[i], first) && has_word(people[i], second) && (best < 0 || strcmp(people[i], people[best]) < 0))
				best = i;
		if (best < 0)
			break;
		told[best] = true;
		used += snprintf(hits + used, sizeof hits - (size_t)used, " c%02d/name", best);
	}
	snprintf(line, sizeof line, "%d:%s", total, hits);
	return line;
}

static void test_search_finds_what_looking_finds(void **state)
{
	static const char *const prefixes[] = {"a", "an", "ana", "anna", "b", "bo", "bob", "l", "li", "lim", "lima"};
	(void)state;
	memset(people, 0, sizeof people);
	dice_state = 7;
	for (int round = 0; round < 400; round++) {
		char text[32];
		const char *first = prefixes[dice(11)], *second = prefixes[dice(11)];
		bool more;
		somebody_changes();
		/* A step of the build or of following now and then, so that questions meet each state of the index. */
		if (round > 50 && dice(2))
			sure(search_follow(replica, 3, &more, &err));
		snprintf(text, sizeof text, "%s %s", first, second);
		assert_string_equal(found_by(text, 100), looked_for(first, second));
		assert_string_equal(found_by(first, 100), looked_for(first, first));
	}
}

/* ---- export ---- */

static bool collect(void *ctx, const struct export_row *row)
{
	(void)ctx;
	for (int i = 0; i < 4; i++) {
		buffer_char(&said, i ? '|' : ' ');
		say_value(CUSTOMER, i, row->values[i], &said);
	}
	return true;
}

static const char *exported(int64_t as_of)
{
	buffer_clear(&said);
	sure(query_export(asked(), CUSTOMER, as_of, collect, NULL, &err));
	return buffer_text(&said);
}

/* The customer, how many products, and the kind of the one opened last. */
static bool collect_flat(void *ctx, const struct export_row *row)
{
	(void)ctx;
	say_row(CUSTOMER, row->values);
	buffer_char(&said, ' ');
	say_value(PRODUCT, 0, row->values[6], &said);
	buffer_char(&said, ' ');
	say_value(PRODUCT, 2, row->values[9], &said);
	return true;
}

static const char *flat(void)
{
	buffer_clear(&said);
	sure(query_export_flat(asked(), TIME_NONE, collect_flat, NULL, &err));
	return buffer_text(&said);
}

static void test_export_as_of(void **state)
{
	(void)state;
	transaction(0, "+customer 2|B|~|~|~|~", "+customer 1|A|~|~|~|~", NULL);
	transaction(1, "=customer 2|B|~|~|~|~ > 2|C|~|~|~|~", NULL);
	transaction(2, "-customer 1|A|~|~|~|~", NULL);
	assert_string_equal(exported(AT(0)), " 1|A|~|~ 2|B|~|~");
	assert_string_equal(exported(AT(1)), " 1|A|~|~ 2|C|~|~");
	assert_string_equal(exported(TIME_NONE), " 2|C|~|~");
}

/* ---- gaps and copies ---- */

static void copy_table(int entity, const char *const *rows, int count)
{
	struct arena a = {0};
	const struct value **list = arena_zero(&a, (size_t)count + 1, sizeof *list);
	struct copy_counts counts;
	for (int i = 0; i < count; i++)
		list[i] = row_of(entity, rows[i], strlen(rows[i]), &a);
	struct copy_chunk chunk = {entity, count, list, true, copy_epoch(replica, entity)};
	sure(copy_chunk(replica, &chunk, &err) && copy_finish(replica, entity, &counts, &err) && replica_commit(replica, &err));
	arena_done(&a);
}

static void begin_copy(int minute, bool resync, const char *gap)
{
	struct copy_start start = {-1, resync, true, "1", AT(minute), gap};
	sure(copy_begin(replica, &start, &err) && replica_commit(replica, &err));
}

static void copy_all(const char *const *rows, int count)
{
	copy_table(CUSTOMER, rows, count);
	for (int i = PRODUCT; i <= SHOP; i++)
		copy_table(i, NULL, 0);
}

static void test_before_a_snapshot_and_in_a_gap(void **state)
{
	const char *then[] = {"1|Ana|~|~|~|~", "2|Bo|~|~|~|~"}, *now[] = {"1|Anna|~|~|~|~", "3|Cy|~|~|~|~"};
	(void)state;
	begin_copy(0, false, NULL);
	assert_string_equal(looked_up("1", TIME_NONE), "snapshot died never");
	copy_all(then, 2);
	complete_to(5);
	begin_copy(10, true, "purged");
	copy_all(now, 2);
	assert_string_equal(looked_up("1", AT(0) - 1), "before_snapshot died never");
	assert_string_equal(looked_up("1", AT(0)), "yes 1|Ana|~|~|~|~");
	assert_string_equal(looked_up("1", AT(5)), "gap 1|Ana|~|~|~|~");
	assert_string_equal(looked_up("1", AT(10)), "yes 1|Anna|~|~|~|~");
	assert_string_equal(looked_up("2", AT(10)), "yes died 10");
	assert_string_equal(history_of("1", TIME_NONE, TIME_NONE), "customer 1 v2 10..on resync/- name\ncustomer 1 v1 0..10 snapshot/resync");
}

/* Nobody knows what stood in a table whose first copy never came to its end. */
static void test_a_first_copy_that_was_cut_off_knows_nothing(void **state)
{
	const char *now[] = {"1|Ana|~|~|~|~"};
	(void)state;
	begin_copy(0, false, NULL);
	begin_copy(10, true, "purged");
	copy_all(now, 1);
	assert_string_equal(looked_up("1", AT(5)), "before_snapshot died never");
	assert_string_equal(looked_up("1", AT(10)), "yes 1|Ana|~|~|~|~");
}

/* What a resync did not come to is known from the next one on: its gap ends there. */
static void test_a_resync_that_was_cut_off_leaves_a_longer_gap(void **state)
{
	const char *then[] = {"1|Ana|~|~|~|~"}, *now[] = {"1|Anna|~|~|~|~"};
	(void)state;
	begin_copy(0, false, NULL);
	copy_all(then, 1);
	complete_to(5);
	begin_copy(10, true, "purged");
	begin_copy(20, true, NULL);
	copy_all(now, 1);
	assert_string_equal(looked_up("1", AT(15)), "gap 1|Ana|~|~|~|~");
	assert_string_equal(looked_up("1", AT(20)), "yes 1|Anna|~|~|~|~");
}

/* While a table has no index on the CIF yet, nothing walks it from end to end. */
static void test_details_under_a_first_copy(void **state)
{
	const char *rows[] = {"1|Ana|~|~|~|~"};
	(void)state;
	query_close(query);
	apply_free(apply);
	replica_close(replica);
	model_free(model);
	unlink(path);
	open_replica(true);
	begin_copy(0, false, NULL);
	copy_table(CUSTOMER, rows, 1);
	transaction(1, "+product 1|1|loan", NULL);
	assert_string_equal(looked_up("1", TIME_NONE), "yes 1|Ana|~|~|~|~");
	assert_string_equal(history_of("1", TIME_NONE, TIME_NONE), "customer 1 v1 0..on snapshot/-");
	assert_string_equal(flat(), "1|Ana|~|~|~|~ ~ ~");
	copy_table(PRODUCT, NULL, 0);
	assert_string_equal(looked_up("1", TIME_NONE), "yes 1|Ana|~|~|~|~\n1|1|loan");
	assert_string_equal(flat(), "1|Ana|~|~|~|~ 1 loan");
}

/* ---- transactions that SQLite gave up by itself ---- */

static void undo_behind(void)
{
	assert_int_equal(sqlite3_exec(replica_db(replica), "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
}

static int64_t number(const char *sql)
{
	sqlite3_stmt *s = NULL;
	assert_int_equal(sqlite3_prepare_v2(replica_db(replica), sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* A full disk rolls back on its own: what is left of the transaction must not be committed piece by piece. */
static void test_nothing_is_left_of_a_transaction_that_was_undone(void **state)
{
	struct arena a = {0};
	struct apply_times t = {AT(0), NULL, AT(0)};
	(void)state;
	sure(apply_begin(apply, &t, &err));
	put("+customer 1|Ana|S1|~|~|2026-01-05 07:00", &a);
	sure(apply_end(apply, "1", &err));
	undo_behind();
	assert_false(replica_commit(replica, &err));
	replica_rollback(replica);
	apply_reset(apply);
	assert_int_equal(number("SELECT count(*) FROM td_registrations_counts"), 0);
	error_clear(&err);
	transaction(0, "+customer 1|Ana|S1|~|~|2026-01-05 07:00", NULL);
	assert_int_equal(number("SELECT n FROM td_registrations_counts WHERE grain = 0"), 1);
	arena_done(&a);
}

#define QUERY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		QUERY_TEST(test_lookup_as_of),
		QUERY_TEST(test_lookup_leading_zeros),
		QUERY_TEST(test_versions_of_no_length_are_not_looked_up),
		QUERY_TEST(test_absent_columns_are_told_to_who_looks_already),
		QUERY_TEST(test_composite_keys_hold_what_is_no_integer),
		QUERY_TEST(test_history_of_a_row_that_changed_hands),
		QUERY_TEST(test_history_of_swapped_keys),
		QUERY_TEST(test_history_through_a_column_of_the_customer),
		QUERY_TEST(test_the_newest_of_a_history_are_those_of_the_whole),
		QUERY_TEST(test_windows_are_half_open),
		QUERY_TEST(test_hopping_windows),
		QUERY_TEST(test_days_of_a_zone_with_summer_time),
		QUERY_TEST(test_silence_does_not_depend_on_the_period),
		QUERY_TEST(test_unknown_and_named_stores),
		QUERY_TEST(test_long_windows_with_short_slides),
		QUERY_TEST(test_registrations_of_a_store),
		QUERY_TEST(test_recent_registrations),
		QUERY_TEST(test_held_questions_see_one_state),
		QUERY_TEST(test_the_first_registration_of_all),
		QUERY_TEST(test_search_words_values_and_numbers),
		QUERY_TEST(test_search_for_many_words),
		QUERY_TEST(test_search_of_a_name_without_end),
		QUERY_TEST(test_search_totals),
		QUERY_TEST(test_search_tells_how_much_is_indexed),
		QUERY_TEST(test_search_finds_what_looking_finds),
		QUERY_TEST(test_export_as_of),
		QUERY_TEST(test_before_a_snapshot_and_in_a_gap),
		QUERY_TEST(test_a_first_copy_that_was_cut_off_knows_nothing),
		QUERY_TEST(test_a_resync_that_was_cut_off_leaves_a_longer_gap),
		QUERY_TEST(test_details_under_a_first_copy),
		QUERY_TEST(test_nothing_is_left_of_a_transaction_that_was_undone),
	};
	int failures = cmocka_run_group_tests_name("query", tests, NULL, NULL);
	buffer_done(&said);
	return failures;
}
