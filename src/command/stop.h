/* stop: SIGTERM, SIGINT and SIGHUP as a descriptor that becomes readable.
 *
 *     if (!stop_begin(&err)) ...
 *     poll stop_fd() beside whatever is waited for; stop_signal() tells which came, 0 none
 *     stop_end();                   the handlers of before are back
 *
 * One at a time in a process: signals belong to it, not to a command.
 */
#ifndef TD_COMMAND_STOP_H
#define TD_COMMAND_STOP_H

#include <stdbool.h>

struct error;

bool stop_begin(struct error *err);
int stop_fd(void);
int stop_signal(void);
void stop_end(void);

/* For a command that ends at once wherever it is: from now on such a signal says
 * so on stderr and exits with the status of an interrupted command; a service
 * exits with 0, without a word. What was
 * committed stays; a transaction under way is rolled back by the next to open the file. */
void stop_at_once(bool service);

#endif
