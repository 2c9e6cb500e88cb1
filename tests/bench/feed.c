#include "config.h"

#include "bench/feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/zone.h"
#include "bench/bench.h"
#include "generate/generator.h"
#include "model/model.h"

void feed_open(struct feed *f, const struct model *m, int64_t customers)
{
	struct error err = {0};
	*f = (struct feed){.model = m, .customers = customers, .dice = {7}};
	struct generator_params p = {.seed = 1, .customers = customers, .now = clock_now(), .days = 365};
	f->generator = generator_new(&p, &err);
	bench_must(f->generator != NULL, &err);
	f->customer = model_entity(m, "customer");
	f->product = model_entity(m, "product");
	f->asset = model_entity(m, "asset");
	arena_init(&f->arena);
}

void feed_close(struct feed *f)
{
	generator_free(f->generator);
	arena_done(&f->arena);
	free(f->changes);
}

/* ---- rows ---- */

struct cell {
	const char *column;
	const char *text; /* NULL: the number */
	int64_t number;
};

static struct value *row_of(struct feed *f, int entity, const struct cell *cells, int count)
{
	const struct entity *e = &f->model->entities[entity];
	struct value *row = arena_alloc(&f->arena, sizeof *row * (size_t)e->column_count);
	for (int i = 0; i < e->column_count; i++)
		row[i] = value_null();
	for (int i = 0; i < count; i++) {
		const struct cell *c = &cells[i];
		int column = entity_column(e, c->column);
		if (!c->text)
			row[column] = value_integer(c->number);
		else if (c->text[0])
			row[column] = value_text(arena_text(&f->arena, c->text), strlen(c->text));
	}
	return row;
}

#define ROW(f, entity, cells) row_of((f), (entity), (cells), (int)(sizeof(cells) / sizeof *(cells)))

static struct value *customer_row(struct feed *f, const struct person *p)
{
	struct civil c;
	char at[96];
	zone_civil(f->model->zone, p->registered_at, &c);
	snprintf(at, sizeof at, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
	const struct cell cells[] = {
		{"cif", NULL, p->cif},        {"name", p->name, 0},       {"birthdate", p->birthdate, 0},
		{"gender", p->gender, 0},     {"address", p->address, 0}, {"city", p->city, 0},
		{"country", p->country, 0},   {"email", p->email, 0},     {"phone", p->phone, 0},
		{"store_id", p->store_id, 0}, {"registered_at", at, 0},   {"changed_by", p->changed_by, 0},
	};
	return ROW(f, f->customer, cells);
}

static struct value *product_row(struct feed *f, const struct product *p)
{
	const struct cell cells[] = {
		{"productid", NULL, p->productid}, {"cif", NULL, p->cif},    {"producttype", p->producttype, 0},
		{"opendate", p->opendate, 0},      {"status", p->status, 0},
	};
	return ROW(f, f->product, cells);
}

static struct value *asset_row(struct feed *f, const struct asset *a)
{
	const struct cell cells[] = {
		{"assetid", NULL, a->assetid},
		{"cif", NULL, a->cif},
		{"assettype", a->assettype, 0},
		{"assetvalue", a->assetvalue, 0},
		{"valuation_date", a->valuation_date, 0},
	};
	return ROW(f, f->asset, cells);
}

/* ---- blocks ---- */

static void block_begin(struct feed *f, int room)
{
	arena_reset(&f->arena);
	f->count = 0;
	if (room > f->room)
		f->changes = memory_grow(f->changes, sizeof *f->changes * (size_t)(f->room = room));
}

static void add(struct feed *f, int entity, const struct value *before, const struct value *after)
{
	f->changes[f->count++] = (struct change){
		.op = before ? CHANGE_UPDATE : CHANGE_INSERT, .entity = entity, .before = before, .after = after};
}

bool feed_inserts(struct feed *f, int64_t most)
{
	struct person person;
	struct product product;
	struct asset asset;
	int64_t last = f->made + most < f->customers ? f->made + most : f->customers;
	block_begin(f, (int)most * 3);
	while (f->made < last) {
		generator_customer(f->generator, ++f->made, &person, &product, &asset);
		add(f, f->customer, NULL, customer_row(f, &person));
		add(f, f->product, NULL, product_row(f, &product));
		add(f, f->asset, NULL, asset_row(f, &asset));
	}
	return f->count > 0;
}

void feed_updates(struct feed *f, int count)
{
	struct person person;
	struct product product;
	struct asset asset;
	block_begin(f, count);
	while (f->count < count) {
		int64_t n = 1 + dice_below(&f->dice, (uint32_t)f->customers);
		int64_t number = ++f->updates;
		generator_customer(f->generator, n, &person, &product, &asset);
		if (number % 2) {
			struct value *before = customer_row(f, &person);
			snprintf(person.address, sizeof person.address, "Jalan Baru %" PRId64, number);
			snprintf(person.changed_by, sizeof person.changed_by, "teller%02d", (int)(number % 89));
			add(f, f->customer, before, customer_row(f, &person));
		} else {
			struct value *before = asset_row(f, &asset);
			snprintf(asset.assetvalue, sizeof asset.assetvalue, "%" PRId64 ".%d0", number % 100000000,
				 (int)(number % 10));
			add(f, f->asset, before, asset_row(f, &asset));
		}
	}
}
