#include "config.h"

#include "base/language.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

void language_start(const char *language, const char *folder)
{
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	if (language && strcmp(language, "auto") != 0)
		setenv("LANGUAGE", language, 1);
	bindtextdomain(PACKAGE, folder ? folder : LOCALEDIR);
	textdomain(PACKAGE);
}
