/* mutants: rules of the copy that can be taken out one by one, to show that the tests see it.
 *
 * Only a build with -DTD_MUTANTS (tests/property) has them; in the product
 * MUTANT(x) is a constant false.
 */
#ifndef TD_REPLICA_MUTANTS_H
#define TD_REPLICA_MUTANTS_H

#ifdef TD_MUTANTS
enum copy_mutant {
	MUTANT_NONE,
	MUTANT_TOUCHED,         /* chunks overwrite what the stream touched */
	MUTANT_HOLD,            /* a chunk is written before its H */
	MUTANT_P0,              /* P0 is the end of the log, visible or not */
	MUTANT_TRUNCATE,        /* a truncate does not end the copy */
	MUTANT_REINSERT,        /* a chunk fills partial rows whose key was inserted, deleted or moved */
	MUTANT_LEFTOVER_BOUND,  /* partial rows are read by key at once */
	MUTANT_RESYNC_INSERT,   /* an insert on a key a resync still holds is an update */
	MUTANT_DURABLE_TOUCHED, /* touched keys are forgotten by a restart */
	MUTANT_CURSOR,          /* the cursor is committed before the rows */
	MUTANT_CASCADE,         /* what was read before a cascade is written after it */
	MUTANT_CASCADE_P0,      /* chunks are read after a cascade, visible or not */
	MUTANT_CASCADE_T0,      /* rows read after a cascade are dated from before it */
	MUTANT_CASCADE_MOVES,   /* a copy goes on after a cascade has moved keys */
	MUTANT_CASCADE_SPREAD,  /* children of rows nobody has read are left as they are */
	MUTANT_CASCADE_DOUBT,   /* a partial row whose foreign key is not known was not struck */
};
extern int copy_mutant;
#define MUTANT(x) (copy_mutant == MUTANT_##x)
#else
#define MUTANT(x) 0
#endif

#endif
