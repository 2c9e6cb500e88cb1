/* url: postgresql://... or postgres://..., as libpq takes it, and what is ours in it.
 *
 *     postgresql://teller@db.example/bank?sslmode=verify-full&publication=tellerdesk
 *     postgresql://?service=bank                     pg_service.conf and ~/.pgpass have the rest
 *     postgresql:host=/run/postgresql dbname=bank    libpq's words instead of its URL
 *
 * Everything is libpq's own (hosts, ports, service, passfile, TLS, target_session_attrs ...) but three parameters, which are
 * taken out before libpq sees it:
 *
 *     publication=NAME   whose tables are followed; tellerdesk unless told
 *     slot=NAME          of the replication slot; made of the machine's name and the replica unless told (slot.h). One that is there
 *                        already, and is not this replica's, is refused
 *     schema=NAME        where the model's tables are looked for; the account's search_path unless told
 *
 * A password in it is refused: passfile, service file and PGPASSFILE are for that.
 */
#ifndef TD_SOURCE_POSTGRES_URL_H
#define TD_SOURCE_POSTGRES_URL_H

#include <stdbool.h>

struct error;

struct postgres_url {
	char *conninfo;     /* for libpq: URL or words, without our parameters */
	char *publication;  /* never NULL */
	char *slot;         /* NULL: not told */
	char *schema;       /* NULL: not told */
};

/* ERROR_USAGE: what is wrong with it. */
bool postgres_url_parse(const char *text, struct postgres_url *out, struct error *err);
void postgres_url_done(struct postgres_url *u);

#endif
