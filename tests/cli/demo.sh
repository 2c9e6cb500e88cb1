#!/bin/sh
# demo without a terminal: the tour, and that nothing is left of it however it ends.
n=0
ok() { n=$((n + 1)); if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi; }
until_true() { i=0; while ! "$@"; do i=$((i + 1)); [ $i -lt 400 ] || return 1; sleep 0.05; done; }
folders() { ls "$TMPDIR" | grep -c '^tellerdesk-demo-'; }
none_left() { [ "$(folders)" = 0 ]; }

what="the tour ends with 0"
tour() { "$TELLERDESK" demo --customers 2000 </dev/null >out 2>err; }
ok tour

what="it says nothing on stderr"
ok [ ! -s err ]

what="it shows a customer, their history, the stores and the status"
shows() { for c in 'lookup 1[0-9]*' 'history 1[0-9]*' 'stores' 'status'; do grep -q "^\\$ tellerdesk $c" out || return 1; done; }
ok shows

what="the customer has a name, products and assets"
part() { sed -n "/^\\$ tellerdesk $1/,/^\\$ tellerdesk/p" out; }
card() { part lookup | grep -q 'CIF 1[0-9]*' && part lookup | grep -q '^Products' && part lookup | grep -q 'Assets'; }
ok card

what="the history has a change"
ok sh -c 'sed -n "/^. tellerdesk history/,/^. tellerdesk stores/p" out | grep -q " -> "'

what="the replica follows the bank while it is looked at"
ok sh -c 'grep -q "^Data: live" out'

what="the chart has registrations in Jakarta"
ok sh -c 'sed -n "/^. tellerdesk stores/,/^. tellerdesk status/p" out | grep -q Jakarta'

what="nothing is left of it"
ok none_left

what="the same seed tours the same bank"
head_of() { grep -o 'A bank of .* rows)' out; }
again() { first=$(head_of) && "$TELLERDESK" demo --customers 2000 --seed 1 </dev/null >out 2>err && [ "$first" = "$(head_of)" ]; }
ok again

what="killed, its bank ends and takes the folder along"
killed() {
	"$TELLERDESK" demo --customers 200000 </dev/null >/dev/null 2>&1 &
	pid=$!
	until_true sh -c 'ls "$TMPDIR"/tellerdesk-demo-*/bank.db >/dev/null 2>&1' || return 1
	kill -KILL $pid
	wait $pid 2>/dev/null
	until_true none_left
}
ok killed

what="terminated, too"
terminated() {
	"$TELLERDESK" demo --customers 200000 </dev/null >/dev/null 2>&1 &
	pid=$!
	until_true sh -c 'ls "$TMPDIR"/tellerdesk-demo-*/bank.db >/dev/null 2>&1' || return 1
	kill -TERM $pid
	wait $pid
	[ $? -eq 7 ] && until_true none_left
}
ok terminated

what="a folder of one's own is kept, private, and gone on with"
kept() {
	"$TELLERDESK" demo --customers 500 --dir own </dev/null >out 2>err || return 1
	[ "$(stat -c %a own)" = 700 ] && [ -s own/bank.db ] && [ -s own/replica.db ] &&
		"$TELLERDESK" demo --dir own </dev/null >out 2>err && grep -q '^The bank holds [5-9][0-9][0-9] customers' out
}
ok kept

what="a wrong number is a wrong use"
ok sh -c '"$TELLERDESK" demo --customers 0 </dev/null >out 2>err; [ $? -eq 2 ] && grep -q "^tellerdesk: could not" err'
echo "1..$n"
