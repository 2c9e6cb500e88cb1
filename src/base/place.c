#include "config.h"

#include "base/place.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

#ifndef PKGDATADIR
#define PKGDATADIR "/usr/local/share/tellerdesk"
#endif
#ifndef LOCALEDIR
#define LOCALEDIR "/usr/local/share/locale"
#endif

/* Takes path; gives it back if something is there. */
static char *place_if_there(char *path)
{
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static char *place_beside_binary(const char *folder, const char *name)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash == NULL)
		return NULL;
	return place_if_there(memory_format("%.*s/%s%s", (int)(slash - exe), exe, folder, name));
}

char *place_data(const char *name)
{
	const char *folder = getenv("TELLERDESK_DATADIR");
	char *path = NULL;

	if (folder != NULL && folder[0] != '\0')
		path = place_if_there(memory_format("%s/%s", folder, name));
	if (path == NULL)
		path = place_beside_binary("data/", name);
	return path != NULL ? path : place_if_there(memory_format("%s/%s", PKGDATADIR, name));
}

char *place_locale(void)
{
	/* The slash matters: beside an installed program, in /usr/bin, locale is a program too. */
	char *path = place_beside_binary("locale/", "");

	return path != NULL ? path : memory_text(LOCALEDIR);
}

static char *place_home(void)
{
	const char *home = getenv("HOME");
	struct passwd entry, *found = NULL;
	char text[4096];

	if (home != NULL && home[0] == '/')
		return memory_text(home);
	if (getpwuid_r(getuid(), &entry, text, sizeof text, &found) != 0 || found == NULL || entry.pw_dir[0] != '/')
		return NULL;
	return memory_text(entry.pw_dir);
}

/* A relative XDG_STATE_HOME counts as unset (XDG Base Directory Specification). */
char *place_state(struct error *err)
{
	const char *state = getenv("XDG_STATE_HOME");
	char *folder, *home;

	if (state != NULL && state[0] == '/') {
		folder = memory_format("%s/tellerdesk", state);
	} else {
		home = place_home();
		if (home == NULL) {
			error_set(err, ERROR_USAGE, "could not find a home folder: HOME is not set");
			error_hint(err, "set HOME or XDG_STATE_HOME, or name the file with --replica");
			return NULL;
		}
		folder = memory_format("%s/.local/state/tellerdesk", home);
		free(home);
	}
	if (!place_make(folder, err)) {
		free(folder);
		return NULL;
	}
	return folder;
}

static enum error_code place_code(int cause)
{
	switch (cause) {
	case EACCES:
	case EPERM:
	case EROFS:
		return ERROR_PERMISSION;
	case ENOSPC:
	case EDQUOT:
		return ERROR_FULL;
	default:
		return ERROR_USAGE;
	}
}

static bool place_is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool place_make(const char *folder, struct error *err)
{
	char *path = memory_text(folder);
	bool made = true;
	char *end;

	for (end = path; made && *end != '\0';) {
		char after;
		int cause;

		end += strspn(end, "/");
		end += strcspn(end, "/");
		after = *end;
		*end = '\0';
		made = mkdir(path, 0700) == 0;
		cause = errno;
		if (!made && place_is_folder(path))
			made = true;
		else if (!made && cause == EEXIST)
			cause = ENOTDIR;
		if (!made)
			error_set(err, place_code(cause), "could not make folder \"%s\": %s", path, strerror(cause));
		*end = after;
	}
	free(path);
	return made;
}
