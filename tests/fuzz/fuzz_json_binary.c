/* Any bytes are a JSON value or an error; text is at most a few times as long as the bytes and no control character is
 * left in it. */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "binlog/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = {0};
	struct error err = {0};
	bool good = json_binary_text(data, size, &out, &err);
	must(good == (err.code == ERROR_NONE));
	must(!good || out.len > 0);
	must(out.len <= 16 * size + 128);
	for (size_t i = 0; i < out.len; i++)
		must((uint8_t)out.data[i] >= 0x20);
	buffer_done(&out);
	return 0;
}
