/* clip: text into the clipboard of the terminal the reader sits at, by OSC 52. */
#ifndef TD_UI_KIT_CLIP_H
#define TD_UI_KIT_CLIP_H

#include <stddef.h>

/* Copies n bytes of UTF-8, or as many whole characters of it as there is room for. Returns how many
 * bytes; 0 also when the terminal could not be written to. */
size_t clip_copy(const char *text, size_t n);

#endif
