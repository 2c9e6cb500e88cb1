#include "config.h"

#include "generate/writer_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "generate/generator.h"

const struct writer_rows_table writer_rows_tables[WRITER_TABLES] = {
	[WRITER_STORE] = {"store", {"store_id", "name", "city"}},
	[WRITER_CUSTOMER] = {"customer_info",
			     {"cif", "name", "birthdate", "gender", "address", "city", "country", "email", "phone",
			      "store_id", "registered_at", "changed_by"}},
	[WRITER_PRODUCT] = {"bank_product", {"productid", "cif", "producttype", "opendate", "status"}},
	[WRITER_ASSET] = {"customer_asset", {"assetid", "cif", "assettype", "assetvalue", "valuation_date"}},
};

static const char *number(char to[24], int64_t value)
{
	snprintf(to, 24, "%" PRId64, value);
	return to;
}

static const char *optional(const char *text)
{
	return text[0] ? text : NULL;
}

static void writer_row_person(const struct zone *zone, const struct person *p, struct writer_row *r)
{
	const char *cells[WRITER_COLUMNS] = {number(r->numbers[0], p->cif),
					     p->name,
					     p->birthdate,
					     p->gender,
					     p->address,
					     p->city,
					     p->country,
					     optional(p->email),
					     optional(p->phone),
					     optional(p->store_id),
					     r->registered,
					     optional(p->changed_by)};

	wall_text(zone, p->registered_at, r->registered);
	memcpy(r->cells, cells, sizeof cells);
}

void writer_row(const struct zone *zone, enum writer_table table, const void *row, struct writer_row *r)
{
	const struct shop *s = row;
	const struct product *p = row;
	const struct asset *a = row;

	*r = (struct writer_row){0};
	if (table == WRITER_STORE) {
		r->cells[0] = s->store_id;
		r->cells[1] = s->name;
		r->cells[2] = s->city;
	} else if (table == WRITER_CUSTOMER) {
		writer_row_person(zone, row, r);
	} else if (table == WRITER_PRODUCT) {
		r->cells[0] = number(r->numbers[0], p->productid);
		r->cells[1] = number(r->numbers[1], p->cif);
		r->cells[2] = p->producttype;
		r->cells[3] = p->opendate;
		r->cells[4] = p->status;
	} else {
		r->cells[0] = number(r->numbers[0], a->assetid);
		r->cells[1] = number(r->numbers[1], a->cif);
		r->cells[2] = a->assettype;
		r->cells[3] = a->assetvalue;
		r->cells[4] = a->valuation_date;
	}
}

void writer_rows_columns(enum writer_table table, struct buffer *out)
{
	const struct writer_rows_table *t = &writer_rows_tables[table];

	for (int i = 0; t->columns[i]; i++)
		buffer_format(out, "%s%s", i ? ", " : "", t->columns[i]);
}
