/* export_sheet: a customer on paper. Plain text, 80 columns, pages parted by form feeds.
 *
 * Each page says whose it is, how old the data is and, of another moment, NOT CURRENT: above and below.
 * Every foreign character is cleaned; long values are wrapped.
 */
#ifndef TD_UI_EXPORT_SHEET_H
#define TD_UI_EXPORT_SHEET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct history_answer;
struct lookup_answer;
struct query;
struct zone;

enum { EXPORT_SHEET_WIDTH = 80, EXPORT_SHEET_LINES = 60, EXPORT_SHEET_CHANGES = 20, EXPORT_SHEET_VERSIONS = 200 };

struct export_sheet {
	const struct query *query;
	const struct lookup_answer *customer; /* of one who is there */
	const struct history_answer *history; /* the newest versions, up to that moment */
	const struct zone *zone;
	int64_t now;      /* our clock */
	const char *user; /* who prints it; NULL: nobody said */
	const char *age;  /* in words: "LIVE 2s" */
	bool ascii;
};

void export_sheet_write(FILE *out, const struct export_sheet *s);

#endif
