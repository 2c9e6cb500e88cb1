/* pack: what servers compress: MariaDB's rows, queries and columns (zlib), MySQL's transaction payload (zstd). */
#ifndef TD_BINLOG_PACK_H
#define TD_BINLOG_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct binlog_event;
struct binlog_format;
struct error;

/* Nothing may unpack to more than this: 1 GiB is the most a server's packet, and so an event, can have. */
#define PACK_MOST (UINT32_C(1) << 30)

/* A block as MariaDB's events hold it: 0x80 | algorithm << 4 | n, n bytes of original length (big endian), a zlib stream. */
bool pack_block(const uint8_t *p, size_t n, struct arena *a, const uint8_t **out, size_t *out_len, struct error *err);
/* A cell of a column with the attribute COMPRESSED: header byte, then plain bytes or (length and) a zlib stream. */
bool pack_cell(const uint8_t *p, size_t n, struct arena *a, const uint8_t **out, size_t *out_len, struct error *err);

/* TRANSACTION_PAYLOAD (MySQL 8.0.20 on): ordinary events without checksums. */
struct pack_payload;
struct pack_payload *pack_payload_open(const struct binlog_event *e, const struct binlog_format *f, struct error *err);
/* 1: the next event's bytes (header included), valid until the following call; 0 at the end; -1 error. Unpacks as it goes:
 * memory is bounded by the largest event inside. */
int pack_payload_next(struct pack_payload *p, const uint8_t **event, size_t *n, struct error *err);
void pack_payload_close(struct pack_payload *p);

#endif
