#include "config.h"

#include "source/mysql/fault.h"

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/language.h"

/* Numbers stand here as numbers: the libraries' headers know different ones, and servers know more than either. */

#define HINT_RUNNING N_("is the server running, and does it listen there? It is tried again")
#define HINT_ACCOUNT                                                                                                   \
	N_("user and password come from the option files, [client] or [tellerdesk] in ~/.my.cnf; defaults-file= in "      \
	"the URL names another")
#define HINT_GRANT N_("ask the database's administrator for the privilege")
#define HINT_TLS   N_("ssl-mode= and ssl-ca= of the URL say how the connection is encrypted and the server is known")
#define HINT_PLUGIN                                                                                                    \
	N_("the account's kind of login is not known to the client library, or would send the password as it is: "        \
	"let it be one with mysql_native_password, caching_sha2_password or ed25519")
#define HINT_FULL  N_("the server has all the connections it allows; it is tried again")
#define HINT_RETRY "it is tried again"

static const struct fault {
	unsigned number;
	enum error_code code;
	bool plain;       /* the message names objects only */
	const char *only; /* where the text holds this; NULL: always */
	const char *hint;
} faults[] = {
	/* the client library's */
	{2001, ERROR_UNREACHABLE, true, NULL, NULL},
	{2002, ERROR_UNREACHABLE, true, NULL, HINT_RUNNING},
	{2003, ERROR_UNREACHABLE, true, NULL, HINT_RUNNING},
	{2004, ERROR_UNREACHABLE, true, NULL, NULL},
	{2005, ERROR_UNREACHABLE, true, NULL, "is the host's name right? It is tried again"},
	{2006, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{2012, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{2013, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{2026, ERROR_REFUSED, true, "ertificate", HINT_TLS},
	{2026, ERROR_REFUSED, true, "erif", HINT_TLS},
	{2026, ERROR_REFUSED, true, "required", HINT_TLS},
	{2026, ERROR_REFUSED, true, "No such file", HINT_TLS},
	{2026, ERROR_UNREACHABLE, true, NULL, HINT_TLS},
	{2055, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{2059, ERROR_PERMISSION, true, NULL, HINT_PLUGIN},
	{2061, ERROR_PERMISSION, true, NULL, HINT_PLUGIN},
	{5010, ERROR_PERMISSION, true, NULL, HINT_PLUGIN},
	{5013, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{5014, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	/* who may not */
	{1044, ERROR_PERMISSION, true, NULL, HINT_GRANT},
	{1045, ERROR_PERMISSION, true, NULL, HINT_ACCOUNT},
	{1130, ERROR_PERMISSION, true, NULL, N_("the account may not connect from this machine")},
	{1142, ERROR_PERMISSION, true, NULL, HINT_GRANT},
	{1143, ERROR_PERMISSION, true, NULL, HINT_GRANT},
	{1227, ERROR_PERMISSION, true, NULL, HINT_GRANT},
	{1251, ERROR_PERMISSION, true, NULL, HINT_PLUGIN},
	{1370, ERROR_PERMISSION, true, NULL, HINT_GRANT},
	{1524, ERROR_PERMISSION, true, NULL, HINT_PLUGIN},
	{1698, ERROR_PERMISSION, true, NULL, HINT_ACCOUNT},
	{1820, ERROR_PERMISSION, true, NULL, N_("the account's password has expired")},
	{1862, ERROR_PERMISSION, true, NULL, N_("the account's password has expired")},
	{3118, ERROR_PERMISSION, true, NULL, N_("the account is locked")},
	{3159, ERROR_PERMISSION, true, NULL, N_("the server wants TLS: ssl-mode=required in the URL")},
	{4151, ERROR_PERMISSION, true, NULL, N_("the account is locked")},
	/* what passes */
	{1020, ERROR_UNREACHABLE, false, NULL, HINT_RETRY},
	{1021, ERROR_UNREACHABLE, false, NULL, N_("the server's disk is full")},
	{1040, ERROR_UNREACHABLE, true, NULL, HINT_FULL},
	{1047, ERROR_UNREACHABLE, true, "WSREP", HINT_RETRY},
	{1053, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{1077, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{1079, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{1129, ERROR_UNREACHABLE, true, NULL,
	 N_("too many connections broke; FLUSH HOSTS on the server lets this machine in again")},
	{1152, ERROR_UNREACHABLE, false, NULL, HINT_RETRY},
	{1158, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{1159, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{1160, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{1161, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{1184, ERROR_UNREACHABLE, false, NULL, HINT_RETRY},
	{1203, ERROR_UNREACHABLE, true, NULL, HINT_FULL},
	{1205, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{1213, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{1226, ERROR_UNREACHABLE, true, NULL, HINT_FULL},
	{1290, ERROR_UNREACHABLE, true, "read-only", N_("the server takes no writes just now; it is tried again")},
	{1290, ERROR_UNREACHABLE, true, "read_only", N_("the server takes no writes just now; it is tried again")},
	{1317, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{1836, ERROR_UNREACHABLE, true, NULL, N_("the server takes no writes just now; it is tried again")},
	{1927, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	{1969, ERROR_UNREACHABLE, true, NULL,
	 N_("the server ends statements that take long (max_statement_time); it is tried again")},
	{3024, ERROR_UNREACHABLE, true, NULL,
	 N_("the server ends statements that take long (max_execution_time); it is tried again")},
	{4031, ERROR_UNREACHABLE, true, NULL, HINT_RETRY},
	/* the rest whose words are safe */
	{1046, ERROR_REFUSED, true, NULL, NULL},
	{1049, ERROR_REFUSED, true, NULL, N_("the database's name is the last part of the URL")},
	{1051, ERROR_REFUSED, true, NULL, NULL},
	{1054, ERROR_REFUSED, true, NULL, NULL},
	{1146, ERROR_REFUSED, true, NULL, NULL},
	{1193, ERROR_REFUSED, true, NULL, NULL},
	{1236, ERROR_REFUSED, true, NULL, NULL},
};

static const struct fault *fault_find(unsigned number, const char *text)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].number == number && (!faults[i].only || strstr(text, faults[i].only)))
			return &faults[i];
	return NULL;
}

enum error_code fault_code(unsigned number, const char *text)
{
	const struct fault *f = fault_find(number, text);

	return f ? f->code : ERROR_REFUSED;
}

const char *fault_hint(unsigned number, const char *text)
{
	const struct fault *f = fault_find(number, text);

	return f ? f->hint : NULL;
}

/* Of "Can't connect to ... (111)" the number at the end; the system's words for it say more. */
static const char *fault_system(unsigned number, const char *text)
{
	const char *open = strrchr(text, '(');
	char *end;
	long system;

	if (number < 2002 || number > 2005 || !open)
		return NULL;
	system = strtol(open + 1, &end, 10);
	if (end == open + 1 || *end != ')')
		return NULL;
	if (number == 2005)
		return system < 0 ? gai_strerror((int)system) : NULL;
	return system > 0 ? strerror((int)system) : NULL;
}

void fault_text(struct buffer *out, unsigned number, const char *text)
{
	const struct fault *f = fault_find(number, text);
	const char *system = fault_system(number, text);
	const char *first = strchr(text, '\''), *last = strrchr(text, '\'');

	if (system)
		buffer_text_add(out, system);
	else if (number == 2005)
		buffer_text_add(out, "the host's name is not known");
	else if ((f && f->plain) || !first)
		buffer_text_add(out, text);
	else {
		buffer_add(out, text, (size_t)(first - text));
		buffer_text_add(out, "'...'");
		buffer_text_add(out, last > first ? last + 1 : "");
	}
	buffer_format(out, " (%u)", number);
}
