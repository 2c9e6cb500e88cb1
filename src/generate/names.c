#include "config.h"

#include "generate/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/place.h"
#include "base/text.h"

const char *const country_codes[COUNTRIES] = {"id", "fr", "gb", "tr", "jp", "de"};

enum { PARTS = 4 };

/* One list file while it is read. */
struct reader {
	struct names *names;
	struct country *country; /* NULL: the file of shops */
	const char *path;
	int line;
	char section[16];
	struct buffer folded;
	struct error *err;
};

static bool reader_wrong(struct reader *r, const char *what)
{
	return error_set(r->err, ERROR_USAGE, "could not read names \"%s\": line %d: %s", r->path, r->line, what);
}

/* Makes room for one more item; the old array stays in the arena, which is small. */
static void *list_room(struct arena *arena, void *items, uint32_t count, uint32_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room ? *room * 2 : 64;
	void *grown = arena_alloc(arena, *room * size);
	if (count)
		memcpy(grown, items, count * size);
	return grown;
}

static const char *plain_of(struct reader *r, const char *text)
{
	buffer_clear(&r->folded);
	text_fold(&r->folded, text, strlen(text));
	const char *folded = buffer_text(&r->folded);
	char *plain = arena_alloc(&r->names->arena, strlen(folded) + 1), *at = plain;
	for (; *folded; folded++)
		if ((*folded >= 'a' && *folded <= 'z') || (*folded >= '0' && *folded <= '9'))
			*at++ = *folded;
	*at = '\0';
	return plain;
}

static bool name_add(struct reader *r, struct name_list *list, const char *text, const char *spelling)
{
	struct name name = {text, plain_of(r, spelling ? spelling : text)};
	if (!*name.plain)
		return reader_wrong(r, "a name in another script needs the way an e-mail address spells it");
	list->items = list_room(&r->names->arena, list->items, list->count, &list->room, sizeof *list->items);
	list->items[list->count++] = name;
	return true;
}

static void text_add(struct reader *r, struct text_list *list, const char *text)
{
	list->items = list_room(&r->names->arena, list->items, list->count, &list->room, sizeof *list->items);
	list->items[list->count++] = text;
}

static bool town_add(struct reader *r, struct town_list *list, char *const parts[PARTS])
{
	if (!parts[1] || !parts[2])
		return reader_wrong(r, "a city needs a postcode and an area code");
	list->items = list_room(&r->names->arena, list->items, list->count, &list->room, sizeof *list->items);
	list->items[list->count++] = (struct town){parts[0], parts[1], parts[2]};
	return true;
}

static bool country_set(struct reader *r, char *line)
{
	char *value = strstr(line, " = ");
	if (!value)
		return reader_wrong(r, "expected \"key = value\"");
	*value = '\0';
	value += 3;
	if (!strcmp(line, "name"))
		r->country->name = value;
	else if (!strcmp(line, "offset"))
		r->country->offset = strtol(value, NULL, 10) * MINUTE;
	else
		return reader_wrong(r, "unknown key");
	return true;
}

static const struct town *town_find(const struct country *c, const char *name)
{
	for (uint32_t i = 0; i < c->towns.count; i++)
		if (!strcmp(c->towns.items[i].name, name))
			return &c->towns.items[i];
	return NULL;
}

static bool shop_add(struct reader *r, char *const parts[PARTS])
{
	struct names *names = r->names;
	if (!parts[3] || names->shop_count == SHOPS_MAX)
		return reader_wrong(r, "expected at most 64 lines \"number | country | city | name\"");
	int country = 0;
	while (country < COUNTRIES && strcmp(country_codes[country], parts[1]))
		country++;
	const struct town *town = country < COUNTRIES ? town_find(&names->countries[country], parts[2]) : NULL;
	struct shop *shop = &names->shops[names->shop_count];
	if (!town || strlen(parts[0]) >= sizeof shop->store_id || strlen(parts[2]) >= sizeof shop->city ||
	    strlen(parts[3]) >= sizeof shop->name)
		return reader_wrong(r, "the country or the city is not in the lists, or a part is too long");
	strcpy(shop->store_id, parts[0]);
	strcpy(shop->city, parts[2]);
	strcpy(shop->name, parts[3]);
	names->shop_country[names->shop_count] = country;
	names->shop_town[names->shop_count++] = town;
	return true;
}

static void line_split(char *line, char *parts[PARTS])
{
	for (int i = 0; i < PARTS; i++) {
		parts[i] = line;
		char *bar = line ? strstr(line, " | ") : NULL;
		if (bar && i < PARTS - 1)
			*bar = '\0';
		line = bar ? bar + 3 : NULL;
	}
}

