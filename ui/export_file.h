/* export_file: a file that appears whole or not at all.
 *
 *     struct export_file f;
 *     if (export_file_open(&f, path, &stop, &err)) { fprintf(f.out, ...); export_file_close(&f, overwrite, &err); }
 *
 * It is written under a name of its own in the same folder, mode 0600, and takes its name when all
 * of it is on the disk. Once *stop is set every further write fails, and nothing is left behind.
 */
#ifndef TD_UI_EXPORT_FILE_H
#define TD_UI_EXPORT_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct error;

struct export_file {
	FILE *out;
	char *path, *temporary;
	int fd;
	const atomic_bool *stop;
	_Atomic int64_t *bytes; /* written so far, for whoever watches */
	int failure;            /* errno of the first write that failed */
};

/* stop and bytes outlive the file. */
bool export_file_open(struct export_file *f, const char *path, const atomic_bool *stop, _Atomic int64_t *bytes,
		      struct error *err);
/* False: err (ERROR_CANCELLED when it was stopped), and no file. Either way it is done with. */
bool export_file_close(struct export_file *f, bool overwrite, struct error *err);

#endif
