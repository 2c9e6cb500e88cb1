/* url: what may be shown of the address of a database, and how one that cannot be taken is refused.
 *
 * Understands SCHEME://USER:PASSWORD@HOST,HOST/...?NAME=VALUE&... and the words libpq takes instead,
 * postgresql:NAME=VALUE NAME='VALUE'; any other address without "://" (bank:PATH, csv:DIR) has no password.
 */
#ifndef TD_BASE_URL_H
#define TD_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;

/* A password stands in it: after the user's name, or as a parameter. */
bool url_secret(const char *url);
/* Appends the URL without its passwords; the user's name stays. */
void url_clean(struct buffer *out, const char *url);
/* The n bytes with their %XX decoded, in memory of the caller; NULL: an escape that is none, or one of NUL. */
char *url_decode(const char *s, size_t n);
/* ERROR_USAGE: "could not take the URL ...: WHY", shown clean; the hint is the form it should have. Returns false. */
bool url_wrong(struct error *err, const char *url, const char *why, const char *form);
/* The rule on passwords, for who was handed a URL past the settings: ERROR_USAGE, if one stands in it; the hint is where it belongs. True: none does. */
bool url_allowed(const char *url, const char *belongs, struct error *err);

#endif
