/* clip: the terminal's clipboard, through OSC 52. */
#ifndef TD_UI_KIT_CLIP_H
#define TD_UI_KIT_CLIP_H

#include <stddef.h>

enum clip_result { CLIP_DONE, CLIP_TOO_LONG, CLIP_NONE };

/* n bytes of text. */
enum clip_result clip_copy(const char *text, size_t n);

#endif
