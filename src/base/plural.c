#include "config.h"

#include "base/plural.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { PLURAL_DEPTH = 50 };

struct plural {
	const char *at;
	unsigned long n;
	bool bad;
	int depth; /* of brackets and branches */
};

/* From weak to strong; of those of one strength the longer first. */
static const struct {
	const char *sign;
	int strength;
} plural_signs[] = {
	{"||", 1}, {"&&", 2}, {"==", 3}, {"!=", 3}, {"<=", 4}, {">=", 4}, {"<", 4},
	{">", 4},  {"+", 5},  {"-", 5},  {"*", 6},  {"/", 6},  {"%", 6},
};

static unsigned long plural_choice(struct plural *p);

static bool plural_take(struct plural *p, const char *sign)
{
	size_t n = strlen(sign);

	p->at += strspn(p->at, " \t");
	if (strncmp(p->at, sign, n) != 0)
		return false;
	p->at += n;
	return true;
}

static unsigned long plural_value(struct plural *p)
{
	unsigned long value = 0;

	if (plural_take(p, "!"))
		return p->depth++ < PLURAL_DEPTH ? !plural_value(p) : (p->bad = true, 0UL);
	if (plural_take(p, "(")) {
		value = plural_choice(p);
		p->bad |= !plural_take(p, ")");
		return value;
	}
	if (plural_take(p, "n"))
		return p->n;
	p->bad |= !isdigit((unsigned char)*p->at);
	while (isdigit((unsigned char)*p->at))
		value = value * 10 + (unsigned long)(*p->at++ - '0');
	return value;
}

static unsigned long plural_apply(struct plural *p, const char *sign, unsigned long a, unsigned long b)
{
	if (strcmp(sign, "||") == 0)
		return a || b;
	if (strcmp(sign, "&&") == 0)
		return a && b;
	if (sign[1] == '=')
		return sign[0] == '=' ? a == b : sign[0] == '!' ? a != b : sign[0] == '<' ? a <= b : a >= b;
	if ((*sign == '/' || *sign == '%') && b == 0) {
		p->bad = true;
		return 0;
	}
	switch (*sign) {
	case '<':
		return a < b;
	case '>':
		return a > b;
	case '+':
		return a + b;
	case '-':
		return a - b;
	case '*':
		return a * b;
	case '/':
		return a / b;
	default:
		return a % b;
	}
}

/* All that binds at least as strongly as `least`, from left to right. */
static unsigned long plural_chain(struct plural *p, int least)
{
	unsigned long value = plural_value(p);

	for (size_t i = 0; i < sizeof plural_signs / sizeof *plural_signs && !p->bad; i++) {
		if (plural_signs[i].strength < least || !plural_take(p, plural_signs[i].sign))
			continue;
		value = plural_apply(p, plural_signs[i].sign, value, plural_chain(p, plural_signs[i].strength + 1));
		i = (size_t)-1; /* another may follow */
	}
	return value;
}

static unsigned long plural_choice(struct plural *p)
{
	unsigned long value, yes, no;

	if (p->depth++ >= PLURAL_DEPTH) {
		p->bad = true;
		return 0;
	}
	value = plural_chain(p, 1);
	if (!p->bad && plural_take(p, "?")) {
		yes = plural_choice(p);
		p->bad |= !plural_take(p, ":");
		no = plural_choice(p);
		value = value ? yes : no;
	}
	return value;
}

unsigned long plural_form(const char *rule, unsigned long n)
{
	struct plural p = {.at = rule, .n = n};
	unsigned long form;

	if (!rule)
		return n != 1;
	form = plural_choice(&p);
	p.at += strspn(p.at, " \t");
	return p.bad || (*p.at && *p.at != ';' && *p.at != '\n') ? 0 : form;
}
