#!/bin/sh
# generate: the same bank for the same seed, going on, ending in order, wrong uses.
n=0
ok() { n=$((n + 1)); if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi; }
rows() { sqlite3 "$1" "$2"; }
# Waits for a condition, at most 20 s.
until_true() { i=0; while ! "$@"; do i=$((i + 1)); [ $i -lt 400 ] || return 1; sleep 0.05; done; }
# wrong WORDS-OF-THE-MESSAGE ARGUMENTS...: exit 2, one line, a hint or none.
wrong() {
	words=$1
	shift
	"$TELLERDESK" generate "$@" >out 2>err
	[ $? -eq 2 ] && [ ! -s out ] && grep -q "^tellerdesk: could not .*$words" err && [ "$(grep -vc '^hint: ' err)" -eq 1 ]
}

TELLERDESK_NOW=2026-11-20T09:41:07Z
export TELLERDESK_NOW

what="a bank is filled, and the answer says how many rows"
fill() {
	"$TELLERDESK" generate --to bank:a.db --customers 250 --batch 100 --delay 0 --seed 7 --json >out 2>err && [ ! -s err ] &&
		grep -q '"rows": *774' out && grep -q '"position": *"774@' out &&
		[ "$(rows a.db 'SELECT count(*), max(cif) FROM customer_info')" = "250|10000250" ] &&
		[ "$(rows a.db 'SELECT count(*) FROM bank_product')" = 250 ] && [ "$(rows a.db 'SELECT count(*) FROM store')" = 24 ]
}
ok fill

what="the same seed gives the same bank, another one another"
same() {
	"$TELLERDESK" generate --to bank:b.db --customers 250 --batch 7 --delay 0 --seed 7 >/dev/null &&
		"$TELLERDESK" generate --to bank:c.db --customers 250 --delay 0 --seed 8 >/dev/null || return 1
	for t in store customer_info bank_product customer_asset; do
		for bank in a b c; do rows $bank.db "SELECT * FROM $t" >$bank.$t; done
		cmp -s a.$t b.$t || return 1
	done
	! cmp -s a.customer_info c.customer_info
}
ok same

what="a second run goes on after the highest"
again() {
	"$TELLERDESK" generate --to bank:a.db --customers 50 --delay 0 >/dev/null &&
		[ "$(rows a.db 'SELECT count(*), max(cif) FROM customer_info')" = "300|10000300" ]
}
ok again

what="changes go on for as long as asked for, and change what is there"
change() {
	last=$(rows a.db 'SELECT max(id) FROM bank_change')
	"$TELLERDESK" generate --to bank:a.db --changes 400/s --for 1s >out || return 1
	# op 2 and 3: updates and deletes, of which loading makes none
	[ "$(rows a.db "SELECT count(DISTINCT op) FROM bank_change WHERE id > $last")" = 3 ] &&
		[ "$(rows a.db "SELECT count(*) >= 400 FROM bank_change WHERE id > $last")" = 1 ]
}
ok change

what="interrupted, it ends after its batch with exit 7"
interrupt() {
	"$TELLERDESK" generate --to bank:i.db --customers 1000 --batch 20 --delay 1h >out 2>err &
	pid=$!
	until_true sh -c '[ "$(sqlite3 i.db "SELECT count(*) FROM customer_info" 2>/dev/null)" = 20 ]' || return 1
	kill -TERM $pid
	wait $pid
	[ $? -eq 7 ] && [ ! -s out ] && grep -q 'interrupted after 84 rows, position 84@' err &&
		[ "$(rows i.db 'SELECT count(*) FROM customer_info')" = 20 ]
}
ok interrupt

what="after kill -9 it goes on where it was"
killed() {
	"$TELLERDESK" generate --to bank:i.db --customers 100000 --batch 50 --delay 0 >/dev/null 2>&1 &
	pid=$!
	until_true sh -c '[ "$(sqlite3 i.db "SELECT count(*) > 200 FROM customer_info" 2>/dev/null)" = 1 ]' || return 1
	kill -KILL $pid
	wait $pid 2>/dev/null
	"$TELLERDESK" generate --to bank:i.db --customers 30 --delay 0 >/dev/null &&
		[ "$(rows i.db 'SELECT count(*) = max(cif) - 10000000 FROM customer_info')" = 1 ] &&
		[ "$(rows i.db 'SELECT count(*) FROM customer_info c LEFT JOIN bank_product p USING (cif) WHERE p.cif IS NULL')" = 0 ]
}
ok killed

what="into a drop folder: a file a table and batch, with a header"
folder() {
	mkdir drop && "$TELLERDESK" generate --to csv:drop --customers 20 --batch 10 --delay 0 --json >out || return 1
	grep -q '"rows": *84' out && [ "$(ls drop | grep -c '^customer_info_[0-9]\{14\}\.csv$')" = 2 ] &&
		[ "$(cat drop/customer_info_*.csv | grep -c '^100000')" = 20 ] &&
		head -n 1 drop/customer_info_*.csv | grep -q 'cif,.*registered_at'
}
ok folder

what="no target";           ok wrong 'no target'
what="an unknown target";   ok wrong 'nowhere' --to nowhere:x
what="a database is missing"; ok wrong 'database is missing' --to mysql://h
what="no password in a URL"; ok wrong 'password' --to mysql://teller:secret@h/bank
what="no rate";             ok wrong 'fast' --to bank:w.db --changes fast
what="a rate of nothing";   ok wrong '0' --to bank:w.db --changes 0/s
what="for how long what?";  ok wrong '--for' --to bank:w.db --for 1s
what="an empty batch";      ok wrong 'batch' --to bank:w.db --batch 0
what="no number";           ok wrong 'many' --to bank:w.db --customers many
what="another seed";        ok wrong 'begun with seed 7' --to bank:a.db --seed 8

what="a server that is not there: exit 6"
nowhere() {
	HOME=/nonexistent "$TELLERDESK" generate --to "mysql://teller@localhost/bank?socket=$PWD/none" >out 2>err
	[ $? -eq 6 ] && [ ! -s out ] && grep -q "could not reach server teller@$PWD/none: No such file" err
}
ok nowhere

what="a wrong use writes nothing"
ok [ ! -e w.db ]
echo "1..$n"
