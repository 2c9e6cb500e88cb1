#include "config.h"

#include "pgoutput/lsn.h"

#include <inttypes.h>
#include <stdio.h>

/* 1 to 8 hex digits. Returns how many; 0: there are none, or more. */
static size_t lsn_half(const char *text, size_t n, uint32_t *out)
{
	size_t i = 0;
	*out = 0;
	for (; i < n; i++) {
		char c = text[i];
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
		if (digit < 0)
			break;
		if (i == 8)
			return 0;
		*out = *out << 4 | (uint32_t)digit;
	}
	return i;
}

bool lsn_parse(const char *text, size_t n, uint64_t *out)
{
	uint32_t high, low;
	size_t taken = lsn_half(text, n, &high);
	if (taken == 0 || taken == n || text[taken] != '/')
		return false;
	taken++;
	size_t rest = lsn_half(text + taken, n - taken, &low);
	if (rest == 0 || taken + rest != n)
		return false;
	*out = (uint64_t)high << 32 | low;
	return true;
}

const char *lsn_text(uint64_t lsn, char out[LSN_SIZE])
{
	snprintf(out, LSN_SIZE, "%" PRIX32 "/%" PRIX32, (uint32_t)(lsn >> 32), (uint32_t)lsn);
	return out;
}

uint64_t lsn_page_begin(uint64_t lsn, uint64_t page, uint64_t segment)
{
	enum { HEAD = 24, HEAD_OF_SEGMENT = 40 };
	uint64_t inside = lsn % page;

	/* A record that began on the page before may end 40 bytes into one that is not a segment's first. */
	return inside == (lsn % segment < page ? HEAD_OF_SEGMENT : HEAD) ? lsn - inside : lsn;
}
