/* holdings: what a customer has at the bank, as pure functions of seed and number. */
#ifndef TD_GENERATE_HOLDINGS_H
#define TD_GENERATE_HOLDINGS_H

#include <stdint.h>

#include "generate/generator.h"

enum status { STATUS_ACTIVE, STATUS_DORMANT, STATUS_CLOSED, STATUS_BLOCKED };

/* Numbers of products and assets: those a customer begins with count with the
 * customers, those opened by an event with the events. */
#define PRODUCT_FIRST INT64_C(20000001)
#define ASSET_FIRST INT64_C(60000001)
#define PRODUCT_OPENED_FIRST INT64_C(500000001)

/* The product customer n begins with; returns its status. since: the day of the registration, until: the last day there is. */
enum status product_first(struct product *p, uint64_t seed, int64_t n, int64_t since, int64_t until);
/* The product that event `event` (from 1) opened on a day: active. */
void product_opened(struct product *p, uint64_t seed, int64_t n, uint32_t event, int64_t day);
void product_status(struct product *p, enum status status);
/* The asset of customer n; revalued is the event (from 1, 0: none) of its last valuation, on day `until`. */
void asset_fill(struct asset *a, uint64_t seed, int64_t n, uint32_t revalued, int64_t since, int64_t until);

#endif
