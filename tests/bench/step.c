#include "config.h"

#include "bench/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/bench.h"
#include "generate/generator.h"
#include "generate/writer.h"

struct writer *step_writer(const char *bank)
{
	struct error err = {0};
	char *url = memory_format("bank:%s", bank);
	struct writer *w = writer_open(url, &err);
	bench_must(w != NULL, &err);
	free(url);
	return w;
}

static void step_put(struct writer *w, enum writer_op op, int64_t number, const char *city)
{
	struct error err = {0};
	struct person p = {.cif = bench_cif(number),
			   .name = "Bench",
			   .gender = "F",
			   .birthdate = "1990-01-01",
			   .address = "Jalan Baru 1",
			   .country = "ID",
			   .store_id = STEP_STORE,
			   .registered_at = clock_now(),
			   .changed_by = "bench"};
	snprintf(p.city, sizeof p.city, "%s", city);
	bench_must(w->ops->begin(w, clock_now(), &err) && w->ops->put(w, op, WRITER_CUSTOMER, &p, &err) &&
			   w->ops->commit(w, &err),
		   &err);
}

void step_commit(struct writer *w, int64_t number, const char *city)
{
	step_put(w, WRITER_UPDATE, number, city);
}

void step_register(struct writer *w, int64_t number)
{
	step_put(w, WRITER_INSERT, number, "Jakarta");
}
