/* search_index: prefixes of the words of names, and exact values of `search` columns.
 *
 * td_word(word, name, key): one row for each distinct word of a customer's folded name, in the order an
 * answer wants: for one word by name, then key. td_term(word, n) counts them, so that the words of a prefix and
 * their weight are known before any row is read. td_exact(hash, key): a 63-bit hash of (column, folded value).
 *
 * The index follows: apply notes in td_search_queue each customer whose name or search columns changed (with the
 * name indexed before), and search_follow works the queue off between commits. What is still queued is
 * searched directly. A first load is not queued: search_build reads the whole table once, in sorted order.
 */
#ifndef TD_REPLICA_SEARCH_INDEX_H
#define TD_REPLICA_SEARCH_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "model/value.h"

struct arena;
struct buffer;
struct entity;
struct error;
struct replica;

#define SEARCH_DIRECT 50000   /* up to that many queued names are searched directly */
#define SEARCH_NAME_MOST 1024 /* bytes of a folded name that are searched */

void search_schema(struct buffer *sql);
bool search_open(struct replica *r, struct error *err);
void search_close(struct replica *r);
void search_reset(struct replica *r); /* after a rollback */
/* Nothing is indexed any more (the table was emptied): it is built again. */
bool search_forget(struct replica *r, struct error *err);
/* Called by apply and copy for each customer row that appears (old NULL), changes or goes (now NULL). */
bool search_note(struct replica *r, const struct value *old, const struct value *now, struct error *err);
/* Works off up to `most` queued names, or goes on building; *more: there is more to do. In its own transaction. */
bool search_follow(struct replica *r, int most, bool *more, struct error *err);

/* The customer's name as shown: its name columns joined by a space. */
const char *search_name(const struct entity *e, const struct value *row, struct arena *a);
/* The same folded, as it is searched: its words, up to SEARCH_NAME_MOST bytes. */
void search_fold(const struct entity *e, const struct value *row, struct buffer *out, struct arena *a);
int64_t search_hash(const char *column, const char *folded);

#endif
