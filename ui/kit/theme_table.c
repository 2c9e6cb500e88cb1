/* The looks: theme by role, for 256, 16 and 8 colours.
 *
 * 256 colours are numbers of xterm's palette from 16 on, which no terminal lets its
 * user change; the test computes their contrast. The 16 and 8 below them are the
 * user's: there the theme `auto` takes what is readable on most grounds (no yellow,
 * no blue), and light never takes bold, which turns black into grey on many terminals.
 */
#include "config.h"

#include "ui/kit/theme.h"

#define OWN THEME_OWN /* the theme's foreground or background */
#define N   0
#define B   THEME_BOLD
#define U   THEME_UNDERLINE
#define R   THEME_REVERSE
#define D   THEME_DIM

struct theme_looks {
	struct theme_look of256, of16, of8;
};

/* What OWN stands for. */
static const struct theme_looks theme_grounds[THEME_NAMES] = {
	[THEME_AUTO] = {{OWN, OWN, N}, {OWN, OWN, N}, {OWN, OWN, N}},
	[THEME_DARK] = {{252, 234, N}, {7, 0, N}, {7, 0, N}},
	[THEME_LIGHT] = {{235, 231, N}, {0, 15, N}, {0, 7, N}},
	[THEME_MONO] = {{OWN, OWN, N}, {OWN, OWN, N}, {OWN, OWN, N}},
	[THEME_CONTRAST] = {{231, 16, N}, {15, 0, N}, {7, 0, N}},
	[THEME_GREEN] = {{40, 16, N}, {2, 0, N}, {2, 0, N}},
};

/* clang-format off */
static const unsigned char theme_mono[ROLE_COUNT] = {
	[ROLE_TITLE] = B, [ROLE_NAME] = B, [ROLE_FIELD] = U, [ROLE_HEADING] = B, [ROLE_SELECTED] = R, [ROLE_TAB_ON] = R,
	[ROLE_KEY] = R, [ROLE_LIVE] = B, [ROLE_LAG] = B | U, [ROLE_BAD] = R | B, [ROLE_WARN] = B | U,
	[ROLE_NOT_CURRENT] = R | U, [ROLE_CHANGED] = U, [ROLE_ERROR] = R | B | U,
};

