/* app: the one loop of the console, and the only place that waits. */
#include "config.h"

#include "ui/app.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "ingest/board.h"
#include "ui/console.h"
#include "ui/kit/draw.h"
#include "ui/script.h"
#include "ui/kit/term.h"
#include "ui/worker.h"

enum { APP_KEYS = 4096 }; /* keys taken before a frame is due: what types faster than it paints is a machine */

static void app_signals(struct console *c)
{
	unsigned asked = term_signals();
	if (asked & TERM_END)
		c->leaving = true;
	if (asked & TERM_RESIZED) {
		term_resize(0, 0);
		c->dirty = true;
	}
	if (asked & TERM_SUSPENDED && !c->leaving) {
		term_suspend();
		c->dirty = true;
	}
}

static void app_keys(struct console *c, struct buffer *paste)
{
	for (int i = 0; i < APP_KEYS && !c->leaving; i++) {
		int key;
		switch (term_read(&key, paste)) {
		case TERM_NOTHING:
			return;
		case TERM_KEY:
			console_key(c, key);
			break;
		case TERM_PASTE:
			console_paste(c, buffer_text(paste), paste->len);
			break;
		case TERM_CLOSED:
			c->leaving = true;
			return;
		}
	}
}

static void app_loop(struct console *c)
{
	struct buffer paste = {0};
	console_paint(c); /* the first screen stands before anything is opened */
	while (!c->leaving) {
		console_work(c);
		console_paint(c);
		struct pollfd watched[] = {
			{.fd = term_fd(), .events = POLLIN},
			{.fd = term_signal_fd(), .events = POLLIN},
			{.fd = c->params->board ? board_fd(c->params->board) : -1, .events = POLLIN},
			{.fd = c->session.worker ? worker_fd(c->session.worker) : -1, .events = POLLIN},
		};
		/* Without a replica nobody takes what is posted: do not spin on it. */
		if (!c->session.query)
			watched[2].fd = -1;
		if (poll(watched, sizeof(watched) / sizeof(watched[0]), console_timeout(c)) < 0 && errno != EINTR)
			break;
		if (watched[1].revents)
			app_signals(c);
		if ((watched[0].revents || term_pasting()) && !c->leaving)
			app_keys(c, &paste);
		if (watched[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			c->leaving = true;
	}
	buffer_done(&paste);
}

static int app_terminal(const struct app_params *p, struct error *err)
{
	struct console c;
	if (!console_init(&c, p, err)) {
		console_done(&c);
		return error_exit(err);
	}
	struct term_params t = console_terminal(&c);
	if (!term_start(&t, err)) {
		console_done(&c);
		return error_exit(err);
	}
	draw_start(term_ascii(), false);
	session_figures(p->settings, term_ascii());
	if (term_notice() && !p->notice)
		session_say(&c.session, ROLE_WARN, "%s", term_notice());
	app_loop(&c);
	/* First the terminal: what runs in the worker may take a moment to be interrupted. */
	term_stop();
	console_done(&c);
	draw_stop();
	return 0;
}

int app_run(const struct app_params *p, struct error *err)
{
	if (p->script)
		return script_run(p, err) ? 0 : error_exit(err);
	return app_terminal(p, err);
}
