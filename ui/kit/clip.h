/* clip: text into the clipboard of the terminal the reader sits at, by OSC 52.
 *
 *     if (session->copies)                       off unless the setting `copy` says osc52
 *             kept = clip_copy(text, n);
 *     if (kept < n) ...                          say so: the clipboard holds the beginning alone
 *
 * The terminal is written ESC ] 52 ; c ; BASE64 BEL, between two frames. It does not answer: whether it
 * took the text cannot be known (xterm wants allowWindowOps, for instance). Terminals bound such a
 * sequence; ours has 100,000 bytes at most, which is some 75,000 bytes of text.
 *
 * Within tmux (TMUX is set) the sequence reaches tmux, which takes it for its own buffer and hands it
 * on where `set-clipboard` is `on`; its default, `external`, drops it. It is therefore sent a second time in tmux's
 * passthrough, which reaches the terminal behind it where `allow-passthrough` is `on` (always before
 * tmux 3.3). One of the two is to be set; with both, the clipboard gets the same text twice.
 *
 * What is copied leaves the program: the caller never gives it what the model marks as `pii`.
 */
#ifndef TD_UI_KIT_CLIP_H
#define TD_UI_KIT_CLIP_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

enum { CLIP_SEQUENCE = 100000 /* bytes, at most */ };

/* Copies n bytes of UTF-8, or as many whole characters of it as there is room for. Returns how many
 * bytes; 0 also when the terminal could not be written to. */
size_t clip_copy(const char *text, size_t n);
/* The sequence: appended to out. tmux: twice, as above. Returns the bytes of text in it. */
size_t clip_sequence(struct buffer *out, const char *text, size_t n, bool tmux);
/* Headless: what was copied last, "" if nothing was. */
const char *clip_last(void);
void clip_done(void);

#endif
