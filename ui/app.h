/* app: the console. Runs until the user leaves; the terminal is always given back.
 *
 * It reads the replica through a query connection of its own (opened again until
 * the file is there), waits on the terminal and on the board (NULL: it polls
 * query_data_version), and knows nothing of sources. Long questions (search,
 * counts, export) run on one worker thread with a connection of its own.
 */
#ifndef TD_UI_APP_H
#define TD_UI_APP_H

#include <stdbool.h>

struct board;
struct error;
struct settings;

struct app_params {
	const char *replica_path;
	struct board *board;             /* posted by the ingest thread of this process, or NULL */
	const struct settings *settings; /* ascii, no-color, accessible, zone, thresholds, [keys] */
	const char *user;                /* shown top right */
	const char *notice;              /* a line for the first screen (who writes the replica), or NULL */
	/* Readable once the process was asked to end before the console had taken its signals; 0: there is none. */
	int stop_fd;
	/* A file of instructions (ui/script.h) played on a screen nobody sees, "-": from standard input;
	 * the setting `script`. NULL: a terminal. */
	const char *script;
};

/* Returns the exit status; err says why when it is not 0. SIGTERM, SIGHUP and SIGINT end it with 0. */
int app_run(const struct app_params *p, struct error *err);

#endif
