#include "config.h"

#include "ui/kit/clip.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "ui/kit/term.h"

#define CLIP_BEGIN "\033]52;c;"
#define CLIP_END   "\007"
/* tmux wants each ESC within doubled. */
#define CLIP_TMUX_BEGIN "\033Ptmux;\033"
#define CLIP_TMUX_END   "\033\\"

static struct buffer clip_text; /* headless alone: nothing copied stays in memory longer than it must */

/* What fits, without half a character at its end. */
static size_t clip_fit(const char *text, size_t n)
{
	size_t most = (CLIP_SEQUENCE - sizeof(CLIP_BEGIN) - sizeof(CLIP_END)) / 4 * 3;
	return n <= most ? n : text_whole(text, most);
}

size_t clip_sequence(struct buffer *out, const char *text, size_t n, bool tmux)
{
	size_t kept = clip_fit(text, n);
	size_t size = sodium_base64_encoded_len(kept, sodium_base64_VARIANT_ORIGINAL);
	char *base64 = memory_alloc(size);
	sodium_bin2base64(base64, size, (const unsigned char *)text, kept, sodium_base64_VARIANT_ORIGINAL);
	buffer_format(out, CLIP_BEGIN "%s" CLIP_END, base64);
	if (tmux)
		buffer_format(out, CLIP_TMUX_BEGIN CLIP_BEGIN "%s" CLIP_END CLIP_TMUX_END, base64);
	sodium_memzero(base64, size);
	free(base64);
	return kept;
}

size_t clip_copy(const char *text, size_t n)
{
	struct buffer sequence = {0};
	const char *tmux = getenv("TMUX");
	size_t kept = clip_sequence(&sequence, text, n, tmux && tmux[0]);
	if (term_headless()) {
		buffer_clear(&clip_text);
		buffer_add(&clip_text, text, kept);
	} else if (!term_send(sequence.data, sequence.len)) {
		kept = 0;
	}
	sodium_memzero(sequence.data, sequence.len);
	buffer_done(&sequence);
	return kept;
}

const char *clip_last(void)
{
	return buffer_text(&clip_text);
}

void clip_done(void)
{
	buffer_done(&clip_text);
}