static bool reader_item(struct reader *r, char *line)
{
	struct country *c = r->country;
	if (c && !strcmp(r->section, "streets"))
		return text_add(r, &c->streets, line), true;
	if (c && !strcmp(r->section, "addresses"))
		return text_add(r, &c->addresses, line), true;
	if (c && !strcmp(r->section, "phones"))
		return text_add(r, &c->phones, line), true;
	if (c && !strcmp(r->section, "country"))
		return country_set(r, line);
	char *parts[PARTS];
	line_split(line, parts);
	if (!c)
		return shop_add(r, parts);
	if (!strcmp(r->section, "cities"))
		return town_add(r, &c->towns, parts);
	if (!strcmp(r->section, "family"))
		return name_add(r, &c->family, parts[0], parts[1]);
	if (strcmp(r->section, "given"))
		return reader_wrong(r, "unknown section");
	if (!parts[1] || (strcmp(parts[1], "f") && strcmp(parts[1], "m")))
		return reader_wrong(r, "a given name needs f or m");
	return name_add(r, &c->given[parts[1][0] == 'f' ? WOMEN : MEN], parts[0], parts[2]);
}

static bool reader_line(struct reader *r, char *line)
{
	size_t n = strlen(line);
	if (n == 0 || line[0] == '#')
		return true;
	if (line[0] != '[' || line[n - 1] != ']')
		return reader_item(r, line);
	if (n - 2 >= sizeof r->section)
		return reader_wrong(r, "unknown section");
	memcpy(r->section, line + 1, n - 2);
	r->section[n - 2] = '\0';
	return true;
}

/* The whole file, in the arena: items point into it. */
static char *file_read(struct arena *arena, const char *path, struct error *err)
{
	struct buffer all = {0};
	char block[16384];
	FILE *f = fopen(path, "re");
	size_t n;
	while (f && (n = fread(block, 1, sizeof block, f)) > 0)
		buffer_add(&all, block, n);
	char *text = NULL;
	if (!f || ferror(f))
		error_set(err, ERROR_USAGE, "could not read names \"%s\": %s", path, strerror(errno));
	else if (!text_valid(buffer_text(&all), all.len) || strlen(buffer_text(&all)) != all.len)
		error_set(err, ERROR_USAGE, "could not read names \"%s\": it is not UTF-8 text", path);
	else
		text = arena_copy(arena, buffer_text(&all), all.len);
	if (f)
		fclose(f);
	buffer_done(&all);
	return text;
}

/* FNV-1a. */
static uint64_t print_of(uint64_t print, const char *text)
{
	for (; *text; text++)
		print = (print ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return print;
}

static bool names_read(struct names *names, struct country *country, const char *file, struct error *err)
{
	char *path = place_data(file);
	if (!path) {
		error_set(err, ERROR_USAGE, "could not find the names \"%s\"", file);
		return error_hint(err, "set TELLERDESK_DATADIR to the data folder of tellerdesk");
	}
	struct reader r = {.names = names, .country = country, .path = path, .err = err};
	char *text = file_read(&names->arena, path, err);
	bool ok = text != NULL;
	if (ok)
		names->print = print_of(names->print, text);
	for (char *line = text; ok && line;) {
		char *end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		r.line++;
		ok = reader_line(&r, line);
		line = end;
	}
	buffer_done(&r.folded);
	free(path);
	return ok;
}

static bool country_check(const struct country *c, const char *code, struct error *err)
{
	if (c->name && c->given[WOMEN].count >= 3 && c->given[MEN].count >= 3 && c->family.count >= 2 &&
	    c->towns.count && c->streets.count && c->addresses.count && c->phones.count)
		return true;
	return error_set(err, ERROR_USAGE, "could not use the names of country \"%s\": a list is missing", code);
}

struct names *names_load(struct error *err)
{
	struct names *names = memory_zero(1, sizeof *names);
	arena_init(&names->arena);
	names->print = UINT64_C(0xcbf29ce484222325);
	for (int i = 0; i < COUNTRIES; i++) {
		char file[32];
		snprintf(file, sizeof file, "names/%s.txt", country_codes[i]);
		if (!names_read(names, &names->countries[i], file, err) ||
		    !country_check(&names->countries[i], country_codes[i], err))
			goto failed;
	}
	if (!names_read(names, NULL, "names/shops.txt", err))
		goto failed;
	if (names->shop_count > 0)
		return names;
	error_set(err, ERROR_USAGE, "could not use the names of shops: there are none");
failed:
	names_free(names);
	return NULL;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	arena_done(&names->arena);
	free(names);
}
