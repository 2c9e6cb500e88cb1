#include "config.h"

#include "base/settings.h"

#include <stddef.h>

/* The commands that answer a question from the replica and can do so as CSV. */
#define SETTING_CSV_COMMANDS "lookup search history stores status check export"
/* The commands that read the source. */
#define SETTING_SOURCE_COMMANDS "console ingest resync check check-source"

/* In the order --help prints them: the options of every command, then by command. */
const struct setting setting_table[] = {
	{"config", 0, SETTING_TEXT, NULL, "FILE", NULL, NULL, "", "read FILE after the other configuration files"},
	{"source", 0, SETTING_TEXT, "tellerdesk", "URL", NULL, NULL, "", "where changes come from: bank:PATH, csv:DIR or mysql://USER@HOST/DB"},
	{"model", 0, SETTING_TEXT, "tellerdesk", "NAME|FILE", NULL, NULL, "",
	 "what the bank's tables mean: demography, customertrack, sakila, or a file"},
	{"replica", 0, SETTING_TEXT, "tellerdesk", "PATH", NULL, NULL, "", "the local copy that answers all questions"},
	{"format", 0, SETTING_CHOICE, "tellerdesk", "FORMAT", "text", "text json csv", "", "how answers are printed"},
	{"json", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "", "the same as --format json"},
	{"max-age", 0, SETTING_DURATION, "tellerdesk", "DURATION", NULL, NULL, "",
	 "exit with status 4 when the data is older than this"},
	{"zone", 0, SETTING_TEXT, "tellerdesk", "ZONE", NULL, NULL, "",
	 "time zone of the times given and printed, such as Europe/Paris; else the model's"},
	{"language", 0, SETTING_CHOICE, "tellerdesk", "LANGUAGE", "auto", "auto en fr id", "",
	 "of screens and messages: auto (the environment's), en, fr or id"},
	{"ascii", 0, SETTING_FLAG, "console", NULL, NULL, NULL, "", "print nothing but ASCII"},
	{"no-color", 0, SETTING_FLAG, "console", NULL, NULL, NULL, "", "no colours; so does a NO_COLOR in the environment"},
	{"quiet", 'q', SETTING_FLAG, NULL, NULL, NULL, NULL, "", "say nothing but errors"},
	{"verbose", 'v', SETTING_FLAG, NULL, NULL, NULL, NULL, "", "say more"},
	{"help", 'h', SETTING_FLAG, NULL, NULL, NULL, NULL, "", "print this and exit"},
	{"version", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "", "print the version and exit"},

	{"no-ingest", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "console", "read the replica only, follow no source"},
	{"accessible", 0, SETTING_FLAG, "console", NULL, NULL, NULL, "console demo",
	 "for screen readers: no borders, no ticking, one column"},
	{"theme", 0, SETTING_CHOICE, "console", "THEME", "auto", "auto dark light mono contrast green", "console demo",
	 "colours: auto, dark, light, mono, contrast, green"},
	{"mouse", 0, SETTING_FLAG, "console", NULL, NULL, NULL, "console demo", "the mouse chooses and the wheel scrolls"},
	{"charts", 0, SETTING_CHOICE, "console", "STYLE", "blocks", "blocks braille ascii", "console demo",
	 "how bars are drawn: blocks, braille or ascii"},
	{"copy", 0, SETTING_CHOICE, "console", "WAY", "off", "off osc52", NULL,
	 "osc52: y copies to the clipboard of the terminal; never what the model calls pii"},
	{"dates", 0, SETTING_CHOICE, "console", "STYLE", "locale", "locale iso", NULL,
	 "dates on the screen as the locale writes them, or 2026-11-20"},
	{"export-dir", 0, SETTING_TEXT, "console", "DIR", NULL, NULL, NULL,
	 "where the console writes exports; else the folder it was started in"},
	{"tour", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, NULL, NULL},
	{"script", 0, SETTING_TEXT, NULL, "FILE", NULL, NULL, "console", NULL},
	{"dir", 0, SETTING_TEXT, NULL, "DIR", NULL, NULL, "demo", "keep the demo's bank and replica in DIR"},
	{"rate", 0, SETTING_COUNT, NULL, "N", "5", NULL, "demo", "changes a second in the demo's bank"},

	{"once", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "ingest", "end at the position the source has at the start"},
	{"until", 0, SETTING_TEXT, NULL, "POSITION", NULL, NULL, "ingest", "end at POSITION"},
	{"accept-server", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "resync",
	 "take the server the source names now for the one the replica was built from"},
	{"adopt-model", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "resync", "change the replica to the model given"},
	{"against-source", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "check", "compare row by row with the source"},
	{"repair", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "check", "write what was found to differ"},

	{"as-of", 0, SETTING_TEXT, NULL, "TIME", NULL, NULL, "lookup export", "as it was at TIME"},
	{"wait", 0, SETTING_TEXT, NULL, "POSITION", NULL, NULL, "lookup", "wait until the replica has reached POSITION"},
	{"timeout", 0, SETTING_DURATION, NULL, "DURATION", "10s", NULL, "lookup", "how long --wait waits"},
	{"limit", 0, SETTING_COUNT, NULL, "N", "50", NULL, "search", "list at most N customers"},
	{"entity", 0, SETTING_TEXT, NULL, "ENTITY", NULL, NULL, "history export resync", "of this entity of the model only"},
	{"from", 0, SETTING_TEXT, NULL, "TIME", NULL, NULL, "history stores", "the start of the period"},
	{"to", 0, SETTING_TEXT, NULL, "TIME", NULL, NULL, "history stores", "the end of the period, itself not in it"},
	{"window", 0, SETTING_TEXT, NULL, "DURATION", "5m", NULL, "stores", "the length of a window"},
	{"slide", 0, SETTING_TEXT, NULL, "DURATION", NULL, NULL, "stores",
	 "the step from one window to the next; else the window"},
	{"store", 0, SETTING_TEXT, NULL, "ID", NULL, NULL, "stores", "of this store only"},
	{"canonical", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "dump",
	 "ranks of transactions instead of times, so that replicas can be compared"},
	{"flat", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "export", "one row a customer, with the details beside it"},
	{"guard-formulas", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, SETTING_CSV_COMMANDS,
	 "CSV: keep a spreadsheet from taking text for a formula"},

	{"to", 0, SETTING_TEXT, NULL, "URL", NULL, NULL, "generate", "where the rows go: bank:PATH, csv:DIR or mysql://..."},
	{"customers", 0, SETTING_COUNT, NULL, "N", NULL, NULL, "generate demo", "how many customers"},
	{"batch", 0, SETTING_COUNT, NULL, "N", "1000", NULL, "generate", "customers in one transaction"},
	{"delay", 0, SETTING_DURATION, NULL, "DURATION", "1s", NULL, "generate", "the pause between two transactions"},
	{"changes", 0, SETTING_TEXT, NULL, "N/s", NULL, NULL, "generate", "then N changes a second"},
	{"for", 0, SETTING_DURATION, NULL, "DURATION", NULL, NULL, "generate", "for how long there are changes"},
	{"seed", 0, SETTING_COUNT, NULL, "N", "1", NULL, "generate demo", "the same seed gives the same bank"},

	{"settle", 0, SETTING_DURATION, "csv", "DURATION", "2s", NULL, SETTING_SOURCE_COMMANDS,
	 "csv: how long a file must be quiet where the system cannot tell whether it is still being written"},
	{"reject-percent", 0, SETTING_COUNT, "csv", "N", "5", "100", SETTING_SOURCE_COMMANDS,
	 "csv: a file with more bad rows than this is put aside whole"},
	{"encoding", 0, SETTING_CHOICE, "csv", "ENCODING", "utf-8", "utf-8 latin1", SETTING_SOURCE_COMMANDS,
	 "csv: how the text of the files is encoded"},
	{"log", 0, SETTING_TEXT, "log", "FILE", NULL, NULL, "console demo ingest", "write the narration to FILE"},
	{"log-level", 0, SETTING_CHOICE, "log", "LEVEL", "note", "error warn note debug", "console demo ingest",
	 "how much of it"},

	{"live", 0, SETTING_DURATION, "freshness", "DURATION", "5s", NULL, NULL, "up to this age the data is live"},
	{"lag", 0, SETTING_DURATION, "freshness", "DURATION", "60s", NULL, NULL, "up to this age it lags; older is stale"},
	{"silent", 0, SETTING_DURATION, "freshness", "DURATION", "30m", NULL, NULL,
	 "a store without a registration for this long is silent"},
	{NULL, 0, SETTING_FLAG, NULL, NULL, NULL, NULL, NULL, NULL},
};
