/* json: MySQL's binary JSON to text, as the server itself prints it (", " and ": " between, keys in the order stored).
 *
 * Format: MySQL's "JSON binary" (sql-common/json_binary.h describes it): small and large objects and
 * arrays, literals, integers, double, strings, and opaque values (decimals as numbers; dates and times
 * as quoted strings; other types as "base64:typeN:..."). Depth is bounded by 100, as in the server.
 */
#ifndef TD_BINLOG_JSON_H
#define TD_BINLOG_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;

/* Appends. No bytes at all are the JSON literal null. */
bool json_binary_text(const uint8_t *p, size_t n, struct buffer *out, struct error *err);

#endif
