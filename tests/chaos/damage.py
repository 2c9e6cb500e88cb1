#!/usr/bin/python3
"""Each promise of the replica, broken by a foreign hand: check names entity, key and rule.

One replica is built with everything a check can meet (versions, deletions, a key
change, reinserts, a gap, registrations); each case damages a copy of it with the
sqlite3 shell. What the case says must be found, and exit 1; the copy without
damage has nothing to find.
"""

import shutil
import sys
import os

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403

OPEN = 253402214400000000


def shell(database, sql):
    """The sqlite3 shell, as a foreign hand uses it; constraints do not stop it."""
    done = subprocess.run(["sqlite3", "-bail", database], input="PRAGMA ignore_check_constraints = 1;\n" + sql,
                          capture_output=True, text=True, timeout=BOUND, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"sqlite3: {sql}: {done.stderr}")


def build():
    """Ten customers: 1 changed twice, 2 died, 3 died and came back, 4 moved to key 900, 5 opened a product and closed it."""
    bank, replica = make_bank("damage.bank", 10), path("damage.db")
    cif = [row[0] for row in read_bank(bank, "SELECT cif FROM customer_info ORDER BY cif")]
    ingest(bank, replica)
    kept = read_bank(bank, f"SELECT * FROM customer_info WHERE cif = {cif[2]}")[0]
    for statement in (
            f"UPDATE customer_info SET phone = '1' WHERE cif = {cif[0]}",
            f"UPDATE customer_info SET phone = '2', email = 'a@b' WHERE cif = {cif[0]}",
            f"DELETE FROM customer_info WHERE cif IN ({cif[1]}, {cif[2]})",
            (f"INSERT INTO customer_info VALUES ({','.join('?' * len(kept))})", kept),
            f"UPDATE customer_info SET cif = 900 WHERE cif = {cif[3]}",
            f"INSERT INTO bank_product (productid, cif, producttype, opendate, status) VALUES (77, {cif[4]}, 'CARD', '2026-01-02', 'OPEN')",
            "DELETE FROM bank_product WHERE productid = 77"):
        write_bank(bank, statement)
        ingest(bank, replica)  # each a transaction with a time of its own
    return bank, replica, cif


