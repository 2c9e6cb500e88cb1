#include "config.h"

#include "ui/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/settings.h"
#include "base/text.h"
#include "model/model.h"
#include "ui/kit/figures.h"

enum { SESSION_HINT = 250 }; /* bytes of a hint, and of the message before one */

static void session_forget(struct recent *r)
{
	free(r->cif);
	free(r->name);
	free(r->store);
	free(r->store_name);
}

void session_done(struct session *s)
{
	for (int i = 0; i < s->recent_count; i++)
		session_forget(&s->recents[i]);
	free(s->customer);
	free(s->go_argument);
	free(s->go_row);
	*s = (struct session){0};
}

void session_figures(const struct settings *s, bool ascii)
{
	const char *dates = session_text(s, "dates");
	figures_start(dates && strcmp(dates, "iso") == 0 ? FIGURES_ISO : FIGURES_LOCALE, ascii);
}

void session_say(struct session *s, enum role role, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(s->message, sizeof(s->message), format, args);
	va_end(args);
	if (n >= (int)sizeof(s->message))
		s->message[text_whole(s->message, sizeof(s->message) - 1)] = 0;
	s->message_role = role;
}

void session_told(char *out, size_t size, const char *english)
{
	struct buffer told = {0};
	language_sentence(&told, english);
	size_t n = told.len < size ? told.len : text_whole(told.data, size - 1);
	memcpy(out, buffer_text(&told), n);
	out[n] = 0;
	buffer_done(&told);
}

void session_fail(struct session *s, const struct error *err)
{
	char message[sizeof(s->message)], hint[SESSION_HINT];
	session_told(hint, sizeof(hint), err->hint);
	session_told(message, hint[0] ? SESSION_HINT : sizeof(message), err->message);
	if (hint[0])
		session_say(s, ROLE_ERROR, _("%s; hint: %s"), message, hint);
	else
		session_say(s, ROLE_ERROR, "%s", message);
}

void session_go(struct session *s, const char *code, const char *argument)
{
	s->go = code;
	free(s->go_argument);
	s->go_argument = memory_text(argument);
	s->go_tab = -1;
	free(s->go_row);
	s->go_row = NULL;
	s->go_as_of = TIME_NONE;
}

void session_go_tab(struct session *s, int tab)
{
	session_go(s, "CIF", NULL);
	s->go_tab = tab;
}

void session_remember(struct session *s, struct recent seen)
{
	int at = 0;
	while (at < s->recent_count && strcmp(s->recents[at].cif, seen.cif) != 0)
		at++;
	if (at == SESSION_RECENT)
		at--;
	if (at < s->recent_count)
		session_forget(&s->recents[at]);
	else
		s->recent_count++;
	memmove(&s->recents[1], &s->recents[0], (size_t)at * sizeof(seen));
	s->recents[0] = seen;
}

const char *session_aged(const struct session *s)
{
	return age_mark(&s->age, s->now);
}

bool session_typed(const struct session *s)
{
	return s->cif.len && !s->cif.sent;
}

bool session_typing(const struct session *s)
{
	return s->cif_focus || (session_typed(s) && !s->cif_left);
}

bool session_cif_letters(const struct session *s)
{
	if (!s->model)
		return false;
	const struct entity *e = &s->model->entities[s->model->customer];
	return e->cif >= 0 && e->columns[e->cif].type != COLUMN_INTEGER;
}

static const struct setting *session_setting(const struct settings *s, const char *name)
{
	for (const struct setting *t = setting_table; s && t->name; t++)
		if (strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

bool session_flag(const struct settings *s, const char *name)
{
	return session_setting(s, name) && settings_flag(s, name);
}

const char *session_text(const struct settings *s, const char *name)
{
	return session_setting(s, name) ? settings_text(s, name) : NULL;
}

int64_t session_duration(const struct settings *s, const char *name, int64_t otherwise)
{
	if (!session_setting(s, name) || !settings_text(s, name))
		return otherwise;
	return settings_duration(s, name);
}
