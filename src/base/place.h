/* place: where things live on this machine. All results are malloc'd; the caller frees. */
#ifndef TD_BASE_PLACE_H
#define TD_BASE_PLACE_H

#include <stdbool.h>

struct error;

/* A file of data/ (models/demography.model, names/id.txt ...): $TELLERDESK_DATADIR,
 * then data/ beside the running binary (a build folder), then the installed
 * package data folder. NULL when it is in none of them. */
char *place_data(const char *name);
/* Where translations lie: locale/ beside the running binary (a build folder), else where they were installed. */
char *place_locale(void);
/* $XDG_STATE_HOME/tellerdesk or ~/.local/state/tellerdesk; made 0700 if missing. NULL: err. */
char *place_state(struct error *err);
/* mkdir -p with mode 0700 for what it makes. */
bool place_make(const char *folder, struct error *err);

#endif
