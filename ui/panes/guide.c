#include "config.h"

#include "ui/panes/guide.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/language.h"
#include "model/model.h"
#include "ui/kit/keys.h"
#include "ui/kit/lines.h"
#include "ui/session.h"

enum { GUIDE_KEY = 10, GUIDE_STEP = 5 };

/* The first key of an action; of those keyboards may lack (F24) another one, where there is one. */
static const char *guide_key(const struct session *s, enum action a, char out[32])
{
	const int *bound = s->keys.bound[a];
	int key = bound[0] > KEY_FUNCTION + 12 && bound[1] ? bound[1] : bound[0];
	if (!key)
		return "-";
	keys_name(key, out, 32);
	return out;
}

/* ---- the first screen ---- */

/* The keys no field takes for text, and what they do. */
static void guide_pair(struct lines *l, const struct session *s, enum action a, const char *what)
{
	struct buffer keys = {0};
	char name[16];
	for (int i = 0; i < KEYS_EACH && s->keys.bound[a][i]; i++) {
		int key = s->keys.bound[a][i];
		if ((key >= 'a' && key <= 'z') || (key >= 'A' && key <= 'Z'))
			continue;
		keys_name(key, name, sizeof(name));
		buffer_format(&keys, "%s%s", keys.len ? " " : "", name);
	}
	if (keys.len)
		lines_pair(l, GUIDE_KEY, buffer_text(&keys), ROLE_TEXT, "%s", what);
	buffer_done(&keys);
}

void guide_welcome(struct lines *l, const struct session *s)
{
	lines_clear(l);
	lines_add(l, ROLE_TITLE, "%s", _("Type a CIF and press Enter: the customer is shown."));
	lines_add(l, ROLE_TEXT, "%s", _("Or a name: hal mar finds HALE, MARGARET ANNE."));
	lines_add(l, ROLE_TEXT, "%s", "");
	if (s->tour)
		guide_pair(l, s, ACTION_HELP, _("a five-minute tour"));
	else
		guide_pair(l, s, ACTION_HELP, _("explains this screen, as it does any other"));
	guide_pair(l, s, ACTION_COMMAND, _("commands: stor (stores), lag (source), help"));
	guide_pair(l, s, ACTION_HOME, _("leaves; from anywhere else it comes back here"));
	guide_pair(l, s, ACTION_SEARCH, _("search for digits, too: a phone number, an e-mail"));
	guide_pair(l, s, ACTION_RECENT, _("the last customers of this session"));
}

/* ---- nobody ---- */

/* The columns that are searched as a whole: "E-mail, Phone". */
static void guide_columns(struct buffer *out, const struct model *m)
{
	const struct entity *e = &m->entities[m->customer];
	for (int i = 0; i < e->column_count; i++)
		if (e->columns[i].search && !e->columns[i].hidden)
			buffer_format(out, "%s%s", out->len ? ", " : "", e->columns[i].title);
}

void guide_nobody(struct lines *l, const struct session *s, bool incomplete)
{
	struct buffer columns = {0};
	char key[32];
	lines_clear(l);
	guide_columns(&columns, s->model);
	if (columns.len)
		lines_add(l, ROLE_TEXT, _("Searched: the beginnings of all words of names; whole values of: %s; CIFs."),
			  buffer_text(&columns));
	else
		lines_add(l, ROLE_TEXT, "%s", _("Searched: the beginnings of all words of names; CIFs."));
	lines_add(l, ROLE_TEXT, "%s", "");
	if (incomplete)
		lines_add(l, ROLE_WARN, "%s", _("Not all is there yet: whoever is missing may still come."));
	lines_add(l, ROLE_TEXT, "%s",
		  _("Try fewer letters, one word alone, or another spelling. Accents and capitals do not matter."));
	if (columns.len)
		lines_add(l, ROLE_TEXT, _("A number or an address is found by the whole of it: %s, then type it."),
			  guide_key(s, ACTION_SEARCH, key));
	buffer_done(&columns);
}

/* ---- the tour ---- */

static void guide_step(struct lines *l, int number, const char *text)
{
	char label[16];
	snprintf(label, sizeof(label), "%2d", number);
	lines_pair(l, GUIDE_STEP, label, ROLE_TEXT, "%s", text);
}

static void guide_format(struct lines *l, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void guide_format(struct lines *l, int number, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	guide_step(l, number, text);
}

void guide_tour(struct lines *l, const struct session *s)
{
	char a[32], b[32], c[32];
#define KEY(action, out) guide_key(s, ACTION_##action, out)
	lines_add(l, ROLE_TITLE, "%s", _("A five-minute tour"));
	lines_add(l, ROLE_TEXT,
		  _("This bank is made up, and it changes while you look. %s comes back to this list from wherever you "
		    "are."),
		  KEY(HELP, a));
	lines_add(l, ROLE_TEXT, "%s", "");
	guide_format(l, 1,
		     _("Find somebody: %s goes home; type ma, and names appear as you type. A blank and another "
		       "letter: both words must fit."),
		     KEY(HOME, a));
	guide_step(l, 2, _("Down chooses one, Enter opens it. The line above the last one says how long that took."));
	guide_format(l, 3,
		     _("Look around: %s2 and %s3, or Tab, are what the customer holds. Enter opens a row as a record, "
		       "%s closes it."),
		     KEY(GO_TAB, a), KEY(GO_TAB, b), KEY(BACK, c));
	guide_format(l, 4,
		     _("See what changed: the last tab is the history. Up and Down choose a version; below stands what "
		       "was, and what became of it. %s and %s go from change to change."),
		     KEY(NEXT, a), KEY(PREVIOUS, b));
	guide_format(l, 5,
		     _("See it as it was: %s on a version is the customer as of then, NOT CURRENT in reverse; so is %s "
		       "and a time, such as -1m. %s again is now."),
		     KEY(THAT_MOMENT, a), KEY(AS_OF, b), KEY(AS_OF, c));
	guide_format(l, 6,
		     _("The next one: type the digits of a CIF wherever you are, and Enter. %s goes back to the one "
		       "before, %s forward again."),
		     KEY(BACK, a), KEY(FORWARD, b));
	guide_format(l, 7,
		     _("The stores: %s, stor, Enter. It moves by itself. %s and %s: longer and shorter windows; Enter: "
		       "who was registered there; Enter again: that customer."),
		     KEY(COMMAND, a), KEY(WIDER, b), KEY(NARROWER, c));
	guide_format(l, 8, _("Take it with you: %s offers to export what is shown, with its age in it."), KEY(MORE, a));
	guide_format(l, 9,
		     _("The command line: %s, then Tab: all there is. lag shows the source, theme other colours; Up "
		       "brings back what was typed."),
		     KEY(COMMAND, a));
	guide_format(l, 10,
		     _("Any key: %s on this screen, then the key: it is explained. Top right always stands how old the "
		       "data is."),
		     KEY(HELP, a));
	guide_format(l, 11, _("Leave: %s at home, or %sq and Enter from anywhere. The made-up bank goes with you."),
		     KEY(HOME, a), ":");
#undef KEY
	lines_add(l, ROLE_TEXT, "%s", "");
}
