#include "config.h"

#include "ui/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "ui/kit/keys.h"

/* ---- choices ---- */

void choices_add(struct choices *c, const char *text)
{
	if (c->count == PROMPT_CHOICES_MOST)
		return;
	c->list = memory_grow(c->list, (size_t)(c->count + 1) * sizeof(*c->list));
	c->list[c->count++] = memory_text(text);
}

void choices_done(struct choices *c)
{
	for (int i = 0; i < c->count; i++)
		free(c->list[i]);
	free(c->list);
	*c = (struct choices){0};
}

/* Bytes all of them begin with, in whole characters. */
static size_t choices_common(const struct choices *c)
{
	const char *first = c->list[0];
	size_t n = strlen(first);
	for (int i = 1; i < c->count; i++) {
		size_t same = 0;
		while (same < n && first[same] == c->list[i][same])
			same++;
		n = same;
	}
	while (n && ((unsigned char)first[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* ---- history ---- */

static void prompt_remember(struct prompt *p)
{
	if (!p->field.len || (p->history_count && strcmp(p->history[0], p->field.text) == 0))
		return;
	if (p->history_count == PROMPT_HISTORY)
		free(p->history[--p->history_count]);
	memmove(&p->history[1], &p->history[0], (size_t)p->history_count * sizeof(p->history[0]));
	p->history[0] = memory_text(p->field.text);
	p->history_count++;
}

/* Lines that begin as the one being typed does; below the newest one that line itself. */
static void prompt_recall(struct prompt *p, int step)
{
	if (p->history_at < 0)
		snprintf(p->draft, sizeof(p->draft), "%s", p->field.text);
	int at = p->history_at + step;
	size_t n = strlen(p->draft);
	while (at >= 0 && at < p->history_count && strncmp(p->history[at], p->draft, n) != 0)
		at += step;
	if (at < -1 || at >= p->history_count)
		return;
	p->history_at = at;
	field_set(&p->field, at < 0 ? p->draft : p->history[at], false);
}

/* ---- completion ---- */

static void prompt_choose(struct prompt *p, int choice)
{
	p->choice = choice;
	field_replace(&p->field, p->choices.from, p->choices.list[choice]);
}

void prompt_offer(struct prompt *p, struct choices *choices)
{
	choices_done(&p->choices);
	p->choice = -1;
	if (!choices->count)
		return;
	if (choices->count == 1) {
		field_replace(&p->field, choices->from, choices->list[0]);
		if (!choices->final)
			field_key(&p->field, ' ');
		choices_done(choices);
		return;
	}
	size_t typed = p->field.cursor > choices->from ? p->field.cursor - choices->from : 0;
	size_t common = choices_common(choices);
	p->choices = *choices;
	*choices = (struct choices){0};
	if (common > typed) {
		char *text = memory_text_n(p->choices.list[0], common);
		field_replace(&p->field, p->choices.from, text);
		free(text);
	} else {
		prompt_choose(p, 0);
	}
}

static enum prompt_result prompt_tab(struct prompt *p, int step)
{
	if (p->kind != PROMPT_COMMAND)
		return PROMPT_OPEN;
	if (!p->choices.count)
		return PROMPT_CHOICES;
	int count = p->choices.count;
	int next = p->choice < 0 ? (step > 0 ? 0 : count - 1) : (p->choice + step + count) % count;
	prompt_choose(p, next);
	return PROMPT_OPEN;
}

/* ---- life ---- */

void prompt_open(struct prompt *p, enum prompt_kind kind, const char *label, const char *initial)
{
	p->kind = kind;
	size_t n = strnlen(label, sizeof(p->label));
	n = n < sizeof(p->label) ? n : text_whole(label, sizeof(p->label) - 1);
	memmove(p->label, label, n); /* it may be this very one */
	p->label[n] = 0;
	p->history_at = -1;
	choices_done(&p->choices);
	field_set(&p->field, initial ? initial : "", initial && initial[0]);
}

void prompt_again(struct prompt *p, enum prompt_kind kind)
{
	p->kind = kind;
	p->history_at = -1;
	p->field.sent = false;
}

void prompt_done(struct prompt *p)
{
	for (int i = 0; i < p->history_count; i++)
		free(p->history[i]);
	choices_done(&p->choices);
	*p = (struct prompt){0};
}

static enum prompt_result prompt_close(struct prompt *p, enum prompt_result result)
{
	if (p->kind == PROMPT_COMMAND) /* one that is given up, too: Up brings it back */
		prompt_remember(p);
	p->kind = PROMPT_NONE;
	choices_done(&p->choices);
	return result;
}

static enum prompt_result prompt_edit(struct prompt *p, int key)
{
	switch (key) {
	case 'F' - KEY_CONTROL:
		field_clear(&p->field);
		break;
	case 'U' - KEY_CONTROL:
		field_cut_before(&p->field);
		break;
	case 'K' - KEY_CONTROL:
		field_cut_after(&p->field);
		break;
	case KEY_ERASE:
		if (p->field.len == 0)
			return prompt_close(p, PROMPT_DROPPED);
		field_key(&p->field, key);
		break;
	default:
		field_key(&p->field, key);
		break;
	}
	return PROMPT_OPEN;
}

enum prompt_result prompt_key(struct prompt *p, int key, enum prompt_kind *kind)
{
	*kind = p->kind;
	if (p->kind == PROMPT_LEAVE) /* F3 twice leaves, too */
		return prompt_close(p, key == 'y' || key == 'Y' || key == KEY_RETURN || key == KEY_FUNCTION + 3
					       ? PROMPT_SENT
					       : PROMPT_DROPPED);
	if (key == KEY_TAB || key == KEY_BACK_TAB)
		return prompt_tab(p, key == KEY_TAB ? 1 : -1);
	if (key == KEY_ESC && p->choices.count) { /* the first one takes the list away */
		choices_done(&p->choices);
		return PROMPT_OPEN;
	}
	choices_done(&p->choices);
	switch (key) {
	case KEY_RETURN:
	case 'E' - KEY_CONTROL:
		return prompt_close(p, PROMPT_SENT);
	case KEY_ESC:
	case KEY_FUNCTION + 12:
		return prompt_close(p, PROMPT_DROPPED);
	case KEY_ARROW_UP:
	case KEY_ARROW_DOWN:
		if (p->kind == PROMPT_COMMAND)
			prompt_recall(p, key == KEY_ARROW_UP ? 1 : -1);
		return PROMPT_OPEN;
	default:
		return prompt_edit(p, key);
	}
}
