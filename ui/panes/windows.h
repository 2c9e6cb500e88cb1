/* windows: the windows the STOR screen can be asked for, and what its bars then stand for.
 *
 * One list, from ten seconds to a month. A window up to 12 hours can overlap the ones around it: `share` is
 * how many begin within its length (1: they follow each other). Days and longer only follow each other.
 */
#ifndef TD_UI_PANES_WINDOWS_H
#define TD_UI_PANES_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/moment.h"

struct error;
struct zone;

/* The next longer (step 1) or shorter (-1) one of the list; the same at its ends. */
struct duration windows_next(const struct duration *window, int step);
/* From one window to the next with this share. The window itself where it cannot be parted so. */
struct duration windows_slide(const struct duration *window, int share);
/* The next share of whole, half, a third that the window can be parted by. */
int windows_share(const struct duration *window, int share);

enum windows_said { WINDOWS_NONE, WINDOWS_GOOD, WINDOWS_BAD };
/* "15m", "15m/5m", "15m 5m". NONE: the text is no window at all; BAD: one that cannot be counted, err says why. */
enum windows_said windows_parse(const char *text, struct duration *window, int *share, struct error *err);

/* ---- what a bar of the chart counts ---- */

enum windows_unit { UNIT_TEN_SECONDS, UNIT_MINUTE, UNIT_FIVE, UNIT_QUARTER, UNIT_HOUR, UNIT_DAY, UNIT_COUNT };

enum windows_unit windows_unit(const struct duration *window);
struct duration windows_unit_length(enum windows_unit unit);
/* "All stores, registrations per minute"; "Registrations per minute". Translated. */
const char *windows_unit_title(enum windows_unit unit, bool all);

#endif
