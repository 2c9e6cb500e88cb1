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
#include "ui/console.h"
#include "ui/kit/draw.h"
#include "ui/kit/term.h"
#include "ui/script.h"
#include "ui/worker.h"

enum { APP_KEYS = 4096 }; /* keys taken before a frame is due: what types faster than it paints is a machine */

static void app_signals(struct console *c)
{
	/* While we were stopped, more may have come. */
	for (unsigned asked; !c->leaving && (asked = term_signals());) {
		c->leaving = asked & TERM_END;
		c->dirty = true;
		if (c->leaving)
			return;
		if (asked & TERM_CONTINUED)
			term_continue();
		if (asked & TERM_RESIZED)
			term_resize(0, 0);
		if (asked & TERM_SUSPENDED)
			term_suspend();
	}
}

static void app_keys(struct console *c, struct buffer *paste)
{
	for (int i = 0; i < APP_KEYS && !c->leaving; i++) {
		int key;
		struct term_mouse mouse;
		switch (term_read(&key, paste, &mouse)) {
		case TERM_NOTHING:
			return;
		case TERM_KEY:
			console_key(c, key);
			/* What was sent is shown before the next is: of ten CIFs typed ahead each is seen. */
			if (key == KEY_RETURN)
				console_paint(c);
			break;
		case TERM_PASTE:
			console_paste(c, buffer_text(paste), paste->len);
			break;
		case TERM_MOUSE:
			console_mouse(c, &mouse);
			/* What it hit must be what is seen. */
			console_paint(c);
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
			{.fd = news_board_fd(&c->news, clock_mono()), .events = POLLIN},
			{.fd = c->params->stop_fd > 0 ? c->params->stop_fd : -1, .events = POLLIN},
			{.fd = c->session.worker ? worker_fd(c->session.worker) : -1, .events = POLLIN},
			{.fd = news_fd(&c->news, clock_mono()), .events = POLLIN},
		};
		int ready = poll(watched, sizeof(watched) / sizeof(watched[0]), console_timeout(c));
		if (ready < 0 && errno != EINTR)
			break;
		if (ready < 0 || watched[1].revents)
			app_signals(c);
		c->leaving |= watched[3].revents != 0;
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
	console_started(&c);
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
