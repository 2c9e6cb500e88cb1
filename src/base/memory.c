/* An arena is a list of blocks, the one in use first. A block twice as large as
 * the last follows a full one, so that a small change costs one small block and
 * a large answer few large ones; what is larger than the next block gets a block
 * of its own behind the first, whose free room stays in use.
 */
#include "config.h"

#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_POISON 1
#endif
#endif

/* Under AddressSanitizer what was not taken from a block, or was given back by a reset, may not be touched. */
#ifdef MEMORY_POISON
#include <sanitizer/asan_interface.h>
#define memory_poison(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define memory_unpoison(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define memory_poison(p, n)   ((void)0)
#define memory_unpoison(p, n) ((void)0)
#endif

enum { MEMORY_STATUS = 70, ARENA_ALIGN = 16, ARENA_SMALLEST = 8 << 10, ARENA_LARGEST = 1 << 20 };

static void (*memory_hook)(void);

void memory_on_exhausted(void (*hook)(void))
{
	memory_hook = hook;
}

/* Neither stdio nor exit handlers: both may ask for memory again. */
_Noreturn void memory_exhausted(void)
{
	static const char line[] = "tellerdesk: could not go on: out of memory\n";
	void (*hook)(void) = memory_hook;

	memory_hook = NULL;
	if (hook != NULL)
		hook();
	if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
		_exit(MEMORY_STATUS);
	_exit(MEMORY_STATUS);
}

void *memory_alloc(size_t size)
{
	void *p = malloc(size != 0 ? size : 1);

	if (p == NULL)
		memory_exhausted();
	return p;
}

void *memory_zero(size_t count, size_t size)
{
	void *p;

	if (count == 0 || size == 0)
		count = size = 1;
	p = calloc(count, size);
	if (p == NULL)
		memory_exhausted();
	return p;
}

void *memory_grow(void *p, size_t size)
{
	void *grown = realloc(p, size != 0 ? size : 1);

	if (grown == NULL)
		memory_exhausted();
	return grown;
}

char *memory_text(const char *s)
{
	return s != NULL ? memory_text_n(s, strlen(s)) : NULL;
}

char *memory_text_n(const char *s, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		memory_exhausted();
	copy = memory_alloc(n + 1);
	if (n > 0)
		memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

static size_t memory_format_size(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static size_t memory_format_size(const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	assert(n >= 0);
	return (size_t)n + 1;
}

char *memory_format(const char *format, ...)
{
	va_list args;
	size_t size;
	char *text;

	va_start(args, format);
	size = memory_format_size(format, args);
	text = memory_alloc(size);
	vsnprintf(text, size, format, args);
	va_end(args);
	return text;
}

struct arena_block {
	struct arena_block *next;
	size_t size; /* bytes after this head */
	size_t used;
	size_t unused; /* makes the head a multiple of ARENA_ALIGN */
};

_Static_assert(sizeof(struct arena_block) % ARENA_ALIGN == 0, "what follows the head of a block is aligned");

static char *arena_bytes(struct arena_block *block)
{
	return (char *)(block + 1);
}

static struct arena_block *arena_block_new(struct arena *a, size_t size)
{
	struct arena_block *block = memory_alloc(sizeof *block + size);

	*block = (struct arena_block){.size = size};
	memory_poison(arena_bytes(block), size);
	a->total += size;
	return block;
}

static void arena_block_free(struct arena *a, struct arena_block *block)
{
	a->total -= block->size;
	memory_unpoison(arena_bytes(block), block->size);
	free(block);
}

static size_t arena_next_size(const struct arena *a)
{
	size_t size = ARENA_SMALLEST;

	while (size < ARENA_LARGEST && size <= a->total)
		size *= 2;
	return size;
}

/* The block the next `size` bytes are taken from. */
static struct arena_block *arena_extend(struct arena *a, size_t size)
{
	size_t next = arena_next_size(a);
	struct arena_block *block = arena_block_new(a, size > next ? size : next);

	if (size > next && a->first != NULL) {
		block->next = a->first->next;
		a->first->next = block;
	} else {
		block->next = a->first;
		a->first = block;
	}
	return block;
}

void arena_init(struct arena *a)
{
	*a = (struct arena){0};
}

void arena_done(struct arena *a)
{
	while (a->first != NULL) {
		struct arena_block *next = a->first->next;

		arena_block_free(a, a->first);
		a->first = next;
	}
	*a = (struct arena){0};
}

/* Keeps the largest block of ordinary size: one huge value must not hold its memory for good. */
void arena_reset(struct arena *a)
{
	struct arena_block *kept = NULL, *block, *next;

	for (block = a->first; block != NULL; block = block->next) {
		if (block->size <= ARENA_LARGEST && (kept == NULL || block->size > kept->size))
			kept = block;
	}
	for (block = a->first; block != NULL; block = next) {
		next = block->next;
		if (block != kept)
			arena_block_free(a, block);
	}
	if (kept != NULL) {
		kept->next = NULL;
		kept->used = 0;
		memory_poison(arena_bytes(kept), kept->size);
	}
	a->first = kept;
	a->used = 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *block = a->first;
	size_t need;
	char *p;

	if (size > SIZE_MAX / 2)
		memory_exhausted();
	need = size != 0 ? (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN : ARENA_ALIGN;
	if (block == NULL || block->size - block->used < need)
		block = arena_extend(a, need);
	p = arena_bytes(block) + block->used;
	block->used += need;
	a->used += need;
	memory_unpoison(p, size);
	return p;
}

void *arena_zero(struct arena *a, size_t count, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(count, size, &bytes))
		memory_exhausted();
	p = arena_alloc(a, bytes);
	memset(p, 0, bytes);
	return p;
}

void *arena_copy(struct arena *a, const void *p, size_t size)
{
	char *copy;

	if (size == SIZE_MAX)
		memory_exhausted();
	copy = arena_alloc(a, size + 1);
	if (size > 0)
		memcpy(copy, p, size);
	copy[size] = '\0';
	return copy;
}

char *arena_text(struct arena *a, const char *s)
{
	return s != NULL ? arena_copy(a, s, strlen(s)) : NULL;
}

char *arena_format(struct arena *a, const char *format, ...)
{
	va_list args;
	size_t size;
	char *text;

	va_start(args, format);
	size = memory_format_size(format, args);
	text = arena_alloc(a, size);
	vsnprintf(text, size, format, args);
	va_end(args);
	return text;
}
