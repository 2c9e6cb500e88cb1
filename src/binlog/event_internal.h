/* event_internal: what the readers of this folder share. */
#ifndef TD_BINLOG_EVENT_INTERNAL_H
#define TD_BINLOG_EVENT_INTERNAL_H

#include <stdbool.h>

struct binlog_event;
struct error;

/* "could not read TABLE_MAP event that ends at 4711: <why>", ERROR_REFUSED. False. */
bool binlog_refuse(const struct binlog_event *e, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
