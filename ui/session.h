/* session: what the screens of one console share. Plain data; app owns it. */
#ifndef TD_UI_SESSION_H
#define TD_UI_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "ui/age.h"
#include "ui/kit/chart.h"
#include "ui/kit/field.h"
#include "ui/kit/keys.h"
#include "ui/kit/theme.h"

struct model;
struct query;
struct settings;
struct worker;
struct zone;

enum { SESSION_RECENT = 20 };

struct recent {
	char *cif, *name, *store, *store_name; /* NULL but the first: not known */
};

struct session {
	const char *replica_path;
	const struct settings *settings; /* or NULL */
	const char *user;
	struct keys keys;
	struct query *query; /* NULL until the replica could be opened; the model then too */
	const struct model *model;
	const struct zone *zone; /* times are shown in it; never NULL */
	bool zone_chosen;        /* by the user, here: whatever the replica says */
	struct worker *worker;   /* as long as query */
	struct age age;
	int64_t silent;                        /* a store that registered nobody for so long is silent */
	bool accessible;                       /* no borders, no ticks, one column */
	bool tour;                             /* the demo: help begins with a tour */
	enum chart_style charts;               /* CHART_ASCII wherever nothing else can be drawn */
	bool copies;                           /* what is copied goes to the terminal's clipboard (OSC 52) */
	int64_t as_of;                         /* customer screens show this moment; TIME_NONE: now */
	int64_t as_of_last;                    /* the moment shown last, to be proposed again; TIME_NONE: none yet */
	struct field cif;                      /* the field on the second row of every screen */
	bool cif_focus;                        /* it takes letters too */
	bool cif_left;                         /* what was typed there stays, Enter is not for it; the next digit goes on */
	char *customer;                        /* CIF shown on the customer screens, or NULL */
	struct recent recents[SESSION_RECENT]; /* newest first */
	int recent_count;
	struct error trouble; /* why there is no replica; code ERROR_NONE: there is */
	int64_t now;          /* our clock as of this frame: what is drawn asks no clock of its own */
	char message[512];    /* the answer to the last key; gone with the next */
	enum role message_role;
	char standing[512];   /* what is wrong for longer: shown while there is no message */
	enum role standing_role;
	const char *go; /* a pane asks for this screen; NULL: none */
	char *go_argument;
	int go_tab;   /* with go "CIF": this tab of the customer, from 0; -1: none */
	char *go_row; /* and the row of this key on it; NULL: the first */
	int64_t go_as_of; /* and at this moment; TIME_NONE: at the one that is shown */
};

void session_done(struct session *s);
/* Numbers and dates as the setting `dates` and the environment have them; ascii: with separators of ASCII. */
void session_figures(const struct settings *s, bool ascii);
void session_say(struct session *s, enum role role, const char *format, ...) __attribute__((format(printf, 3, 4)));
void session_fail(struct session *s, const struct error *err); /* message and hint */
/* Of a finished English text, in the reader's language, what fits into `size` bytes. */
void session_told(char *out, size_t size, const char *english);
/* Asks the app to show a screen: a code ("CIF", "STOR"), and a CIF for those of a customer. */
void session_go(struct session *s, const char *code, const char *argument);
void session_go_tab(struct session *s, int tab); /* a tab of the customer that is shown */
/* The newest from now on; takes what `seen` holds. */
void session_remember(struct session *s, struct recent seen);

/* " STALE", for the title of a pane: the word of the data's age past the threshold; "" while it is live. */
const char *session_aged(const struct session *s);
/* Something was typed into the CIF field and not sent; and Enter would send it. */
bool session_typed(const struct session *s);
bool session_typing(const struct session *s);

/* CIFs of this bank are text: the field takes letters, once it has the focus. */
bool session_cif_letters(const struct session *s);

/* Settings that may be missing from the table, with what they are then. */
bool session_flag(const struct settings *s, const char *name);
const char *session_text(const struct settings *s, const char *name);
int64_t session_duration(const struct settings *s, const char *name, int64_t otherwise);

#endif