def cases(cif):
    """(promise, name, SQL, [(entity or None, key or None, rule), ...])"""
    one, dead, back = str(cif[0]), str(cif[1]), str(cif[2])
    row = str(cif[5])
    columns = "cif, name, birthdate, gender, address, city, country, email, phone, store_id, registered_at, changed_by"
    history = f"customer_history ({columns}, _version, _valid_from, _valid_to, _seq_from, _seq_to, _origin, _ended_by, _changed)"
    return [
        # 1. one position
        (1, "a row of a transaction to come", f"UPDATE customer SET _seq_from = 99999 WHERE cif = {row};", [("customer", row, "position")]),
        (1, "a version of a transaction to come", f"UPDATE customer_history SET _seq_to = 99999 WHERE cif = {dead};",
         [("customer", dead, "position")]),
        (1, "a transaction forgotten", f"DELETE FROM td_txn WHERE seq = (SELECT _seq_from FROM customer WHERE cif = {one});",
         [("customer", one, "position")]),
        (1, "the ending of a version forgotten", f"DELETE FROM td_txn WHERE seq = (SELECT max(_seq_to) FROM customer_history WHERE cif = {dead});",
         [("customer", dead, "position")]),
        (1, "the position lost", "UPDATE td_source SET position = NULL;", [(None, None, "position")]),
        (1, "the last transaction time lost", "UPDATE td_source SET last_valid_from = NULL;", [(None, None, "position")]),
        (1, "a time that runs ahead of the position", f"UPDATE customer SET _valid_from = {OPEN - 1} WHERE cif = {one};",
         [("customer", one, "position")]),
        # 2. versions
        (2, "a hole in the numbers", f"UPDATE customer SET _version = 7 WHERE cif = {one};", [("customer", one, "numbering")]),
        (2, "a first version that is none", f"UPDATE customer SET _version = 2 WHERE cif = {row};", [("customer", row, "numbering")]),
        (2, "a version taken out", f"DELETE FROM customer_history WHERE cif = {one} AND _version = 2;", [("customer", one, "numbering")]),
        (2, "two versions at one moment", f"UPDATE customer_history SET _valid_to = _valid_to + 1000 WHERE cif = {one} AND _version = 1;",
         [("customer", one, "overlap")]),
        (2, "a moment without a version", f"UPDATE customer_history SET _valid_to = _valid_to - 1 WHERE cif = {one} AND _version = 2;",
         [("customer", one, "gap")]),
        (2, "times that run backwards", f"UPDATE customer_history SET _valid_from = _valid_to + 5 WHERE cif = {one} AND _version = 1;",
         [("customer", one, "order")]),
        (2, "sequences that run backwards", f"UPDATE customer_history SET _seq_from = _seq_to + 1 WHERE cif = {one} AND _version = 2;",
         [("customer", one, "order")]),
        (2, "a row that vanished", f"DELETE FROM customer WHERE cif = {one};", [("customer", one, "open")]),
        (2, "a row risen from the dead", f"INSERT INTO customer SELECT {columns}, _version, _valid_from, _seq_from, _origin, _changed FROM "
         f"customer_history WHERE cif = {dead};", [("customer", dead, "numbering")]),
        (2, "a row that has two open versions", f"INSERT INTO {history} SELECT {columns}, _version + 1, _valid_from, {OPEN}, _seq_from, _seq_from, "
         f"1, 1, NULL FROM customer WHERE cif = {row};", [("customer", row, "open")]),
        (2, "an update that changed nothing", f"UPDATE customer_history SET phone = '2', email = 'a@b' WHERE cif = {one} AND _version = 2;",
         [("customer", one, "unchanged")]),
        (2, "a change that is not the difference", f"UPDATE customer SET name = 'Nobody' WHERE cif = {one};", [("customer", one, "changed")]),
        (2, "a list of changes that lies", f"UPDATE customer SET _changed = '[\"city\"]' WHERE cif = {one};", [("customer", one, "changed")]),
        (2, "an origin unknown", f"UPDATE customer SET _origin = 42 WHERE cif = {row};", [("customer", row, "code")]),
        (2, "an ending unknown", f"UPDATE customer_history SET _ended_by = 9 WHERE cif = {dead};", [("customer", dead, "code")]),
        (2, "a closed version that did not end", f"UPDATE customer_history SET _ended_by = 0 WHERE cif = {dead};", [("customer", dead, "code")]),
        (2, "a product, not a customer", "UPDATE product_history SET _valid_to = _valid_from - 1 WHERE productid = 77;",
         [("product", "77", "order")]),
        (2, "a store, whose key is text", "UPDATE store SET _version = 3 WHERE store_id = (SELECT min(store_id) FROM store);",
         [("store", "first", "numbering")]),
        # 3. honesty
        (3, "a copied row older than the copy", f"UPDATE customer SET _valid_from = _valid_from - 3600000000 WHERE cif = {row};",
         [("customer", row, "snapshot_time")]),
        (3, "known from before the copy", "UPDATE td_entity SET known_from = known_from - 1 WHERE name = 'customer';",
         [("customer", None, "snapshot_time")]),
        (3, "a gap the wrong way round", "INSERT INTO td_gap (source, entity, valid_from, valid_to, reason) VALUES (1, NULL, 20, 10, 'purged');",
         [(None, "1", "gap_order")]),
        (3, "a gap of no source", "INSERT INTO td_gap (source, entity, valid_from, valid_to, reason) VALUES (5, NULL, 10, 20, 'purged');",
         [(None, "1", "gap_order")]),
        (3, "a gap of an entity there is not", "INSERT INTO td_gap (source, entity, valid_from, valid_to, reason) VALUES (1, 'shoes', 10, 20, 'purged');",
         [(None, "1", "gap_order")]),
        # 4. registrations
        (4, "a customer without a registration", f"DELETE FROM td_registrations_events WHERE key = {row};",
         [("customer", row, "registration"), (None, None, "rollup")]),
        (4, "a registration without a customer", "INSERT INTO td_registrations_events VALUES (5, 0, NULL, 1, 0);", [("customer", "5", "registration")]),
        (4, "a registration in another store", f"INSERT INTO td_registrations_groups VALUES (900, 'NOWHERE'); UPDATE td_registrations_events SET "
         f"\"group\" = 900 WHERE key = {row};", [("customer", row, "registration"), (None, None, "rollup")]),
        (4, "a registration at another time, within its minute", f"UPDATE td_registrations_events SET at = at - at % 60000000 + (at + 1000000) % "
         f"60000000 WHERE key = {row};", [("customer", row, "registration")]),
        (4, "a registration without its time", f"UPDATE td_registrations_events SET at = NULL WHERE key = {row};",
         [("customer", row, "registration"), (None, None, "rollup")]),
        (4, "the registration of one who died", f"DELETE FROM td_registrations_events WHERE key = {dead};", [("customer", dead, "registration")]),
        (4, "minutes that count too many", "UPDATE td_registrations_counts SET n = n + 1 WHERE grain = 0;", [(None, None, "rollup")]),
        (4, "hours that count too few", "DELETE FROM td_registrations_counts WHERE grain = 1;", [(None, None, "rollup")]),
        (4, "days that count too many", "UPDATE td_registrations_counts SET n = n + 1 WHERE grain = 2;", [(None, None, "rollup")]),
        (4, "a day that is another day", "UPDATE td_registrations_counts SET start = start + 86400000000 WHERE grain = 2;", [(None, None, "rollup")]),
        # 5. age
        (5, "complete to a time to come", f"UPDATE td_source SET complete_to = {OPEN};", [(None, "1", "age")]),
        (5, "complete beyond all signs of life", "UPDATE td_status SET beat = NULL;", [(None, "1", "age")]),
        # 6. bad input
        (6, "a time not written as ours", f"UPDATE customer SET registered_at = replace(registered_at, ' ', 'T') WHERE cif = {row};", [("customer", row, "canonical")]),
        (6, "money that is not canonical", "UPDATE asset SET assetvalue = '1e3' WHERE assetid = (SELECT min(assetid) FROM asset);",
         [("asset", "first", "canonical")]),
        (6, "rejected without a reason", "INSERT INTO td_rejected (source, entity, line, reason, raw, at, seq) VALUES (1, 'customer', 3, '', 'x', 1, 1);",
         [(None, "1", "rejected")]),
        # 7. surprises
        (7, "an anomaly not marked", "INSERT INTO td_anomaly (source, entity, key, reason, at, seq) SELECT 1, 'product', 5, 'delete of an unknown row', "
         "1, max(seq) FROM td_txn;", [("product", None, "verify")]),
        # the search index
        (0, "a word forgotten", f"DELETE FROM td_word WHERE key = {row};", [("customer", row, "search")]),
        (0, "a word of a name that is no more", f"UPDATE customer SET name = 'Zyxw Vuts' WHERE cif = {row};", [("customer", row, "search")]),
        (0, "a word nobody has", f"INSERT INTO td_word VALUES ('qqq', 'qqq rrr', {row});", [("customer", None, "search")]),
        (0, "a word not counted", "DELETE FROM td_term WHERE word = (SELECT min(word) FROM td_word);", [("customer", None, "search")]),
        (0, "a phone number forgotten", f"DELETE FROM td_exact WHERE key = {row};", [("customer", row, "search")]),
    ]


