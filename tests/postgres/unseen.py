#!/usr/bin/python3
"""What changed in a table while the log did not show it as ours: under another name, in another schema, off its parent, by a column that took
another's place. The catalogue looks afterwards as it did before.

    unseen.py [--only N]
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from scenario import ROWS, play  # noqa: E402
from follow import Case  # noqa: E402

ONLY = numbers(only=0, wait=0)[0]
CHANGES = "UPDATE {0} SET balance = balance + 1000 WHERE id = 5; DELETE FROM {0} WHERE id = 6; INSERT INTO {0} VALUES (106, 1, 6, 'unseen')"


def in_turn(f, *statements):
    """Each a transaction of its own."""
    for sql in statements:
        f.sql(sql)


def both_ways(f, name, *statements):
    """While somebody follows, and while nobody does."""
    in_turn(f, *statements)
    f.sql("UPDATE account SET kind = 'back' WHERE id = 9")
    f.settles(f"{name}, while it is followed")
    f.sync()
    f.service.terminate()
    in_turn(f, *statements)
    f.sql("UPDATE account SET kind = 'again' WHERE id = 9")
    f.service.start()
    f.service.until_live()
    f.settles(f"{name}, while nobody follows")


def renamed(t, server):
    with Case(t, server, "renamed", ROWS) as f:
        both_ways(f, "a table that had another name for a while", "ALTER TABLE account RENAME TO away", CHANGES.format("away"), "DELETE FROM away WHERE id IN (106, 107)",
                  "UPDATE away SET id = 107 WHERE id = 7", "ALTER TABLE away RENAME TO account")
        f.sql("BEGIN; ALTER TABLE account RENAME TO away; UPDATE away SET balance = -1 WHERE id = 11; ALTER TABLE away RENAME TO account; COMMIT")
        f.looks("within one transaction")
        f.sql("ALTER TABLE account RENAME TO away; TRUNCATE away; ALTER TABLE away RENAME TO account")
        f.looks("emptied under another name")


def moved(t, server):
    with Case(t, server, "moved", "CREATE SCHEMA archive;" + ROWS) as f:
        both_ways(f, "a table that lay in another schema for a while", "ALTER TABLE account SET SCHEMA archive", CHANGES.format("archive.account"),
                  "DELETE FROM archive.account WHERE id = 106", "UPDATE archive.account SET balance = balance + 7 WHERE id = 8", "ALTER TABLE archive.account SET SCHEMA public")


PARTS = ("DROP TABLE account; CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2), kind VARCHAR(20)) PARTITION BY RANGE (id);"
         "CREATE TABLE part_a PARTITION OF account FOR VALUES FROM (MINVALUE) TO (20);"
         "CREATE TABLE part_b PARTITION OF account FOR VALUES FROM (20) TO (MAXVALUE) PARTITION BY RANGE (id); CREATE TABLE part_c PARTITION OF part_b DEFAULT;")


def detached(t, server):
    with Case(t, server, "detached", PARTS + ROWS, publication="ALTER PUBLICATION tellerdesk SET (publish_via_partition_root = true)") as f:
        for name, bounds in (("part_a", "(MINVALUE) TO (20)"), ("part_b", "(20) TO (MAXVALUE)")):
            f.sql(f"ALTER TABLE account DETACH PARTITION {name}")
            f.sql(f"UPDATE {name} SET kind = 'off', balance = balance + 1")
            f.sql(f"ALTER TABLE account ATTACH PARTITION {name} FOR VALUES FROM {bounds}")
            f.looks(f"{name} taken off, changed, and put on again")


def replaced(t, server):
    with Case(t, server, "replaced", ROWS) as f:
        f.sql("ALTER TABLE account DROP COLUMN kind; ALTER TABLE account ADD COLUMN kind VARCHAR(20)")
        f.looks("a column that took the place of one of its name and type, empty")
        f.sql("BEGIN; ALTER TABLE account DROP COLUMN kind; ALTER TABLE account ADD COLUMN kind VARCHAR(20) DEFAULT 'filled'; COMMIT")
        f.looks("and with a default")


def cases(t, server):
    make = 'CREATE TABLE odd (id INT PRIMARY KEY, cif BIGINT, "Tag" TEXT, tag TEXT, "TAG" TEXT); INSERT INTO odd VALUES (1, 1, \'not this\', \'this\', \'nor this\');'
    with Case(t, server, "cases", make + ROWS, [entity("odd", "odd", "id", {"id": "integer", "cif": "integer", "tag": "text"}, cif="cif")],
              {"odd": ("odd", "id", ("id", "cif", "tag"))}) as f:
        f.sql("INSERT INTO odd VALUES (2, 1, 'not this', 'but this', 'nor this'); UPDATE odd SET tag = 'changed', \"Tag\" = 'no' WHERE id = 1")
        f.sync()
        f.same("of names that differ by case alone the exact one is meant")
        f.equal(f.column("SELECT tag FROM odd_versions WHERE id = 1 ORDER BY valid_from"), ["this", "changed"], "in each change")


SCENARIOS = [renamed, moved, detached, replaced, cases]

if __name__ == "__main__":
    with tap() as t:
        if need(t):
            with Server("unseen") as server:
                play(t, server, SCENARIOS[ONLY - 1:ONLY] if ONLY else SCENARIOS)
