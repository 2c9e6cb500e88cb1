/* place: what the tests of ingest in one process share: a bank to read, a replica to build, a look at what it holds. */
#ifndef TD_CHAOS_PLACE_H
#define TD_CHAOS_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct ingest;
struct ingest_params;
struct model;

extern const struct model *place_model;

void place_begin(void); /* loads the model; once */
void place_end(void);
/* A path in the private folder; static storage of eight. */
const char *place_path(const char *name);
/* A bank of generated customers. */
void place_bank(const char *name, int64_t customers, uint64_t seed);
/* One statement on a database, as any other program would. */
void place_write(const char *name, const char *sql);
int64_t place_number(const char *name, const char *sql, int64_t missing);
struct ingest_params place_params(const char *bank, const char *replica);
/* Runs to the position the bank has now. */
void place_ingest(const char *bank, const char *replica);
/* Waits up to `seconds` for a number that an SQL question gives; false: it did not come. */
bool place_wait(const char *name, const char *sql, int64_t wanted, double seconds);
/* Fails the test where replica_check finds something, with what it found. */
void place_check(const char *replica);
/* A number that two replicas share if and only if they hold the same rows, versions, registrations and words: their
 * times and transactions apart. */
uint64_t place_digest(const char *replica);
void place_remove(const char *replica);

#endif
