/* memory: checked allocation, and arenas.
 *
 * Nothing here returns NULL: when memory is exhausted the hook set with
 * memory_on_exhausted runs (the console restores the terminal there), one line
 * goes to stderr and the process exits with status 70.
 *
 * An arena is a bump allocator: everything taken from it lives until
 * arena_reset or arena_done. One arena a change, one arena an answer.
 */
#ifndef TD_BASE_MEMORY_H
#define TD_BASE_MEMORY_H

#include <stddef.h>

void memory_on_exhausted(void (*hook)(void));
_Noreturn void memory_exhausted(void); /* for callers of libraries that report it in their own way */

void *memory_alloc(size_t size);               /* uninitialised */
void *memory_zero(size_t count, size_t size);  /* zeroed, overflow-checked */
void *memory_grow(void *p, size_t size);       /* realloc */
char *memory_text(const char *s);              /* strdup; NULL stays NULL */
char *memory_text_n(const char *s, size_t n);  /* n bytes and a NUL */
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct arena_block;
struct arena {
	struct arena_block *first; /* list of blocks, the one in use first */
	size_t used;               /* bytes taken from it */
	size_t total;              /* bytes held by all blocks */
};

void arena_init(struct arena *a);
void arena_done(struct arena *a);
void arena_reset(struct arena *a); /* keeps one block for the next round */
void *arena_alloc(struct arena *a, size_t size);   /* aligned to 16, uninitialised */
void *arena_zero(struct arena *a, size_t count, size_t size);
void *arena_copy(struct arena *a, const void *p, size_t size); /* the copy is followed by a NUL byte */
char *arena_text(struct arena *a, const char *s);  /* NULL stays NULL */
char *arena_format(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
