#!/usr/bin/python3
"""What may happen to a bank's tables, and what the replica makes of it.

    follow.py [--only N]       of the scenarios, in order

Each scenario has a database of its own on one server, a replica and a service that follows.
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from scenario import ROWS, Scenario, play  # noqa: E402

(ONLY,) = numbers(only=0)


# ---- tables that are emptied, dropped, swapped, altered ----

def emptied(t, server):
    with Scenario(t, server, "emptied", ROWS) as f:
        f.sql("TRUNCATE TABLE account")
        f.sync()
        f.equal(f.ended("account"), ["truncate"] * 30, "TRUNCATE closes every row")
        f.equal(len(set(f.column("SELECT valid_to FROM account_versions"))), 1, "at one instant")
        f.sql("INSERT INTO account VALUES (1, 1, 5, 'new')")
        f.sync()
        f.same()
        f.sql("TRUNCATE account; /* a */ truncate /*!50000 table */ `account` -- end\n")
        f.sync()
        f.same("written otherwise it is one too")


def dropped(t, server):
    with Scenario(t, server, "dropped", ROWS) as f:
        f.sql("DROP TABLE account; CREATE TABLE account (kind VARCHAR(99), balance DECIMAL(12,2), id BIGINT PRIMARY KEY, cif BIGINT);"
              "INSERT INTO account VALUES ('again', 9.99, 1, 2)")
        f.sync()
        f.same("a table dropped and made again, its columns in another order, is followed")
        f.equal(len(f.ended("account")), 30, "its rows ended")
        f.sql("CREATE OR REPLACE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2), kind VARCHAR(20)); INSERT INTO account VALUES (3, 3, 3, 'x')")
        f.sync()
        f.same("CREATE OR REPLACE too")


def swapped(t, server):
    with Scenario(t, server, "swapped", ROWS) as f:
        before = value(f.replica, "SELECT count(*) FROM account_versions")
        f.sql("CREATE TABLE _account_gho LIKE account; ALTER TABLE _account_gho ADD COLUMN extra INT DEFAULT 5, MODIFY kind VARCHAR(200);"
              "INSERT INTO _account_gho (id, cif, balance, kind) SELECT * FROM account; UPDATE _account_gho SET balance = balance + 1 WHERE id = 7; DELETE FROM _account_gho WHERE id = 8;"
              "RENAME TABLE account TO _account_del, _account_gho TO account")
        f.sync()
        f.service.until("SELECT balance FROM account WHERE id = 7", "8.50", "the row that differs in the table swapped in")
        f.service.until_live()
        f.same("a table swapped in by RENAME is read again")
        f.equal(value(f.replica, "SELECT count(*) FROM account_versions"), before + 1, "only what differs is a version")
        f.sql("UPDATE account SET balance = 0 WHERE id = 9; UPDATE _account_del SET balance = 77 WHERE id = 1; DROP TABLE _account_del")
        f.sync()
        f.same("then the new table is followed, the old one is not")


def altered(t, server):
    with Scenario(t, server, "altered", ROWS) as f:
        before = value(f.replica, "SELECT count(*) FROM customer_versions")
        f.sql("ALTER TABLE customer ADD COLUMN tier VARCHAR(20) DEFAULT 'gold'")
        f.sync()
        f.shapes["customer"] = ("customer", "cif", ("cif", "name", "note", "tier"))
        f.service.until("SELECT count(*) FROM customer WHERE tier = 'gold'", 10, "the new column in every row")
        f.service.until_live()
        f.same("a column the model has as optional is filled in")
        f.equal(value(f.replica, "SELECT count(*) FROM customer_versions"), before, "without a version")
        f.sql("UPDATE customer SET tier = 'tin' WHERE cif = 3")
        f.sync()
        f.equal(versions(f.replica, 3)[-1]["changed"], ["tier"], "what changes from then on is one")
        f.sql("ALTER TABLE account MODIFY kind VARCHAR(500) AFTER id, MODIFY balance DECIMAL(20,4), ADD COLUMN extra JSON FIRST; UPDATE account SET kind = 'wide' WHERE id < 4")
        f.sync()
        f.service.until_live()
        f.ok(value(f.replica, "SELECT count(*) FROM account WHERE kind = 'wide'") == 3, "columns moved, widened and put in front are still themselves",
             ask(f.replica, "SELECT * FROM account LIMIT 4"))
        f.sql("ALTER TABLE account DROP COLUMN extra, MODIFY balance DECIMAL(12,2), ADD INDEX (kind), COMMENT 'x'; ANALYZE TABLE account; OPTIMIZE TABLE account")
        f.sync()
        f.service.until_live()
        f.same("dropped columns, indexes and maintenance change nothing")
        f.sql("ALTER TABLE account DROP COLUMN kind")
        f.shapes["account"] = ("account", "id", ("id", "cif", "balance"))
        f.sync()
        f.service.until_live()
        f.same("an optional column may go")
        f.sql("ALTER TABLE customer CHANGE name full_name VARCHAR(80); UPDATE customer SET full_name = 'Else' WHERE cif = 1")
        f.refused("a column that must be there went", "name")


def partitioned(t, server):
    make = ("DROP TABLE account; CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2), kind VARCHAR(20)) PARTITION BY RANGE (id)"
            "(PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20), PARTITION c VALUES LESS THAN (30), PARTITION d VALUES LESS THAN MAXVALUE);")
    with Scenario(t, server, "partitioned", make + ROWS) as f:
        for words, left in (("ALTER TABLE account TRUNCATE PARTITION a", 21), ("ALTER TABLE account DROP PARTITION b", 11),
                            ("CREATE TABLE other LIKE account; ALTER TABLE other REMOVE PARTITIONING; INSERT INTO other VALUES (25, 1, 1, 'in'), (26, 1, 2, 'in');"
                             "ALTER TABLE account EXCHANGE PARTITION c WITH TABLE other", 3)):
            f.sql(words)
            f.sync()
            f.service.until("SELECT count(*) FROM account", left, words)
            f.service.until_live()
            f.same(re.search("(TRUNCATE|DROP|EXCHANGE) PARTITION", words).group())
        f.sql("ALTER TABLE account REORGANIZE PARTITION d INTO (PARTITION e VALUES LESS THAN (1000), PARTITION g VALUES LESS THAN MAXVALUE)")
        f.sync()
        f.service.until_live()
        f.same("REORGANIZE PARTITION, which moves rows and changes none")


# ---- transactions ----

def rolled_back(t, server):
    aria = "CREATE TABLE log_entry (id INT PRIMARY KEY, cif BIGINT, what VARCHAR(40)) ENGINE=Aria TRANSACTIONAL=0; CREATE TABLE old_entry (id INT PRIMARY KEY, cif BIGINT, what VARCHAR(40)) ENGINE=MyISAM;"
    columns = {"id": "integer", "cif": "integer", "what": "text"}
    entities = [entity("log_entry", "log_entry", "id", columns, cif="cif"), entity("old_entry", "old_entry", "id", columns, cif="cif")]
    shapes = {n: (n, "id", ("id", "cif", "what")) for n in ("log_entry", "old_entry")}
    with Scenario(t, server, "rolled_back", aria + ROWS, entities, shapes) as f:
        f.sql("BEGIN; UPDATE customer SET note = 'kept' WHERE cif = 1; SAVEPOINT a; UPDATE customer SET note = 'gone' WHERE cif = 2; INSERT INTO log_entry VALUES (1, 1, 'stays');"
              "INSERT INTO account VALUES (900, 1, 1, 'gone'); SAVEPOINT b; INSERT INTO account VALUES (901, 1, 1, 'gone'); ROLLBACK TO a; INSERT INTO account VALUES (902, 1, 1, 'kept'); COMMIT")
        f.sync()
        f.equal(f.column("SELECT note FROM customer WHERE cif < 3 ORDER BY cif"), ["kept", None], "ROLLBACK TO takes back what came after the savepoint")
        f.equal(f.column("SELECT id FROM account WHERE id >= 900"), [902], "on every table that can")
        f.equal(f.column("SELECT what FROM log_entry"), ["stays"], "and leaves what cannot be taken back")
        f.same("a savepoint with an Aria table in the middle")
        f.sql("BEGIN; INSERT INTO account VALUES (903, 1, 1, 'gone'); INSERT INTO old_entry VALUES (1, 1, 'stays'); UPDATE customer SET note = 'gone' WHERE cif = 4; ROLLBACK")
        f.sync()
        f.equal((f.column("SELECT id FROM account WHERE id = 903"), f.column("SELECT what FROM old_entry")), ([], ["stays"]), "a transaction rolled back keeps its MyISAM row")
        f.same()
        f.sql("INSERT INTO old_entry VALUES (2, 1, 'a'), (3, 1, 'b'); UPDATE old_entry SET what = 'c' WHERE id = 3; DELETE FROM old_entry WHERE id = 2;"
              "BEGIN; SAVEPOINT x; INSERT INTO account VALUES (904, 1, 1, 'kept'); RELEASE SAVEPOINT x; SAVEPOINT `it's \"x\"`; INSERT INTO account VALUES (905, 1, 1, 'gone'); ROLLBACK TO `it's \"x\"`; COMMIT")
        f.sync()
        f.same("names of savepoints, released ones, tables without transactions")
        with f.session() as a:
            for word in ("BEGIN", "INSERT INTO account VALUES (906, 1, 1, 'gone')"):
                a.run(word)
            try:
                a.run("INSERT INTO account VALUES (907, 1, 1, 'x'), (1, 1, 1, 'duplicate')")
            except wire.ServerError:
                a.run("COMMIT")
        f.sync()
        f.same("a statement that failed half-way")


def prepared(t, server):
    with Scenario(t, server, "prepared", ROWS) as f:
        def xa(name, sql):
            with f.session() as a:
                a.run(f"XA START {name}; {sql}; XA END {name}; XA PREPARE {name}")
        xa("'one'", "UPDATE customer SET note = 'one' WHERE cif = 1; INSERT INTO account VALUES (901, 1, 1, 'one')")
        xa("'two','branch',7", "UPDATE customer SET note = 'two' WHERE cif = 2")
        f.sync()
        f.equal(f.column("SELECT note FROM customer WHERE cif < 3"), [None, None], "prepared is not committed")
        f.equal(f.service.terminate()[0], 0, "the service ends")
        f.service.start()
        f.service.until_live()
        f.sql("UPDATE customer SET note = 'between' WHERE cif = 3")
        f.sync()
        f.sql("XA COMMIT 'one'")
        f.sync()
        f.equal((f.column("SELECT note FROM customer WHERE cif = 1"), f.column("SELECT kind FROM account WHERE id = 901")), (["one"], ["one"]),
                "committed after the program was started again, it is there, whole")
        f.sql("XA ROLLBACK 'two','branch',7")
        f.sync()
        f.equal(f.column("SELECT note FROM customer WHERE cif = 2"), [None], "rolled back it is not")
        f.same()
        f.sql("XA START 'three'; UPDATE customer SET note = 'three' WHERE cif = 3; XA END 'three'; XA COMMIT 'three' ONE PHASE")
        f.sync()
        f.same("one phase")
        xa("'four'", "UPDATE customer SET note = 'four' WHERE cif = 4")
        f.service.kill9()
        f.sql("XA COMMIT 'four'")
        f.service.start()
        f.sync()
        f.same("committed while the program was down")
        xa("x'00ff27'", "UPDATE customer SET note = 'five' WHERE cif = 5")
        f.sync()
        f.server.restart()
        f.server.sql("XA COMMIT x'00ff27'")
        f.sync()
        f.equal(f.column("SELECT note FROM customer WHERE cif = 5"), ["five"], "committed after the server was started again")
        f.same()


def keys(t, server):
    with Scenario(t, server, "keys_", ROWS) as f:
        f.sql("BEGIN; UPDATE customer SET cif = -1 WHERE cif = 1; UPDATE customer SET cif = 1 WHERE cif = 2; UPDATE customer SET cif = 2 WHERE cif = -1; COMMIT")
        f.sync()
        f.equal(f.column("SELECT name FROM customer WHERE cif IN (1, 2) ORDER BY cif"), ["Name 2", "Name 1"], "keys that swap")
        f.same()
        f.sql("UPDATE account SET id = id + 1 ORDER BY id DESC; UPDATE account SET id = id - 1 ORDER BY id")
        f.sync()
        f.same("a chain of keys, there and back in two transactions")
        f.sql("BEGIN; DELETE FROM customer WHERE cif = 5; INSERT INTO customer VALUES (5, 'Reborn', 'r'); DELETE FROM customer WHERE cif = 5; INSERT INTO customer VALUES (5, 'Again', 'r'); COMMIT")
        f.sync()
        f.equal([v["values"]["name"] for v in versions(f.replica, 5)], ["Name 5", "Reborn", "Again"], "deleted and inserted within one transaction: each a version")
        f.same()


def conflicts(t, server):
    make = "CREATE TABLE card (id INT PRIMARY KEY, cif BIGINT, number VARCHAR(20) UNIQUE, what VARCHAR(20)); INSERT INTO card VALUES (1, 1, 'a', ''), (2, 1, 'b', ''), (3, 1, 'c', '');"
    with Scenario(t, server, "conflicts", make + ROWS, [entity("card", "card", "id", {"id": "integer", "cif": "integer", "number": "text", "what": "text"}, cif="cif")],
                  {"card": ("card", "id", ("id", "cif", "number", "what"))}) as f:
        for words in ("REPLACE INTO customer VALUES (1, 'Replaced', 'r'), (77, 'New', 'n')", "REPLACE INTO card VALUES (1, 2, 'c', 'ate two rows')",
                      "INSERT INTO customer VALUES (2, 'x', 'x') ON DUPLICATE KEY UPDATE note = 'dup', name = VALUES(name)",
                      "INSERT INTO card VALUES (9, 9, 'b', 'moved') ON DUPLICATE KEY UPDATE id = 20, what = 'moved'",
                      "INSERT IGNORE INTO customer VALUES (3, 'ignored', 'x'), (78, 'taken', 'y')",
                      "INSERT INTO customer VALUES (2, 'x', 'x') ON DUPLICATE KEY UPDATE note = note",
                      "UPDATE customer c JOIN account a USING (cif) SET c.note = 'joined', a.balance = a.balance * 2 WHERE c.cif = 4",
                      "DELETE c, a FROM customer c JOIN account a USING (cif) WHERE c.cif = 6",
                      "UPDATE account SET balance = balance WHERE cif = 7", "UPDATE account SET kind = 'limited' ORDER BY id LIMIT 3",
                      "CREATE TABLE copy AS SELECT * FROM account; INSERT INTO account SELECT id + 1000, cif, balance, 'copied' FROM copy",
                      "CREATE TRIGGER after_it AFTER UPDATE ON customer FOR EACH ROW UPDATE account SET kind = 'trigger' WHERE cif = NEW.cif; UPDATE customer SET note = 'fires' WHERE cif = 8"):
            f.sql(words)
            f.sync()
            f.same(words[:70])


def atomic(t, server):
    """While money moves, no reader of the replica ever sees a sum that is not."""
    with Scenario(t, server, "atomic", ROWS) as f:
        total = value(f.replica, "SELECT sum(CAST(balance AS REAL)) FROM account")
        seen, odd = set(), []
        with f.session() as a:
            for turn in range(60):
                a.run(f"BEGIN; UPDATE account SET balance = balance - {turn} WHERE id = {1 + turn % 15}; UPDATE account SET balance = balance + {turn} WHERE id = {16 + turn % 15}; "
                      f"UPDATE customer SET note = '{turn}' WHERE cif = 1; COMMIT")
                for _ in range(3):
                    rows = ask(f.replica, "SELECT (SELECT sum(CAST(balance AS REAL)) FROM account), (SELECT note FROM customer WHERE cif = 1)")
                    seen.add(rows[0][1])
                    if abs(rows[0][0] - total) > 1e-6:
                        odd.append(rows[0])
        f.sync()
        f.equal(odd, [], f"no transaction is half visible ({len(seen)} states seen)")
        f.same()


# ---- what the log does not tell ----

FAMILY = """
CREATE TABLE branch (id INT PRIMARY KEY, cif BIGINT, name VARCHAR(20));
CREATE TABLE child (id INT PRIMARY KEY, cif BIGINT, branch INT, what VARCHAR(20), FOREIGN KEY (branch) REFERENCES branch (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE grandchild (id INT PRIMARY KEY, cif BIGINT, child INT, FOREIGN KEY (child) REFERENCES child (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE loose (id INT PRIMARY KEY, cif BIGINT, branch INT, FOREIGN KEY (branch) REFERENCES branch (id) ON DELETE SET NULL ON UPDATE SET NULL);
CREATE TABLE bound (id INT PRIMARY KEY, cif BIGINT, branch INT, FOREIGN KEY (branch) REFERENCES branch (id) ON DELETE RESTRICT);
INSERT INTO branch VALUES (1, 1, 'one'), (2, 1, 'two'), (3, 1, 'three'), (4, 1, 'four'), (5, 1, 'five');
INSERT INTO child VALUES (11, 1, 1, 'a'), (12, 1, 1, 'b'), (21, 1, 2, 'c'), (31, 1, 3, 'd'), (41, 1, 4, 'e'), (99, 1, NULL, 'free');
INSERT INTO grandchild VALUES (111, 1, 11), (112, 1, 11), (121, 1, 12), (211, 1, 21), (311, 1, 31), (411, 1, 41);
INSERT INTO loose VALUES (1, 1, 1), (2, 1, 2), (3, 1, 3), (9, 1, NULL);
"""
FAMILY_COLUMNS = {"branch": ("id", "cif", "name"), "child": ("id", "cif", "branch", "what"), "grandchild": ("id", "cif", "child"), "loose": ("id", "cif", "branch"),
                  "bound": ("id", "cif", "branch")}


def cascades(t, server):
    entities = [entity(n, n, "id", {c: "text" if c in ("name", "what") else "integer" for c in columns}, cif="cif") for n, columns in FAMILY_COLUMNS.items()]
    with Scenario(t, server, "cascades", FAMILY + ROWS, entities, {n: (n, "id", c) for n, c in FAMILY_COLUMNS.items()}) as f:
        f.sql("DELETE FROM branch WHERE id = 1")
        f.sync()
        f.equal((f.column("SELECT id FROM child ORDER BY id"), f.column("SELECT count(*) FROM grandchild"), f.column("SELECT branch FROM loose WHERE id = 1")),
                ([21, 31, 41, 99], [3], [None]), "a deletion reaches children, their children, and sets NULL")
        f.equal((sorted(set(f.ended("child"))), sorted(set(f.ended("grandchild")))), (["cascade"], ["cascade"]), "those versions ended by cascade")
        f.equal(value(f.replica, "SELECT origin FROM loose_versions WHERE id = 1 AND is_current"), "cascade", "what was set to NULL is a version of origin cascade")
        f.equal(value(f.replica, "SELECT count(DISTINCT valid_to) FROM (SELECT valid_to FROM branch_versions WHERE id = 1 UNION ALL SELECT valid_to FROM child_versions WHERE id IN (11, 12) "
                                 "UNION ALL SELECT valid_to FROM grandchild_versions WHERE id < 200)"), 1, "all at one instant")
        f.same()
        f.sql("UPDATE branch SET id = 20 WHERE id = 2; UPDATE child SET id = 310 WHERE id = 31")
        f.sync()
        f.equal((f.column("SELECT branch FROM child WHERE id = 21"), f.column("SELECT child FROM grandchild WHERE id = 311")), ([20], [310]), "a key that changes reaches its children")
        f.same("updates")
        f.sql("BEGIN; DELETE FROM branch WHERE id = 3; INSERT INTO branch VALUES (3, 1, 'again'); INSERT INTO child VALUES (32, 1, 3, 'new'); COMMIT")
        f.sync()
        f.same("deleted and made again within a transaction")
        f.sql("BEGIN; INSERT INTO branch VALUES (6, 1, 'x'); INSERT INTO child VALUES (61, 1, 6, 'x'); DELETE FROM branch WHERE id = 6; ROLLBACK; DELETE FROM branch WHERE id IN (20, 4, 5)")
        f.sync()
        f.same("several at once")
        f.sql("INSERT INTO branch VALUES (7, 1, 'x'); INSERT INTO child VALUES (71, 1, 7, 'orphan'); SET foreign_key_checks = 0; DELETE FROM branch WHERE id = 7")
        f.sync()
        f.equal(f.column("SELECT branch FROM child WHERE id = 71"), [7], "with checks off there is no cascade")
        f.same()
        f.sql("REPLACE INTO branch VALUES (3, 1, 'replaced')")
        f.sync()
        f.same("REPLACE of a parent")


def statements(t, server):
    with Scenario(t, server, "statements_", ROWS) as f:
        f.server.sql("CREATE DATABASE elsewhere; USE elsewhere; CREATE TABLE t (a INT); SET SESSION binlog_format = STATEMENT; INSERT INTO t VALUES (1); UPDATE t SET a = 2; DELETE FROM t")
        f.sync()
        f.same("statement-format writes to another database are none of ours")
        f.sql("SET SESSION binlog_format = STATEMENT; UPDATE customer SET note = 'secret words' WHERE cif = 1")
        f.refused("a write in statement format", "statement", "binlog_format|ROW", "resync")
        f.ok("secret words" not in f.service.said(True) + json.dumps(status(f.replica)), "the statement itself is not told", f.service.said(True))
        f.mended()
        f.same("then nothing is missing")


def holes(t, server):
    with Scenario(t, server, "holes", ROWS) as f:
        f.sql("SET sql_log_bin = 0; UPDATE customer SET note = 'unlogged' WHERE cif = 1; DELETE FROM customer WHERE cif = 2; INSERT INTO customer VALUES (500, 'Unseen', NULL)")
        f.sync()
        f.equal(f.column("SELECT note FROM customer WHERE cif = 1"), [None], "what is not logged is not seen")
        f.service.terminate()
        found = desk("check", "--against-source", "--replica", f.replica, "--json")
        rules = {(v["entity"], v["key"], v["rule"]) for v in found.json()["violations"]}
        f.ok(found.status == 1 and rules == {("customer", "1", "differs"), ("customer", "2", "extra"), ("customer", "500", "missing")},
             "check --against-source finds exactly that", found)
        fixed = desk("check", "--against-source", "--repair", "--replica", f.replica, "--json")
        f.ok(fixed.status == 1, "repair tells what it found", fixed)
        f.equal(value(f.replica, "SELECT origin FROM customer_versions WHERE cif = 1 AND is_current"), "repair", "and mends it as a version of its own")
        f.same("then nothing differs")


# ---- odd things a log holds ----

def oddities(t, server):
    with Scenario(t, server, "oddities", ROWS) as f:
        f.sql("SET skip_replication = 1; UPDATE customer SET note = 'skipped elsewhere' WHERE cif = 1")
        f.sync()
        f.equal(f.column("SELECT note FROM customer WHERE cif = 1"), ["skipped elsewhere"], "rows marked skip_replication are changes of the source")
        f.sql("CREATE TEMPORARY TABLE temp LIKE customer; INSERT INTO temp SELECT * FROM customer; INSERT INTO customer SELECT cif + 700, name, 'from temp' FROM temp WHERE cif = 1; DROP TEMPORARY TABLE temp")
        f.sql("CREATE TEMPORARY TABLE account (id INT); TRUNCATE account; DROP TEMPORARY TABLE account")
        f.sync()
        f.same("temporary tables, one of the name of ours")
        f.sql(f"CREATE SEQUENCE seq; CREATE TABLE numbered (id INT DEFAULT NEXTVAL(seq), a INT); INSERT INTO numbered (a) VALUES (1), (2); "
              f"CREATE USER {f.name}_u IDENTIFIED BY 'pass-word'; GRANT SELECT ON *.* TO {f.name}_u; DROP USER {f.name}_u; CREATE VIEW v AS SELECT * FROM customer; "
              "CREATE PROCEDURE p() UPDATE customer SET note = 'called' WHERE cif = 2; CALL p(); FLUSH PRIVILEGES; CREATE OR REPLACE VIEW v AS SELECT 1; DROP VIEW v; DROP PROCEDURE p")
        f.sync()
        f.same("sequences, accounts, views, procedures")
        f.ok("pass-word" not in f.service.said(True), "what a log holds of passwords is not told")
        f.sql("SET timestamp = 1; UPDATE customer SET note = 'long ago' WHERE cif = 3; SET timestamp = 4000000000; UPDATE customer SET note = 'far ahead' WHERE cif = 3")
        f.sync()
        rows = ask(f.replica, "SELECT valid_from, valid_to FROM customer_versions WHERE cif = 3 ORDER BY valid_from, seq")
        f.ok(all(a <= b for a, b in rows) and [r[1] for r in rows[:-1]] == [r[0] for r in rows[1:]] and rows[-1][0] < (time.time() + 400) * 1e6,
             "times that jump never run backwards, nor ahead", rows)
        f.equal(value(f.replica, "SELECT count(*) > 0 FROM td_anomaly WHERE reason LIKE '%clock%'"), 1, "and are listed", ask(f.replica, "SELECT * FROM td_anomaly"))
        f.sql("SET SESSION binlog_row_image = MINIMAL; UPDATE customer SET note = 'least' WHERE cif = 4; INSERT INTO customer (cif, name) VALUES (41, 'least'); DELETE FROM customer WHERE cif = 5;"
              "SET SESSION binlog_row_image = NOBLOB; UPDATE customer SET note = 'no blob' WHERE cif = 6")
        f.sync()
        f.equal((f.column("SELECT name FROM customer WHERE cif = 4"), f.column("SELECT note FROM customer WHERE cif = 41")), (["Name 4"], [None]), "images with the least")
        f.equal(exported(f.replica, "customer")['"6"']["note"], "no blob", "and without blobs")


def versioned(t, server):
    make = ("CREATE TABLE rate (id INT PRIMARY KEY, cif BIGINT, percent INT) WITH SYSTEM VERSIONING; INSERT INTO rate VALUES (1, 1, 10), (2, 1, 20), (3, 1, 30);"
            "UPDATE rate SET percent = 11 WHERE id = 1; DELETE FROM rate WHERE id = 3;")
    rate = entity("rate", "rate", "id", {"id": "integer", "cif": "integer", "percent": "integer"}, cif="cif")
    with Scenario(t, server, "versioned", make + ROWS, [rate], {"rate": ("rate", "id", ("id", "cif", "percent"))}) as f:
        f.same("copied: the rows of now, not the server's own history")
        f.sql("UPDATE rate SET percent = 12 WHERE id = 1; INSERT INTO rate VALUES (4, 1, 40)")
        f.sync()
        f.same("updates and inserts")
        f.sql("DELETE FROM rate WHERE id = 2; INSERT INTO rate VALUES (2, 1, 21)")
        f.sync()
        f.same("a deletion, and the key again")
        f.equal(f.column("SELECT percent FROM rate_versions WHERE id = 2 ORDER BY seq"), [20, 21], "its history is one version each")
        f.sql("DELETE HISTORY FROM rate; REPLACE INTO rate VALUES (1, 1, 13)")
        f.sync()
        f.same("DELETE HISTORY changes nothing that is now; REPLACE does")
        f.sql("BEGIN; UPDATE rate SET id = 100 WHERE id = 1; UPDATE rate SET percent = 14 WHERE id = 100; DELETE FROM rate WHERE id = 4; COMMIT")
        f.sync()
        f.same("a key that changes, several in one transaction")
        f.sql("ALTER TABLE rate DROP SYSTEM VERSIONING; UPDATE rate SET percent = 99 WHERE id = 2")
        f.sync()
        f.service.until_live()
        f.same("without versioning from here on")


def periods(t, server):
    """The same with columns that show the period."""
    make = ("CREATE TABLE shown (id INT PRIMARY KEY, cif BIGINT, a INT, rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, "
            "PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING; INSERT INTO shown (id, cif, a) VALUES (1, 1, 1), (2, 1, 2); UPDATE shown SET a = 3 WHERE id = 2;")
    shown = entity("shown", "shown", "id", {"id": "integer", "cif": "integer", "a": "integer"}, cif="cif")
    with Scenario(t, server, "periods", make + ROWS, [shown], {"shown": ("shown", "id", ("id", "cif", "a"))}) as f:
        f.sql("UPDATE shown SET a = 5 WHERE id = 1; DELETE FROM shown WHERE id = 2; INSERT INTO shown (id, cif, a) VALUES (3, 1, 3)")
        f.sync()
        f.same()


def generated(t, server):
    """Partial images leave out what the server makes of other columns: nobody may take it for unchanged, or for nothing."""
    make = ("CREATE TABLE made (id INT PRIMARY KEY, cif BIGINT, a INT, kept INT GENERATED ALWAYS AS (a + 1) STORED, virt INT GENERATED ALWAYS AS (a + 2) VIRTUAL);"
            "INSERT INTO made (id, cif, a) VALUES (1, 1, 1), (2, 1, 2);")
    made = entity("made", "made", "id", {"id": "integer", "cif": "integer", "a": "integer", "kept": "integer", "virt": "integer"}, cif="cif")
    for name, write in (("generated_update", "UPDATE made SET a = 10 WHERE id = 1"), ("generated_insert", "INSERT INTO made (id, cif, a) VALUES (3, 1, 3)")):
        with Scenario(t, server, name, make, entities=(made,), shapes={"made": ("made", "id", ("id", "cif", "a", "kept", "virt"))}) as f:
            f.sql("UPDATE made SET a = 7 WHERE id = 2")
            f.sync()
            f.same("full images have all columns")
            f.sql("SET SESSION binlog_row_image = MINIMAL; " + write)
            f.refused("a partial image without a virtual column", "virt", "FULL")
            f.mended()
            f.same("read anew, nothing differs")


SCENARIOS = [emptied, dropped, swapped, altered, partitioned, rolled_back, prepared, keys, conflicts, atomic, cascades, statements, holes, oddities, versioned, periods, generated]

with tap() as t:
    if need(t):
        with Server("follow") as server:
            play(t, server, SCENARIOS[ONLY - 1:ONLY] if ONLY else SCENARIOS)
