/* cascade: what a bank's server does to the rows of one table when a row of another goes or changes.
 *
 * Some servers carry out foreign keys without logging the rows they touch. The
 * source reads the rules from the server's catalogue (source_ops.cascades) and apply
 * carries them out again (replica/apply.h) at each change that says so (change.cascades).
 *
 * A child row belongs to a parent row when each of its child_columns equals the parent's
 * column at the same place; a NULL equals nothing. Values are compared as the replica
 * holds them, so a text key matches by its bytes.
 *
 * action     the parent is deleted        its columns change
 * NONE       nothing                      nothing
 * FOLLOW     the child is deleted         the child takes the new values
 * SET_NULL   its child_columns are NULL   the same
 */
#ifndef TD_MODEL_CASCADE_H
#define TD_MODEL_CASCADE_H

enum cascade_action { CASCADE_NONE, CASCADE_FOLLOW, CASCADE_SET_NULL };

struct cascade {
	int parent, child; /* entities; they may be one */
	int column_count;
	const int *parent_columns; /* column indexes of the parent ... */
	const int *child_columns;  /* ... and, at the same places, of the child */
	enum cascade_action on_delete, on_update;
};

struct cascades {
	const struct cascade *list;
	int count;
};

#endif
