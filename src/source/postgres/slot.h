/* slot: the replication slot that keeps the server's log for us.
 *
 * It is named after the console: tellerdesk_HOST_PRINT, HOST the machine's name as far as a slot's name may hold it, PRINT eight hex
 * digits of the replica's path and the machine's id. So a program that was killed between making a slot and noting it finds
 * it again, and no two replicas of a machine share one. The position (position.h) says which slot a replica uses; the name is
 * only made for a first one.
 */
#ifndef TD_SOURCE_POSTGRES_SLOT_H
#define TD_SOURCE_POSTGRES_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct postgres_client;

#define SLOT_NAME 64 /* with its end */

enum slot_state {
	SLOT_MISSING,
	SLOT_READY,
	SLOT_BUSY,       /* a process of the server reads from it */
	SLOT_LOST,       /* the server gave up what it kept */
	SLOT_FOREIGN,    /* physical, of another plugin or database */
};

struct slot {
	enum slot_state state;
	int pid;             /* BUSY */
	uint64_t confirmed;  /* confirmed_flush_lsn */
	uint64_t restart;    /* restart_lsn; 0: none */
	char wal_status[16]; /* reserved, extended, unreserved, lost; "": the server is older than 13 */
	int64_t safe_bytes;  /* until it may be lost; -1: no limit, or not told */
	int64_t retained;    /* bytes of log it keeps */
	char reason[48];     /* LOST: invalidation_reason, where the server tells */
};

/* Makes the name of a first slot. Only a-z 0-9 _ are in it. */
void slot_name(const char *replica, char out[SLOT_NAME]);
/* c: an SQL connection. */
bool slot_look(struct postgres_client *c, const char *name, struct slot *out, struct error *err);
/* One that is not there is dropped. BUSY: ERROR_UNREACHABLE, with the process. */
bool slot_drop(struct postgres_client *c, const char *name, struct error *err);

#endif
