/* log: narration on stderr (commands) or into a file (the console).
 * On stderr it is in the reader's language, in a file in English: formats are extracted from
 * calls of log_line for translation, and need no mark.
 * Every line is cleaned of control characters; values of columns flagged pii
 * must not be passed here. Thread-safe. */
#ifndef TD_BASE_LOG_H
#define TD_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_NOTE, LOG_DEBUG };

/* path NULL: stderr. A file is opened 0600, append. Lines of a file carry a UTC time. */
bool log_open(const char *path, enum log_level level);
void log_level(enum log_level level);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
