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
said() { mandoc -T ascii "$SRCDIR/man/$1" | col -b; }

# section NAME: that section of the page on standard input
section() { awk -v name="$1" '/^[A-Z]/ { inside = ($0 == name) } inside'; }

said tellerdesk.1 >page
section COMMANDS <page >page.commands
section OPTIONS <page >page.options
section EXAMPLES <page | long_options >page.examples
"$TELLERDESK" --help >help

# A command stands alone in front of its options: five blanks in the page.
sed -n 's/^     \([a-z][a-z-]*\).*/\1/p' page.commands | sort -u >commands.page.words
for command in $(cat commands.page.words); do
	! "$TELLERDESK" "$command" --help >"help.$command" 2>/dev/null || echo "$command"
done >commands.page
sed -n 's/^  *\([a-z][a-z-]*\)  .*/\1/p' help | sort -u >commands.help.words
for command in $(cat commands.help.words); do
	! "$TELLERDESK" "$command" --help >/dev/null 2>&1 || echo "$command"
done >commands.help

ok 'there are commands' test "$(wc -l <commands.help)" -ge 10
ok 'every command of --help is in tellerdesk(1), and no other' same commands.help commands.page

cat help help.* | long_options >options.help
long_options <page.options >options.page
ok 'there are options' test "$(wc -l <options.help)" -ge 20
ok 'every option of --help is in OPTIONS, and no other' same options.help options.page

# synopsis COMMAND: the lines of COMMANDS that begin with it, up to its description
synopsis() { awk -v name="$1" '/^     [a-z]/ { inside = ($1 == name) } /^           [A-Z]/ { inside = 0 } inside' page.commands; }
for command in $(cat commands.page); do
	synopsis "$command" | tr -d '\n' | sed 's/ \{2,\}/ /g' | long_options >synopsis
	long_options <"help.$command" >all
	comm -23 synopsis all >surplus
	ok "$command takes what its synopsis says" same /dev/null surplus
	# What a command takes beyond what all take must be in its synopsis.
	"$TELLERDESK" status --help | long_options >common
	comm -23 all common | comm -23 - synopsis >silent
	ok "the synopsis of $command leaves nothing out" same /dev/null silent
done
comm -23 page.examples options.help >surplus
grep -v -x -e --silent surplus >surplus.ours || :
ok 'examples use options that exist' same /dev/null surplus.ours

for file in "$SRCDIR"/man/*; do
	name=${file##*/}
	mandoc -T lint -W warning "$file" >lint 2>&1
	sed "s,^mandoc: .*/man/,# ," lint
	ok "mandoc finds nothing in $name" test ! -s lint
done

# A name in SEE ALSO that is one of ours exists.
for file in "$SRCDIR"/man/*; do
	sed -n 's/^\.Xr \(tellerdesk[a-z.-]*\) \([0-9]\).*/\1.\2/p' "$file"
done | sort -u >named
(cd "$SRCDIR/man" && ls) | sort >there
comm -23 named there >missing
ok 'pages that are named exist' same /dev/null missing
echo "1..$n"
