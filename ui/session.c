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

enum { SESSION_HALF = 250 /* bytes of an error, and of its hint */ };

static void session_forget(struct recent *r)
{
	free(r->cif);
	free(r->name);
	free(r->store);
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

static void session_shorten(struct buffer *b, size_t most)
{
	if (b->len > most)
		buffer_cut(b, text_whole(b->data, most));
}

void session_fail(struct session *s, const struct error *err)
{
	struct buffer message = {0}, hint = {0};
	language_sentence(&message, err->message);
	language_sentence(&hint, err->hint);
	session_shorten(&message, hint.len ? SESSION_HALF : 2 * SESSION_HALF);
	session_shorten(&hint, SESSION_HALF);
	if (hint.len)
		session_say(s, ROLE_ERROR, _("%.250s; hint: %.250s"), buffer_text(&message), buffer_text(&hint));
	else
		session_say(s, ROLE_ERROR, "%.500s", buffer_text(&message));
	buffer_done(&message);
	buffer_done(&hint);
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

void session_remember(struct session *s, const char *cif, const char *name, const char *store)
{
	int at = 0;
	while (at < s->recent_count && strcmp(s->recents[at].cif, cif) != 0)
		at++;
	struct recent fresh = {memory_text(cif), memory_text(name), memory_text(store)};
	if (at == SESSION_RECENT)
		at--;
	if (at < s->recent_count)
		session_forget(&s->recents[at]);
	else
		s->recent_count++;
	memmove(&s->recents[1], &s->recents[0], (size_t)at * sizeof(fresh));
	s->recents[0] = fresh;
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
