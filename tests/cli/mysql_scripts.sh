#!/bin/sh
# The scripts for MySQL and MariaDB: the tables are those of the model, and the account's script cannot be run by
# accident. That servers take them is tried with real ones, where these are.
n=0
ok() {
	n=$((n + 1))
	what=$1
	shift
	if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi
}
same() {
	diff "$1" "$2" >difference && return
	sed 's/^/# /' difference
	return 1
}
data=$SRCDIR/data

# table column, of the model and of the script; a key as "table key column"
awk -F'[ .=]+' '/^table = / { table = $2 }
	/^key = / { print table, "key", $2 }
	/^column\./ { print table, $2 }' "$data/models/demography.model" | sort >model
awk '/^CREATE TABLE/ { table = $6 }
	/^\tPRIMARY KEY/ { gsub(/[(),]/, ""); print table, "key", $3 }
	/^\t[a-z]/ { print table, $1 }' "$data/mysql/demography.sql" | sort >script
ok 'the model has tables' test "$(wc -l <model)" -ge 25
ok 'demography.sql has the tables, columns and keys of the model' same model script
grep -v '^--' "$data/mysql/account.sql" >account
ok 'account.sql begins with a statement no server takes before it is filled in' \
	sh -c "grep -v '^\$' account | head -1 | grep -q 'IDENTIFIED BY @PASSWORD@ REQUIRE SSL;'"
grep -o 'GRANT [A-Z ]*' account | sed 's/ ON $//' | sort >granted
printf '%s\n' 'GRANT REPLICATION CLIENT' 'GRANT REPLICATION SLAVE' 'GRANT SELECT' >wanted
ok 'account.sql grants three things' same wanted granted
echo "1..$n"
