/* charset: MySQL's and MariaDB's character sets, to UTF-8.
 *
 * A collation's number tells the character set; the numbers are those of
 * information_schema.COLLATIONS of both servers (MariaDB's uca1400 from 2048 on included).
 */
#ifndef TD_BINLOG_CHARSET_H
#define TD_BINLOG_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct charset_run;

struct charset {
	const char *name;  /* as information_schema has it */
	bool binary;
	uint8_t form;                   /* how its bytes make characters: charset.c */
	const char *iconv;              /* the iconv name of what `runs` do not have; NULL: they have all */
	const struct charset_run *runs; /* letters by our own table; NULL: none */
};

const struct charset *charset_of_collation(uint32_t id); /* NULL: not known */
const struct charset *charset_named(const char *name);   /* NULL: not known; utf8 is utf8mb3 */
/* The text in UTF-8: borrowed where there is nothing to convert, else in the arena. What has no
 * meaning in the character set becomes '?', as the server's own conversion has it. */
void charset_to_utf8(const struct charset *c, const char *p, size_t n, struct arena *a, const char **out, size_t *out_len);

#endif