def found(violations, wanted, first):
    entity, key, rule = wanted
    key = first.get(entity) if key == "first" else key
    return any(v["rule"] == rule and v["entity"] == entity and (key is None or v["key"] == key) for v in violations)


def damaged(t, replica, case, first):
    promise, name, sql, wanted = case
    copy = path("copy.db")
    for suffix in ("-wal", "-shm"):
        if os.path.exists(copy + suffix):
            os.unlink(copy + suffix)
    shutil.copy(replica, copy)
    shell(copy, sql)
    result = desk("check", "--replica", copy, "--json")
    violations = result.json()["violations"] if result.out else []
    missing = [w for w in wanted if not found(violations, w, first)]
    title = f"promise {promise}: {name}" if promise else name
    t.ok(result.status == 1 and result.json()["ok"] is False and not missing and not schema_errors("check", result.json()),
         f"{title}: {', '.join(sorted({w[2] for w in wanted}))}", f"missing {missing}\n{result}")
    return copy


with tap() as t:
    bank, replica, cif = build()
    shell(replica, "PRAGMA wal_checkpoint(TRUNCATE);")
    clean = desk("check", "--replica", replica, "--json")
    t.ok(clean.status == 0 and clean.json()["ok"] is True and clean.json()["violations"] == [], "nothing wrong to begin with", clean)
    first = {e: str(read_bank(replica, f"SELECT min({c}) FROM {e}")[0][0]) for e, c in (("asset", "assetid"), ("store", "store_id"))}
    copy = None
    for case in cases(cif):
        copy = damaged(t, replica, case, first)
    text = desk("check", "--replica", copy)
    t.ok(text.status == 1 and f"customer {cif[5]}: search: " in text.out and "2 violations" in text.out, "as text", text)
