#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/moment.h"
#include "base/text.h"

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1; /* -1: stderr */
static _Atomic int log_threshold = LOG_NOTE;

bool log_open(const char *path, enum log_level level)
{
	int fd = -1, old;

	if (path != NULL) {
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
		if (fd < 0)
			return false;
	}
	pthread_mutex_lock(&log_lock);
	old = log_file;
	log_file = fd;
	pthread_mutex_unlock(&log_lock);
	if (old >= 0)
		close(old);
	log_level(level);
	return true;
}

void log_level(enum log_level level)
{
	atomic_store(&log_threshold, (int)level);
}

static void log_head(struct buffer *line, enum log_level level, bool file)
{
	static const char *const words[] = {[LOG_ERROR] = N_("error"), [LOG_WARN] = N_("warning"), [LOG_NOTE] = N_("note"),
					    [LOG_DEBUG] = N_("debug")};
	char time[MOMENT_SIZE];

	if (file)
		buffer_format(line, "%s %s: ", moment_utc(clock_now(), time), words[level]);
	else if (level == LOG_NOTE)
		buffer_text_add(line, "tellerdesk: ");
	else
		buffer_format(line, _("tellerdesk: %s: "), _(words[level]));
}

/* A log that cannot be written must not stop the program, nor can it be told anywhere. */
static void log_write(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		p += done;
		n -= (size_t)done;
	}
}

void log_line(enum log_level level, const char *format, ...)
{
	struct buffer said = {0}, told = {0}, line = {0};
	int saved = errno;
	va_list args;

	if ((int)level > atomic_load_explicit(&log_threshold, memory_order_relaxed))
		return;
	va_start(args, format);
	buffer_format_list(&said, format, args);
	va_end(args);
	pthread_mutex_lock(&log_lock);
	log_head(&line, level, log_file >= 0);
	if (log_file < 0)
		language_sentence(&told, buffer_text(&said));
	else
		buffer_add(&told, buffer_text(&said), said.len);
	text_clean(&line, buffer_text(&told), told.len, false);
	buffer_char(&line, '\n');
	log_write(log_file >= 0 ? log_file : STDERR_FILENO, line.data, line.len);
	pthread_mutex_unlock(&log_lock);
	buffer_done(&line);
	buffer_done(&said);
	buffer_done(&told);
	errno = saved;
}
