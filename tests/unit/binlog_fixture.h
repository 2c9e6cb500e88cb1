/* binlog_fixture: events made byte by byte, and whole files of the binlog told as text.
 *
 *     struct buffer body = {0};
 *     put(&body, 8, 4);                          a number of 8 bytes, little endian
 *     put_text(&body, "bin.000001");
 *     struct buffer event = {0};
 *     event_make(&event, BINLOG_ROTATE, 0, &body, true);   header, body, checksum; body is empty again
 */
#ifndef TD_TESTS_BINLOG_FIXTURE_H
#define TD_TESTS_BINLOG_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "binlog/event.h"

void put(struct buffer *b, unsigned bytes, uint64_t number);
void put_big(struct buffer *b, unsigned bytes, uint64_t number);
void put_lenenc(struct buffer *b, uint64_t number);
void put_text(struct buffer *b, const char *text); /* without a length and a NUL */
void put_hex(struct buffer *b, const char *hex);   /* blanks allowed */
void put_told(struct buffer *b, const char *text); /* a byte of length, then the text */

enum { MADE_TIME = 1700000000, MADE_SERVER = 7, MADE_END = 4711 };
void event_make(struct buffer *out, uint8_t type, uint16_t flags, struct buffer *body, bool checksum);
void event_sign(struct buffer *event); /* puts the checksum right */
/* A format description; algorithm -1: of a server that has none. types tells their post-header lengths as each family
 * does. */
void format_make(struct buffer *out, const char *server, int types, int algorithm);
/* The format of MySQL 8 and of MariaDB 10.11, without checksums. */
struct binlog_format format_mysql(void);
struct binlog_format format_mariadb(void);
/* An event that owns no bytes: body is kept. */
struct binlog_event event_of(uint8_t type, const struct buffer *body);

/* A file under tests/fixtures/binlog; the caller frees it. */
uint8_t *fixture_read(const char *name, size_t *size);
/* Every event of it, a line or more each; ends with "refused: <message>" where a reader refuses. */
void fixture_tell(const uint8_t *file, size_t size, struct buffer *out);

#endif
