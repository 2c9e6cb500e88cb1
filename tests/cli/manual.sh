#!/bin/sh
# The manual and --help are held against each other, command by command, and the
# pages against mandoc: what a page leaves out, or keeps too long, shows here.
n=0
ok() {
	n=$((n + 1))
	what=$1
	shift
	if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi
}

# long_options: those in the text on standard input, one a line
long_options() { grep -o -e '--[a-z][a-z-]*' | sort -u; }

# same A B: shows what only one of two sorted lists has
same() {
	diff "$1" "$2" >difference && return
	sed 's/^/# /' difference
	return 1
}

# said PAGE: its text without overstriking
back=$(printf '\b')
said() { mandoc -T ascii "$SRCDIR/man/$1" | sed "s/.$back//g"; }

# section NAME: that section of the page on standard input
section() { awk -v name="$1" '/^[A-Z]/ { inside = ($0 == name) } inside'; }

said tellerdesk.1 >page
section COMMANDS <page >page.commands
section OPTIONS <page >page.options
section EXAMPLES <page | long_options >page.examples
"$TELLERDESK" --help >help

# A command stands alone in front of its options: five blanks in the page.
sed -n 's/^     \([a-z][a-z-]*\).*/\1/p' page.commands | sort -u >commands.page.words
while read -r command; do
	! "$TELLERDESK" "$command" --help >"help.$command" 2>/dev/null || echo "$command"
done <commands.page.words >commands.page
sed -n 's/^  *\([a-z][a-z-]*\)  .*/\1/p' help | sort -u >commands.help.words
while read -r command; do
	! "$TELLERDESK" "$command" --help >/dev/null 2>&1 || echo "$command"
done <commands.help.words >commands.help

ok 'there are commands' test "$(wc -l <commands.help)" -ge 10
ok 'every command of --help is in tellerdesk(1), and no other' same commands.help commands.page

cat help help.* | long_options >options.help
long_options <page.options >options.page
ok 'there are options' test "$(wc -l <options.help)" -ge 20
ok 'every option of --help is in OPTIONS, and no other' same options.help options.page

# synopsis COMMAND: the options in the line of the page that introduces it
synopsis() {
	sed -n "s/^\.It Cm $1\( .*\)*\$/\1/p" "$SRCDIR/man/tellerdesk.1" | grep -o 'Fl -[a-z][a-z-]*' | sed 's/Fl -/--/' | sort -u
}

# What all commands take, and what the configuration can hold, is told once, in OPTIONS.
"$TELLERDESK" config show --format csv >settings.csv
{ long_options <help.status; sed '1d; s/^[^,]*,\([^,]*\),.*/--\1/' settings.csv; } | sort -u >common
while read -r command; do
	synopsis "$command" >introduced
	long_options <"help.$command" >taken
	comm -23 introduced taken >surplus
	ok "$command takes what its synopsis says" same /dev/null surplus
	comm -23 taken common | comm -23 - introduced >silent
	ok "the synopsis of $command leaves nothing out" same /dev/null silent
done <commands.page
comm -23 page.examples options.help >surplus
grep -v -x -e --silent surplus >surplus.ours || :
ok 'examples use options that exist' same /dev/null surplus.ours

for file in "$SRCDIR"/man/*.[1-9]; do
	name=${file##*/}
	mandoc -T lint -W warning "$file" >findings 2>&1
	sed "s,^mandoc: .*/man/,# ," findings
	ok "mandoc finds nothing in $name" test ! -s findings
done

