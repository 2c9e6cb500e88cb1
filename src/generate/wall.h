/* wall: the wall clock by which the generated bank writes registered_at. */
#ifndef TD_GENERATE_WALL_H
#define TD_GENERATE_WALL_H

#include <stdint.h>

struct zone;

enum { WALL_SIZE = 96 };

const struct zone *wall_zone(void);
/* "2026-11-20 16:41:07.000000" */
void wall_text(const struct zone *zone, int64_t at, char out[WALL_SIZE]);

#endif
