/* The first copy and the resync on a source that behaves badly: the replica is what the oracle says. */
#include "config.h"

#include "base/buffer.h"
#include "copying.h"
#include "run.h"

static bool snapshot_one(uint64_t seed, int length, struct buffer *why)
{
	struct copying c = copying_of(seed, length);

	return copying_run(&c, why);
}

static void snapshot_tell(uint64_t seed, int length, struct buffer *out)
{
	struct copying c = copying_of(seed, length);

	copying_tell(&c, out);
}

int main(int argc, char **argv)
{
	static const struct run_program program = {"snapshot", 1000, 45, snapshot_one, snapshot_tell};

	return run_main(&program, argc, argv);
}
