#include "config.h"

#include "base/settings.h"

#include <stddef.h>

#include "base/language.h"

/* The commands that answer a question from the replica and can do so as CSV. */
#define SETTING_CSV_COMMANDS "lookup search history stores status check export"
/* The commands that read the source. */
#define SETTING_SOURCE_COMMANDS "console ingest resync check check-source"

/* In the order --help prints them: the options of every command, then by command. */
const struct setting setting_table[] = {
	{"config", 0, SETTING_TEXT, NULL, "FILE", NULL, NULL, "", N_("read FILE after the other configuration files")},
	{"source", 0, SETTING_TEXT, "tellerdesk", "URL", NULL, NULL, "", N_("where changes come from: bank:PATH, csv:DIR, mysql://USER@HOST/DB or postgresql://USER@HOST/DB")},
	{"model", 0, SETTING_TEXT, "tellerdesk", "NAME|FILE", NULL, NULL, "",
	 N_("what the bank's tables mean: demography, customertrack, sakila, pagila, or a file")},
	{"replica", 0, SETTING_TEXT, "tellerdesk", "PATH", NULL, NULL, "", N_("the local copy that answers all questions")},
	{"format", 0, SETTING_CHOICE, "tellerdesk", "FORMAT", "text", "text json csv", "", N_("how answers are printed")},
	{"json", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "", N_("the same as --format json")},
	{"max-age", 0, SETTING_DURATION, "tellerdesk", "DURATION", NULL, NULL, "",
	 N_("exit with status 4 when the data is older than this")},
	{"zone", 0, SETTING_TEXT, "tellerdesk", "ZONE", NULL, NULL, "",
	 N_("time zone of the times given and printed, such as Europe/Paris; else the model's")},
	{"language", 0, SETTING_CHOICE, "tellerdesk", "LANGUAGE", "auto", "auto en fr id", "",
	 N_("of screens and messages: auto (the environment's), en, fr or id")},
	{"ascii", 0, SETTING_FLAG, "console", NULL, NULL, NULL, "", N_("print nothing but ASCII")},
	{"no-color", 0, SETTING_FLAG, "console", NULL, NULL, NULL, "", N_("no colours; so does a NO_COLOR in the environment")},
	{"quiet", 'q', SETTING_FLAG, NULL, NULL, NULL, NULL, "", N_("say nothing but errors")},
	{"verbose", 'v', SETTING_FLAG, NULL, NULL, NULL, NULL, "", N_("say more")},
	{"help", 'h', SETTING_FLAG, NULL, NULL, NULL, NULL, "", N_("print this and exit")},
	{"version", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "", N_("print the version and exit")},

	{"no-ingest", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "console", N_("read the replica only, follow no source")},
	{"accessible", 0, SETTING_FLAG, "console", NULL, NULL, NULL, "console demo",
	 N_("for screen readers: no borders, no ticking, one column")},
	{"theme", 0, SETTING_CHOICE, "console", "THEME", "auto", "auto dark light mono contrast green", "console demo",
	 N_("colours: auto, dark, light, mono, contrast, green")},
	{"mouse", 0, SETTING_FLAG, "console", NULL, NULL, NULL, "console demo", N_("the mouse chooses and the wheel scrolls")},
	{"charts", 0, SETTING_CHOICE, "console", "STYLE", "blocks", "blocks braille ascii", "console demo",
	 N_("how bars are drawn: blocks, braille or ascii")},
	{"copy", 0, SETTING_CHOICE, "console", "WAY", "off", "off osc52", NULL,
	 N_("osc52: y copies to the clipboard of the terminal; never what the model calls pii")},
	{"dates", 0, SETTING_CHOICE, "console", "STYLE", "locale", "locale iso", NULL,
	 N_("dates on the screen as the locale writes them, or 2026-11-20")},
	{"export-dir", 0, SETTING_TEXT, "console", "DIR", NULL, NULL, NULL,
	 N_("where the console writes exports; else the folder it was started in")},
	{"tour", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, NULL, NULL},
	{"script", 0, SETTING_TEXT, NULL, "FILE", NULL, NULL, "console", NULL},
	{"dir", 0, SETTING_TEXT, NULL, "DIR", NULL, NULL, "demo", N_("keep the demo's bank and replica in DIR")},
	{"rate", 0, SETTING_COUNT, NULL, "N", "5", NULL, "demo", N_("changes a second in the demo's bank")},

	{"once", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "ingest", N_("end at the position the source has at the start")},
	{"until", 0, SETTING_TEXT, NULL, "POSITION", NULL, NULL, "ingest", N_("end at POSITION")},
	{"accept-server", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "resync",
	 N_("take the server the source names now for the one the replica was built from")},
	{"adopt-model", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "resync", N_("change the replica to the model given")},
	{"slot", 0, SETTING_TEXT, NULL, "NAME", NULL, NULL, "detach", N_("of the slot with this name, whose replica is gone")},
	{"against-source", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "check", N_("compare row by row with the source")},
	{"repair", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "check", N_("write what was found to differ")},

	{"as-of", 0, SETTING_TEXT, NULL, "TIME", NULL, NULL, "lookup export", N_("as it was at TIME")},
	{"wait", 0, SETTING_TEXT, NULL, "POSITION", NULL, NULL, "lookup", N_("wait until the replica has reached POSITION")},
	{"timeout", 0, SETTING_DURATION, NULL, "DURATION", "10s", NULL, "lookup", N_("how long --wait waits")},
	{"limit", 0, SETTING_COUNT, NULL, "N", "50", NULL, "search", N_("list at most N customers")},
	{"entity", 0, SETTING_TEXT, NULL, "ENTITY", NULL, NULL, "history export resync", N_("of this entity of the model only")},
	{"from", 0, SETTING_TEXT, NULL, "TIME", NULL, NULL, "history stores", N_("the start of the period")},
	{"to", 0, SETTING_TEXT, NULL, "TIME", NULL, NULL, "history stores", N_("the end of the period, itself not in it")},
	{"window", 0, SETTING_TEXT, NULL, "DURATION", "5m", NULL, "stores", N_("the length of a window")},
	{"slide", 0, SETTING_TEXT, NULL, "DURATION", NULL, NULL, "stores",
	 N_("the step from one window to the next; else the window")},
	{"store", 0, SETTING_TEXT, NULL, "ID", NULL, NULL, "stores", N_("of this store only")},
	{"canonical", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "dump",
	 N_("ranks of transactions instead of times, so that replicas can be compared")},
	{"flat", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, "export", N_("one row a customer, with the details beside it")},
	{"guard-formulas", 0, SETTING_FLAG, NULL, NULL, NULL, NULL, SETTING_CSV_COMMANDS,
	 N_("CSV: keep a spreadsheet from taking text for a formula")},

	{"to", 0, SETTING_TEXT, NULL, "URL", NULL, NULL, "generate", N_("where the rows go: bank:PATH, csv:DIR, mysql://... or postgresql://...")},
	{"customers", 0, SETTING_COUNT, NULL, "N", NULL, NULL, "generate demo", N_("how many customers")},
	{"batch", 0, SETTING_COUNT, NULL, "N", "1000", NULL, "generate", N_("customers in one transaction")},
	{"delay", 0, SETTING_DURATION, NULL, "DURATION", "1s", NULL, "generate", N_("the pause between two transactions")},
	{"changes", 0, SETTING_TEXT, NULL, "N/s", NULL, NULL, "generate", N_("then N changes a second")},
	{"for", 0, SETTING_DURATION, NULL, "DURATION", NULL, NULL, "generate", N_("for how long there are changes")},
	{"seed", 0, SETTING_COUNT, NULL, "N", "1", NULL, "generate demo", N_("the same seed gives the same bank")},

	{"settle", 0, SETTING_DURATION, "csv", "DURATION", "2s", NULL, SETTING_SOURCE_COMMANDS,
	 N_("csv: how long a file must be quiet where the system cannot tell whether it is still being written")},
	{"reject-percent", 0, SETTING_COUNT, "csv", "N", "5", "100", SETTING_SOURCE_COMMANDS,
	 N_("csv: a file with more bad rows than this is put aside whole")},
	{"encoding", 0, SETTING_CHOICE, "csv", "ENCODING", "utf-8", "utf-8 latin1", SETTING_SOURCE_COMMANDS,
	 N_("csv: how the text of the files is encoded")},
	{"log", 0, SETTING_TEXT, "log", "FILE", NULL, NULL, "console demo ingest", N_("write the narration to FILE")},
	{"log-level", 0, SETTING_CHOICE, "log", "LEVEL", "note", "error warn note debug", "console demo ingest",
	 N_("how much of it")},

	{"live", 0, SETTING_DURATION, "freshness", "DURATION", "5s", NULL, NULL, N_("up to this age the data is live")},
	{"lag", 0, SETTING_DURATION, "freshness", "DURATION", "60s", NULL, NULL, N_("up to this age it lags; older is stale")},
	{"silent", 0, SETTING_DURATION, "freshness", "DURATION", "30m", NULL, NULL,
	 N_("a store without a registration for this long is silent")},
	{NULL, 0, SETTING_FLAG, NULL, NULL, NULL, NULL, NULL, NULL},
};