static const struct theme_looks theme_looks[THEME_NAMES][ROLE_COUNT] = {
	/*                      256              16               8 */
	[THEME_AUTO] = {
		[ROLE_TEXT]        = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_TITLE]       = {{ 63, OWN, B},     {6, OWN, B},     {6, OWN, B}},
		[ROLE_RULE]        = {{243, OWN, N},     {OWN, OWN, D},   {OWN, OWN, D}},
		[ROLE_LABEL]       = {{ 63, OWN, N},     {6, OWN, N},     {6, OWN, N}},
		[ROLE_NAME]        = {{OWN, OWN, B},     {OWN, OWN, B},   {OWN, OWN, B}},
		[ROLE_DIM]         = {{243, OWN, N},     {OWN, OWN, D},   {OWN, OWN, D}},
		[ROLE_FIELD]       = {{ 29, OWN, U},     {2, OWN, U},     {2, OWN, U}},
		[ROLE_HEADING]     = {{OWN, OWN, B},     {OWN, OWN, B},   {OWN, OWN, B}},
		[ROLE_SELECTED]    = {{OWN, OWN, R},     {OWN, OWN, R},   {OWN, OWN, R}},
		[ROLE_TAB]         = {{ 63, OWN, N},     {6, OWN, N},     {6, OWN, N}},
		[ROLE_TAB_ON]      = {{ 63, OWN, R | B}, {6, OWN, R | B}, {6, OWN, R | B}},
		[ROLE_KEY]         = {{OWN, OWN, R},     {OWN, OWN, R},   {OWN, OWN, R}},
		[ROLE_KEY_LABEL]   = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_LIVE]        = {{ 29, OWN, B},     {2, OWN, B},     {2, OWN, B}},
		[ROLE_LAG]         = {{163, OWN, B},     {5, OWN, B},     {5, OWN, B}},
		[ROLE_BAD]         = {{131, OWN, R | B}, {1, OWN, R | B}, {1, OWN, R | B}},
		[ROLE_WARN]        = {{163, OWN, N},     {5, OWN, N},     {5, OWN, N}},
		[ROLE_NOT_CURRENT] = {{163, OWN, R | B}, {5, OWN, R | B}, {5, OWN, R | B}},
		[ROLE_CHANGED]     = {{ 98, OWN, B},     {6, OWN, B},     {6, OWN, B}},
		[ROLE_OLD]         = {{243, OWN, N},     {OWN, OWN, D},   {OWN, OWN, D}},
		[ROLE_NONE]        = {{243, OWN, N},     {OWN, OWN, D},   {OWN, OWN, D}},
		[ROLE_BAR]         = {{ 29, OWN, N},     {2, OWN, N},     {2, OWN, N}},
		[ROLE_MESSAGE]     = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_ERROR]       = {{131, OWN, B},     {1, OWN, B},     {1, OWN, B}},
	},
	[THEME_DARK] = {
		[ROLE_TEXT]        = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_TITLE]       = {{117, OWN, B},     {14, OWN, B},    {6, OWN, B}},
		[ROLE_RULE]        = {{243, OWN, N},     {6, OWN, N},     {6, OWN, N}},
		[ROLE_LABEL]       = {{110, OWN, N},     {6, OWN, N},     {6, OWN, N}},
		[ROLE_NAME]        = {{231, OWN, B},     {15, OWN, B},    {OWN, OWN, B}},
		[ROLE_DIM]         = {{246, OWN, N},     {OWN, OWN, N},   {OWN, OWN, D}},
		[ROLE_FIELD]       = {{120, OWN, U},     {10, OWN, U},    {2, OWN, U}},
		[ROLE_HEADING]     = {{231, OWN, B},     {15, OWN, B},    {OWN, OWN, B}},
		[ROLE_SELECTED]    = {{231,  25, N},     {0, 6, N},       {0, 6, N}},
		[ROLE_TAB]         = {{110, OWN, N},     {6, OWN, N},     {6, OWN, N}},
		[ROLE_TAB_ON]      = {{ 16, 117, B},     {0, 14, N},      {0, 6, N}},
		[ROLE_KEY]         = {{ 16, 250, N},     {0, 7, N},       {0, 7, N}},
		[ROLE_KEY_LABEL]   = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_LIVE]        = {{114, OWN, B},     {10, OWN, B},    {2, OWN, B}},
		[ROLE_LAG]         = {{221, OWN, B},     {11, OWN, B},    {3, OWN, B}},
		[ROLE_BAD]         = {{231, 160, B},     {15, 1, B},      {7, 1, B}},
		[ROLE_WARN]        = {{215, OWN, N},     {3, OWN, N},     {3, OWN, N}},
		[ROLE_NOT_CURRENT] = {{ 16, 176, B},     {0, 13, N},      {0, 5, N}},
		[ROLE_CHANGED]     = {{183, OWN, B},     {13, OWN, B},    {5, OWN, B}},
		[ROLE_OLD]         = {{246, OWN, N},     {OWN, OWN, N},   {OWN, OWN, D}},
		[ROLE_NONE]        = {{246, OWN, N},     {OWN, OWN, N},   {OWN, OWN, D}},
		[ROLE_BAR]         = {{ 78, OWN, N},     {2, OWN, N},     {2, OWN, N}},
		[ROLE_MESSAGE]     = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_ERROR]       = {{210, OWN, B},     {9, OWN, B},     {1, OWN, B}},
	},
	[THEME_LIGHT] = {
		[ROLE_TEXT]        = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_TITLE]       = {{ 24, OWN, B},     {4, OWN, N},     {4, OWN, N}},
		[ROLE_RULE]        = {{244, OWN, N},     {8, OWN, N},     {4, OWN, N}},
		[ROLE_LABEL]       = {{ 24, OWN, N},     {4, OWN, N},     {4, OWN, N}},
		[ROLE_NAME]        = {{ 16, OWN, B},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_DIM]         = {{242, OWN, N},     {8, OWN, N},     {OWN, OWN, N}},
		[ROLE_FIELD]       = {{ 22, OWN, U},     {4, OWN, U},     {4, OWN, U}},
		[ROLE_HEADING]     = {{ 16, OWN, B},     {4, OWN, N},     {4, OWN, N}},
		[ROLE_SELECTED]    = {{231,  25, N},     {15, 4, N},      {7, 4, N}},
		[ROLE_TAB]         = {{ 24, OWN, N},     {4, OWN, N},     {4, OWN, N}},
		[ROLE_TAB_ON]      = {{231,  24, B},     {15, 4, N},      {7, 4, N}},
		[ROLE_KEY]         = {{231, 240, N},     {15, 0, N},      {7, 0, N}},
		[ROLE_KEY_LABEL]   = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_LIVE]        = {{ 28, OWN, B},     {4, OWN, N},     {4, OWN, N}},
		[ROLE_LAG]         = {{ 94, OWN, B},     {5, OWN, N},     {5, OWN, N}},
		[ROLE_BAD]         = {{231, 160, B},     {15, 1, N},      {7, 1, N}},
		[ROLE_WARN]        = {{130, OWN, N},     {15, 5, N},      {7, 5, N}},
		[ROLE_NOT_CURRENT] = {{231,  90, B},     {15, 0, N},      {7, 0, N}},
		[ROLE_CHANGED]     = {{ 90, OWN, B},     {0, 14, N},      {0, 6, N}},
		[ROLE_OLD]         = {{242, OWN, N},     {8, OWN, N},     {OWN, OWN, N}},
		[ROLE_NONE]        = {{242, OWN, N},     {8, OWN, N},     {OWN, OWN, N}},
		[ROLE_BAR]         = {{ 29, OWN, N},     {4, OWN, N},     {4, OWN, N}},
		[ROLE_MESSAGE]     = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_ERROR]       = {{160, OWN, B},     {1, OWN, N},     {1, OWN, N}},
	},
	[THEME_CONTRAST] = {
		[ROLE_TEXT]        = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_TITLE]       = {{OWN, OWN, B},     {OWN, OWN, B},   {OWN, OWN, B}},
		[ROLE_RULE]        = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_LABEL]       = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_NAME]        = {{OWN, OWN, B},     {OWN, OWN, B},   {OWN, OWN, B}},
		[ROLE_DIM]         = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_FIELD]       = {{OWN, OWN, B | U}, {OWN, OWN, B | U}, {OWN, OWN, B | U}},
		[ROLE_HEADING]     = {{OWN, OWN, B | U}, {OWN, OWN, B | U}, {OWN, OWN, B | U}},
		[ROLE_SELECTED]    = {{OWN, OWN, R},     {OWN, OWN, R},   {OWN, OWN, R}},
		[ROLE_TAB]         = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_TAB_ON]      = {{OWN, OWN, R | B}, {OWN, OWN, R},   {OWN, OWN, R}},
		[ROLE_KEY]         = {{OWN, OWN, R},     {OWN, OWN, R},   {OWN, OWN, R}},
		[ROLE_KEY_LABEL]   = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_LIVE]        = {{ 46, OWN, B},     {10, OWN, B},    {2, OWN, B}},
		[ROLE_LAG]         = {{226, OWN, B},     {11, OWN, B},    {3, OWN, B}},
		[ROLE_BAD]         = {{231, 124, B},     {15, 1, B},      {7, 1, B}},
		[ROLE_WARN]        = {{226, OWN, U},     {11, OWN, U},    {3, OWN, U}},
		[ROLE_NOT_CURRENT] = {{ 16, 226, B},     {0, 11, N},      {0, 3, N}},
		[ROLE_CHANGED]     = {{ 51, OWN, B | U}, {14, OWN, B | U}, {6, OWN, B | U}},
		[ROLE_OLD]         = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_NONE]        = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_BAR]         = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_MESSAGE]     = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_ERROR]       = {{210, OWN, B},     {9, OWN, B},     {1, OWN, B}},
	},
	[THEME_GREEN] = {
		[ROLE_TEXT]        = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_TITLE]       = {{ 46, OWN, B},     {10, OWN, B},    {OWN, OWN, B}},
		[ROLE_RULE]        = {{ 28, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_LABEL]       = {{ 34, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_NAME]        = {{ 46, OWN, B},     {10, OWN, B},    {OWN, OWN, B}},
		[ROLE_DIM]         = {{ 34, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_FIELD]       = {{ 46, OWN, U},     {10, OWN, U},    {OWN, OWN, B | U}},
		[ROLE_HEADING]     = {{ 46, OWN, B},     {10, OWN, B},    {OWN, OWN, B}},
		[ROLE_SELECTED]    = {{ 16,  40, N},     {0, 2, N},       {0, 2, N}},
		[ROLE_TAB]         = {{ 34, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_TAB_ON]      = {{ 16,  46, B},     {0, 10, N},      {0, 2, N}},
		[ROLE_KEY]         = {{ 16,  34, N},     {0, 2, N},       {0, 2, N}},
		[ROLE_KEY_LABEL]   = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_LIVE]        = {{ 46, OWN, B},     {10, OWN, B},    {OWN, OWN, B}},
		[ROLE_LAG]         = {{154, OWN, B},     {11, OWN, B},    {3, OWN, B}},
		[ROLE_BAD]         = {{ 16, 156, B},     {0, 11, N},      {0, 3, N}},
		[ROLE_WARN]        = {{191, OWN, N},     {11, OWN, N},    {3, OWN, N}},
		[ROLE_NOT_CURRENT] = {{ 16, 121, B},     {0, 14, N},      {0, 6, N}},
		[ROLE_CHANGED]     = {{158, OWN, B},     {14, OWN, B},    {6, OWN, B}},
		[ROLE_OLD]         = {{ 34, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_NONE]        = {{ 34, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_BAR]         = {{ 34, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_MESSAGE]     = {{OWN, OWN, N},     {OWN, OWN, N},   {OWN, OWN, N}},
		[ROLE_ERROR]       = {{ 16, 194, N},     {0, 15, N},      {0, 7, N}},
	},
};
/* clang-format on */

static struct theme_look theme_pick(const struct theme_looks *looks, enum theme_depth depth)
{
	return depth == DEPTH_256 ? looks->of256 : depth == DEPTH_16 ? looks->of16 : looks->of8;
}

struct theme_look theme_look(enum theme_name name, enum theme_depth depth, enum role role)
{
	if (name == THEME_MONO || depth == DEPTH_MONO)
		return (struct theme_look){OWN, OWN, theme_mono[role]};
	struct theme_look look = theme_pick(&theme_looks[name][role], depth);
	struct theme_look ground = theme_pick(&theme_grounds[name], depth);
	if (look.front == OWN)
		look.front = ground.front;
	if (look.back == OWN)
		look.back = ground.back;
	return look;
}

enum theme_depth theme_depth(int colors, int pairs)
{
	if (colors < 8 || pairs <= ROLE_COUNT)
		return DEPTH_MONO;
	if (colors > 256) /* a number is red, green and blue there; only the first eight are a palette's */
		return DEPTH_8;
	return colors == 256 ? DEPTH_256 : colors >= 16 ? DEPTH_16 : DEPTH_8;
}

struct theme_look theme_allowed(struct theme_look look, int no_color_video)
{
	/* The order of terminfo's bits: standout, underline, reverse, blink, dim, bold. */
	static const struct {
		unsigned attribute;
		int bit;
	} bits[] = {{THEME_UNDERLINE, 1 << 1}, {THEME_REVERSE, 1 << 2}, {THEME_DIM, 1 << 4}, {THEME_BOLD, 1 << 5}};
	bool colored = look.front != THEME_OWN || look.back != THEME_OWN;
	if (no_color_video < 0)
		return look;
	for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		/* Dim alone is taken out too: what a terminal cannot tint it draws so dark that nobody reads it. */
		if (no_color_video & bits[i].bit && (colored || bits[i].attribute == THEME_DIM))
			look.attributes &= ~bits[i].attribute;
	return look;
}
