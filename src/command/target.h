/* target: what the commands that read a source or write the replica have in
 * common: which source, which model, which replica, as the options say.
 *
 *     struct target t;
 *     if (!target_open(&t, settings, &err))
 *             return target_fail(&t, &err);
 *     ... ingest_new(&t.params, &err) ...
 *     target_close(&t);
 *
 * The source is --source, else the replica's own; the model is --model, else the
 * replica's own, else, for a replica yet to be made, the default one. params
 * points into the target.
 */
#ifndef TD_COMMAND_TARGET_H
#define TD_COMMAND_TARGET_H

#include <stdbool.h>

#include "base/buffer.h"
#include "ingest/ingest.h"

struct error;
struct model;
struct settings;

struct target {
	struct ingest_params params;
	bool replica_exists;
	char *replica_path, *state_folder;
	char *source_url;
	struct model *model;        /* NULL: the replica's own */
	struct buffer model_errors; /* every error of the model, a line each */
};

bool target_open(struct target *t, const struct settings *s, struct error *err);
void target_close(struct target *t);
/* Prints err, and what is wrong in the model, on stderr; closes. Returns the exit status. */
int target_fail(struct target *t, const struct error *err);
/* Prints lines of errors of files, FILE:LINE: what, cleaned, on stderr. */
void target_print_lines(const char *lines);

#endif