# The short forms: each command, each key of the page's table that the console has, and nothing mandoc minds but that
# sections have names in the language of the page.
for language in fr id; do
	page=$SRCDIR/man/$language/tellerdesk.1
	sed -n 's/^\.It Cm \([a-z][a-z-]*\)$/\1/p' "$page" | sort >commands.short
	ok "the page in $language names every command, and no other" same commands.help commands.short
	mandoc -T lint -W warning "$page" 2>&1 | grep -v -e 'first section is not "NAME"' -e 'outside NAME section' >findings
	sed "s,^mandoc: .*/man/,# ," findings
	ok "mandoc finds nothing in $language/tellerdesk.1" test ! -s findings
	sed -n 's/^\.It Ic \(F[0-9]*\) .*/\1/p' "$page" | sort >keys.short
	sed -n 's/^\tX(.* "\(F1\{0,1\}[0-9]\)[ "].*/\1/p' "$SRCDIR/ui/kit/keys.h" | sort >keys.function
	# F7 and F8 share a line.
	ok "the page in $language has the function keys" test "$(comm -13 keys.short keys.function | tr '\n' ' ')" = 'F8 '
done

# A name in SEE ALSO that is one of ours exists.
for file in "$SRCDIR"/man/*.[1-9] "$SRCDIR"/man/*/*.[1-9]; do
	sed -n 's/^\.Xr \(tellerdesk[a-z.-]*\) \([0-9]\).*/\1.\2/p' "$file"
done | sort -u >named
(cd "$SRCDIR/man" && ls) | sort >there
comm -23 named there >missing
ok 'pages that are named exist' same /dev/null missing
# The configuration: every setting is in tellerdesk.conf(5), in its section, and in the sample.
sed '1d; s/^\([^,]*\),\([^,]*\),.*/\1 \2/' settings.csv | sort >settings.program
sed -n -e 's/^\.Ss \[\(.*\)\]$/section \1/p' -e 's/^\.It Cm \([a-z-]*\) No = .*/\1/p' "$SRCDIR/man/tellerdesk.conf.5" |
	awk '/^section / { section = $2; next } section != "keys" { print section, $1 }' | sort >settings.page
sed -n -e 's/^\[\(.*\)\]$/section \1/p' -e 's/^#\([a-z-]*\) = .*/\1/p' "$SRCDIR/data/tellerdesk.conf" |
	awk '/^section / { section = $2; next } section != "keys" { print section, $1 }' | sort >settings.sample
ok 'there are settings' test "$(wc -l <settings.program)" -ge 10
ok 'every setting is in tellerdesk.conf(5), and no other' same settings.program settings.page
ok 'every setting is in the sample, and no other' same settings.program settings.sample
valid() {
	"$TELLERDESK" config validate --config "$1" >findings && return
	sed 's/^/# /' findings
	return 1
}
ok 'the sample is valid as it is' valid "$SRCDIR/data/tellerdesk.conf"
sed 's/^#\([a-z_-]* = \)/\1/' "$SRCDIR/data/tellerdesk.conf" >whole.conf
ok 'the sample is valid with every line in force' valid whole.conf

# The actions of [keys] and their own keys, as the console has them.
sed -n 's/^\tX([A-Z_]*, "\([a-z_]*\)", .* "\([^"]*\)").*/\1 \2/p' "$SRCDIR/ui/kit/keys.h" | sort >keys.program
sed -n 's/^\.It Cm \([a-z_]*\) Ta Li \(.*\) Ta .*/\1 \2/p' "$SRCDIR/man/tellerdesk.conf.5" |
	sed -e 's/\\&//g' -e 's/\\ / /g' | sort >keys.page
ok 'there are keys' test "$(wc -l <keys.program)" -ge 20
ok 'every key of the console is in tellerdesk.conf(5), and no other' same keys.program keys.page

# The completion: an option that takes a word is known to it, or the word would be taken for a command.
cat help.* | sed -n 's/^ *-*[a-z,]* *\(--[a-z-]*\) [A-Z].*/\1/p' | sort -u >options.word
ok 'there are options that take a word' test "$(wc -l <options.word)" -ge 10
bash -c 'compopt() { :; }; . "$0"; while read -r option; do _tellerdesk_argument "$option" "" || echo "$option"; done' \
	"$SRCDIR/data/completion/tellerdesk.bash" <options.word >unknown 2>/dev/null
ok 'the completion knows each of them' same /dev/null unknown
echo "1..$n"
