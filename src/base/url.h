/* url: what may be shown of the address of a database.
 *
 * Understands SCHEME://USER:PASSWORD@HOST,HOST/...?NAME=VALUE&...; an
 * address without "://" (bank:PATH, csv:DIR) has no password.
 */
#ifndef TD_BASE_URL_H
#define TD_BASE_URL_H

#include <stdbool.h>

struct buffer;

/* A password stands in it: after the user's name, or as a parameter. */
bool url_secret(const char *url);
/* Appends the URL without its passwords; the user's name stays. */
void url_clean(struct buffer *out, const char *url);

#endif
