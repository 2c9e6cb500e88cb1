/* url: mysql://USER@HOST[:PORT]/DATABASE[?NAME=VALUE&...]
 *
 * Parts are percent-decoded; HOST may be [IPv6]. What the URL leaves out comes from the option
 * files of the database's own tools (groups [client], [client-mariadb], [tellerdesk]), which is where passwords stand: one
 * in the URL is refused. Parameters:
 *
 *     socket=PATH       a local server (HOST is then localhost)
 *     ssl-mode=         disabled | preferred | required | verify-ca | verify-identity   (preferred unless told)
 *     ssl-ca= ssl-cert= ssl-key=   files
 *     defaults-file=PATH           instead of the usual option files
 *     connect-timeout=SECONDS      10 unless told
 *     capture=log | triggers       where changes come from (log unless told)
 */
#ifndef TD_SOURCE_MYSQL_URL_H
#define TD_SOURCE_MYSQL_URL_H

#include <stdbool.h>

struct error;

enum mysql_ssl { MYSQL_SSL_DISABLED, MYSQL_SSL_PREFERRED, MYSQL_SSL_REQUIRED, MYSQL_SSL_VERIFY_CA, MYSQL_SSL_VERIFY_IDENTITY };

struct mysql_url {
	char *user;      /* NULL: as the option files say, else the system's user */
	char *host;      /* NULL: as the option files say, else localhost */
	unsigned port;   /* 0: 3306 */
	char *socket;    /* NULL: TCP, or the library's own for localhost */
	char *database;  /* never NULL */
	enum mysql_ssl ssl;
	char *ssl_ca, *ssl_cert, *ssl_key, *defaults_file;
	unsigned connect_timeout; /* seconds */
	bool triggers;
};

/* ERROR_USAGE: what is wrong with it, all names allowed in the hint. Passwords are refused by the words
 * the settings use. */
bool mysql_url_parse(const char *text, struct mysql_url *out, struct error *err);
void mysql_url_done(struct mysql_url *u);

#endif
