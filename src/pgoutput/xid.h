/* xid: numbers of transactions. The log has their low half, which begins anew after four thousand million; the server's snapshots have all of it. */
#ifndef TD_PGOUTPUT_XID_H
#define TD_PGOUTPUT_XID_H

#include <stdint.h>

/* The number of that low half that is nearest to `near`: none is in use that is half a round from another. */
static inline uint64_t xid_near(uint64_t near, uint32_t low)
{
	uint64_t ahead = (uint32_t)(low - (uint32_t)near), behind = (uint32_t)((uint32_t)near - low);

	return ahead < behind || behind > near ? near + ahead : near - behind;
}

#endif
