#!/usr/bin/python3
"""What may happen to a bank's tables, and what the replica makes of it.

    follow.py [--only N] [--wait 1]       of the scenarios, in order

Each scenario has a database of its own on one server, a replica and a service that follows. What the log does not tell is found
out when the catalogue is read, at each start and once a minute: --wait waits for the minute, else the service is started again.
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from scenario import ROWS, SHAPES, Scenario, play  # noqa: E402

ONLY, WAIT = numbers(only=0, wait=0)
LONG = 200  # times 32 characters: far beyond what a page keeps in line


class Case(Scenario):
    """publication: statements on it before the program comes."""

    def __init__(self, t, server, name, sql="", entities=(), shapes=None, publication="", **how):
        super().__init__(t, server, name, sql, entities, shapes, **how)
        if publication:
            server.sql(publication, name)

    def __exit__(self, *error):
        told = super().__exit__(*error)
        for slot in self.server.slots().values():
            if slot["database"] == self.name:
                self.server.drop_slot(slot["slot_name"])
        return told

    def looks(self, name):
        """What no change tells: it is found when the catalogue is read again."""
        if not WAIT:
            self.service.restart()
            self.service.until_live()
        return self.settles(name)

    def settles(self, name):
        """What is read anew, it takes a moment until the replica is what the source is."""
        end = time.monotonic() + desk_.BOUND + 30
        while differences(self.server, self.replica, self.shapes, self.name) and time.monotonic() < end and self.service.alive:
            time.sleep(0.1)
        self.service.until_live()
        return self.same(name)

    def slot(self):
        """Its row of pg_replication_slots."""
        mine = [s for s in self.server.slots().values() if s["database"] == self.name]
        return mine[0] if len(mine) == 1 else None


# ---- tables that are emptied, dropped, swapped, altered ----

def emptied(t, server):
    with Case(t, server, "emptied", ROWS) as f:
        f.sql("TRUNCATE TABLE account")
        f.sync()
        f.equal(f.ended("account"), ["truncate"] * 30, "TRUNCATE closes every row")
        f.equal(len(set(f.column("SELECT valid_to FROM account_versions"))), 1, "at one instant")
        f.sql("INSERT INTO account VALUES (1, 1, 5, 'new')")
        f.sync()
        f.same()
        f.sql("BEGIN; INSERT INTO account VALUES (2, 1, 5, 'for a moment'); TRUNCATE ONLY account RESTART IDENTITY; INSERT INTO account VALUES (3, 1, 5, 'after'); COMMIT")
        f.sync()
        f.same("in the middle of a transaction")
        f.sql("BEGIN; TRUNCATE customer; INSERT INTO customer VALUES (1, 'never', NULL); ROLLBACK")
        f.sync()
        f.same("taken back it never was")


FAMILY = """CREATE TABLE branch (id INT PRIMARY KEY, cif BIGINT, name VARCHAR(20));
CREATE TABLE child (id INT PRIMARY KEY, cif BIGINT, branch INT REFERENCES branch (id) ON DELETE CASCADE ON UPDATE CASCADE, what VARCHAR(20));
CREATE TABLE grandchild (id INT PRIMARY KEY, cif BIGINT, child INT REFERENCES child (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE loose (id INT PRIMARY KEY, cif BIGINT, branch INT REFERENCES branch (id) ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE apart (id INT PRIMARY KEY, branch INT REFERENCES branch (id) ON DELETE CASCADE);
INSERT INTO branch VALUES (1, 1, 'one'), (2, 1, 'two'), (3, 1, 'three');
INSERT INTO child VALUES (11, 1, 1, 'a'), (12, 1, 1, 'b'), (21, 1, 2, 'c'), (31, 1, 3, 'd'), (99, 1, NULL, 'free');
INSERT INTO grandchild VALUES (111, 1, 11), (112, 1, 11), (121, 1, 12), (211, 1, 21), (311, 1, 31);
INSERT INTO loose VALUES (1, 1, 1), (2, 1, 2), (9, 1, NULL);
"""
FAMILY_COLUMNS = {"branch": ("id", "cif", "name"), "child": ("id", "cif", "branch", "what"), "grandchild": ("id", "cif", "child"), "loose": ("id", "cif", "branch")}


def cascades(t, server):
    entities = [entity(n, n, "id", {c: "text" if c in ("name", "what") else "integer" for c in columns}, cif="cif") for n, columns in FAMILY_COLUMNS.items()]
    with Case(t, server, "cascades", FAMILY + ROWS, entities, {n: (n, "id", c) for n, c in FAMILY_COLUMNS.items()}) as f:
        f.sql("DELETE FROM branch WHERE id = 1")
        f.sync()
        f.equal((f.column("SELECT id FROM child ORDER BY id"), f.column("SELECT count(*) FROM grandchild"), f.column("SELECT branch FROM loose WHERE id = 1")),
                ([21, 31, 99], [2], [None]), "a deletion reaches children, their children, and sets NULL")
        f.equal((sorted(set(f.ended("child"))), sorted(set(f.ended("grandchild")))), (["delete"], ["delete"]), "the log tells each of them")
        f.same()
        f.sql("UPDATE branch SET id = 20 WHERE id = 2; UPDATE child SET id = 310 WHERE id = 31")
        f.sync()
        f.equal((f.column("SELECT branch FROM child WHERE id = 21"), f.column("SELECT child FROM grandchild WHERE id = 311")), ([20], [310]), "a key that changes reaches its children")
        f.same("updates")
        f.sql("TRUNCATE branch CASCADE")
        f.sync()
        f.equal([value(f.replica, f"SELECT count(*) FROM {n}") for n in FAMILY_COLUMNS], [0, 0, 0, 0], "TRUNCATE CASCADE empties all that refer to it")
        f.equal(len({value(f.replica, f"SELECT max(valid_to) FROM {n}_versions") for n in FAMILY_COLUMNS}), 1, "at one instant")
        f.sql("INSERT INTO branch VALUES (1, 1, 'again'); INSERT INTO child VALUES (11, 1, 1, 'again'); TRUNCATE customer, account, loose")
        f.sync()
        f.same("several tables by one TRUNCATE, and rows after it")


def dropped(t, server):
    with Case(t, server, "dropped", ROWS) as f:
        f.sql("DROP TABLE account; CREATE TABLE account (kind VARCHAR(99), balance NUMERIC(12,2), id BIGINT PRIMARY KEY, cif BIGINT);"
              "ALTER PUBLICATION tellerdesk ADD TABLE account; INSERT INTO account VALUES ('again', 9.99, 1, 2)")
        f.settles("a table dropped and made again, its columns in another order, is followed")
        f.equal(len(f.ended("account")), 30, "its rows ended")
        f.sql("INSERT INTO account VALUES ('more', 1, 2, 2); UPDATE account SET balance = 10 WHERE id = 1; DELETE FROM account WHERE id = 2")
        f.sync()
        f.same("and what comes after")
        f.sql("CREATE TABLE again (LIKE account INCLUDING ALL); DROP TABLE account; ALTER TABLE again RENAME TO account; ALTER PUBLICATION tellerdesk ADD TABLE account; INSERT INTO account VALUES ('the same', 1, 1, 1)")
        f.settles("made again just as it was")
        f.service.terminate()
        f.sql("DROP TABLE account; CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance NUMERIC(12,2), kind VARCHAR(20)); INSERT INTO account VALUES (7, 7, 7, 'unseen')")
        f.service.start()
        f.refused("made again it is not published", "account", "publi", "ALTER PUBLICATION")
        f.sql("UPDATE account SET kind = 'unseen too'; ALTER PUBLICATION tellerdesk ADD TABLE account; INSERT INTO account VALUES (8, 8, 8, 'seen')")
        f.service.start()
        f.settles("added to the publication it is read anew")


def dropped_often(t, server):
    """A commit is sent a moment before the catalogue shows what it did: whoever reads the catalogue in between believes what was."""
    with Case(t, server, "dropped_often", ROWS) as f:
        odd = []
        for turn in range(12):
            f.sql(f"UPDATE account SET kind = 'turn {turn}' WHERE id < 3; DELETE FROM account WHERE id > 2")
            f.sync()
            f.sql("CREATE TABLE again (LIKE account INCLUDING ALL); DROP TABLE account; ALTER TABLE again RENAME TO account; ALTER PUBLICATION tellerdesk ADD TABLE account;"
                  f"INSERT INTO account VALUES (1, 1, {turn}, 'anew'), ({turn + 3}, 1, 1, 'anew')")
            f.sync()
            end = time.monotonic() + 10
            while differences(server, f.replica, f.shapes, f.name) and time.monotonic() < end:
                time.sleep(0.05)
            odd += differences(server, f.replica, f.shapes, f.name)
        f.equal(odd, [], "however often a table is made again, no row is missed")
        f.same()


def swapped(t, server):
    with Case(t, server, "swapped", ROWS) as f:
        before = value(f.replica, "SELECT count(*) FROM account_versions")
        f.sql("CREATE TABLE account_new (LIKE account INCLUDING ALL); ALTER TABLE account_new ADD COLUMN extra INT DEFAULT 5, ALTER COLUMN kind TYPE TEXT;"
              "INSERT INTO account_new (id, cif, balance, kind) SELECT * FROM account; UPDATE account_new SET balance = balance + 1 WHERE id = 7; DELETE FROM account_new WHERE id = 8;"
              "ALTER PUBLICATION tellerdesk ADD TABLE account_new; ALTER TABLE account RENAME TO account_old; ALTER TABLE account_new RENAME TO account")
        f.sql("UPDATE account SET kind = 'after' WHERE id = 9")
        f.settles("a table swapped in by RENAME is read again")
        f.equal(value(f.replica, "SELECT count(*) FROM account_versions"), before + 2, "only what differs is a version")
        f.sql("UPDATE account SET balance = 0 WHERE id = 9; UPDATE account_old SET balance = 77 WHERE id = 1; DELETE FROM account_old WHERE id = 2")
        f.sync()
        f.same("then the new table is followed, the old one is not")


def renamed(t, server):
    with Case(t, server, "renamed", ROWS) as f:
        f.sql("BEGIN; ALTER TABLE account RENAME TO account_away; INSERT INTO account_away VALUES (901, 1, 5, 'away'); DELETE FROM account_away WHERE id = 11;"
              "ALTER TABLE account_away RENAME TO account; INSERT INTO account VALUES (902, 1, 5, 'back'); COMMIT")
        f.settles("what happened to a table while it went by another name is read")
        f.service.terminate()
        f.sql("ALTER TABLE account RENAME TO account_away; INSERT INTO account_away VALUES (903, 1, 5, 'away'); ALTER TABLE account_away RENAME TO account")
        f.service.start()
        f.settles("while nobody followed, too")


def altered(t, server):
    with Case(t, server, "altered", ROWS) as f:
        before = value(f.replica, "SELECT count(*) FROM customer_versions")
        f.sql("ALTER TABLE customer ADD COLUMN tier VARCHAR(20) DEFAULT 'gold'")
        f.sql("UPDATE customer SET note = 'first after' WHERE cif = 2")
        f.shapes["customer"] = ("customer", "cif", ("cif", "name", "note", "tier"))
        f.service.until("SELECT count(*) FROM customer WHERE tier = 'gold'", 10, "the new column in every row")
        f.settles("a column the model has as optional is filled in")
        f.equal(value(f.replica, "SELECT count(*) FROM customer_versions"), before + 1, "without a version")
        f.sql("UPDATE customer SET tier = 'tin' WHERE cif = 3")
        f.sync()
        f.equal(versions(f.replica, 3)[-1]["changed"], ["tier"], "what changes from then on is one")
        f.sql("ALTER TABLE account ALTER COLUMN kind TYPE TEXT, ALTER COLUMN balance TYPE NUMERIC(20,4), ADD COLUMN extra JSON, ALTER COLUMN cif TYPE NUMERIC; UPDATE account SET kind = 'wide' WHERE id < 4")
        f.sync()
        f.service.until("SELECT count(*) FROM account WHERE kind = 'wide'", 3, "columns of another type")
        f.service.until_live()
        rows = {k: [v["cif"], v["balance"], v["kind"]] for k, v in exported(f.replica, "account").items()}
        f.equal([rows['"3"'], rows['"4"']], [["4", "3.50", "wide"], ["5", "4.50", "giro"]], "columns that became wider are still themselves")
        f.sql("ALTER TABLE account DROP COLUMN extra, ALTER COLUMN balance TYPE NUMERIC(12,2), ALTER COLUMN cif TYPE BIGINT; CREATE INDEX ON account (kind); COMMENT ON TABLE account IS 'x';"
              "UPDATE account SET kind = 'narrow' WHERE id = 5")
        f.settles("a column dropped, a type changed back, an index, a comment")
        f.sql("ALTER TABLE account ADD COLUMN first INT; UPDATE account SET first = 1; ALTER TABLE account DROP COLUMN first; UPDATE account SET kind = 'between' WHERE id = 6")
        f.settles("a column that comes and goes within one transaction, with rows between")
        f.sql("ALTER TABLE account DROP COLUMN kind; UPDATE account SET balance = 1 WHERE id = 1")
        f.shapes["account"] = ("account", "id", ("id", "cif", "balance"))
        f.settles("an optional column may go")
        f.sql("ALTER TABLE customer RENAME COLUMN name TO full_name; UPDATE customer SET full_name = 'Else' WHERE cif = 1")
        f.refused("a column that must be there went", "name")


def rewritten(t, server):
    """Statements that move every row and change none."""
    with Case(t, server, "rewritten", ROWS) as f:
        before = [value(f.replica, f"SELECT count(*) FROM {n}_versions") for n in ("customer", "account")]
        for number_, words in enumerate(("VACUUM FULL account", "CLUSTER account USING account_pkey", "REINDEX TABLE account", "ANALYZE account", "VACUUM (FREEZE) account",
                                         "ALTER TABLE account ALTER COLUMN kind SET STORAGE EXTERNAL", "ALTER TABLE account SET (fillfactor = 50)", "ALTER TABLE account REPLICA IDENTITY FULL",
                                         "ALTER TABLE account OWNER TO postgres", "ALTER TABLE account ALTER COLUMN balance SET DEFAULT 5")):
            f.sql(words)
            f.sql(f"UPDATE account SET kind = '{number_}' WHERE id = 3")
            f.sync()
            f.settles(words)
        f.equal([value(f.replica, f"SELECT count(*) FROM {n}_versions") for n in ("customer", "account")], [before[0], before[1] + 10], "no row has a version it did not have")


def partitioned(t, server):
    make = ("DROP TABLE account; CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2), kind VARCHAR(20)) PARTITION BY RANGE (id);"
            "CREATE TABLE part_a PARTITION OF account FOR VALUES FROM (MINVALUE) TO (10); CREATE TABLE part_b (kind VARCHAR(20), id BIGINT NOT NULL, balance DECIMAL(12,2), cif BIGINT);"
            "ALTER TABLE account ATTACH PARTITION part_b FOR VALUES FROM (10) TO (20); CREATE TABLE part_c PARTITION OF account FOR VALUES FROM (20) TO (MAXVALUE);")
    with Case(t, server, "partitioned", make + ROWS, publication="ALTER PUBLICATION tellerdesk SET (publish_via_partition_root = true)") as f:
        f.same("copied from three partitions, one of them with its columns in another order")
        f.sql("UPDATE account SET balance = balance + 1; INSERT INTO account VALUES (100, 1, 1, 'new'), (-1, 1, 1, 'new'); DELETE FROM account WHERE id IN (1, 11, 21)")
        f.sync()
        f.same("followed in all of them")
        f.sql("UPDATE account SET id = 11 WHERE id = 5; UPDATE account SET id = 1000 WHERE id = 12; UPDATE part_a SET kind = 'by the partition' WHERE id = 6")
        f.sync()
        f.same("rows that move to another partition")
        f.sql("TRUNCATE account; INSERT INTO account SELECT n, 1, n, 'again' FROM generate_series(1, 30) n")
        f.sync()
        f.same("emptied as one")
        f.sql("CREATE TABLE part_d (LIKE part_c INCLUDING ALL); INSERT INTO part_d VALUES (2000, 1, 1, 'came with it'); ALTER TABLE account DETACH PARTITION part_c; "
              "ALTER TABLE account ATTACH PARTITION part_d FOR VALUES FROM (20) TO (MAXVALUE)")
        f.sql("INSERT INTO account VALUES (2001, 1, 1, 'after'), (2, 1, 1, 'x') ON CONFLICT (id) DO UPDATE SET kind = 'after'")
        f.looks("one taken off and one put on, neither of which the log tells")
        f.sql("TRUNCATE part_b")
        f.sql("UPDATE account SET kind = 'truncated' WHERE id = 3")
        f.looks("a partition emptied by its own name, which is not told either")


# ---- rows whose changes are not told whole ----

TOAST = f"""CREATE TABLE letter (id INT PRIMARY KEY, cif BIGINT, tag VARCHAR(40), body TEXT, scan BYTEA);
ALTER TABLE letter ALTER body SET STORAGE EXTERNAL, ALTER scan SET STORAGE EXTERNAL;
CREATE FUNCTION long(n INT) RETURNS TEXT LANGUAGE sql AS $$ SELECT string_agg(md5(n::text || i::text), '') FROM generate_series(1, {LONG}) i $$;
INSERT INTO letter SELECT n, n % 10 + 1, 'tag', long(n), decode(long(-n), 'hex') FROM generate_series(1, 20) n;
"""
LETTER = {"id": "integer", "cif": "integer", "tag": "text", "body": "text", "scan": "bytes"}


def letters(server, name):
    """{id: (tag, md5 of body, bytes of scan)}; source and replica alike."""
    return {r[0]: tuple(r[1:]) for r in server.sql("SELECT id, tag, md5(body), md5(scan) FROM letter", name)}


def letters_known(replica):
    import hashlib
    return {str(r[0]): (r[1], *(None if v is None else hashlib.md5(v.encode() if isinstance(v, str) else v).hexdigest() for v in r[2:]))
            for r in ask(replica, "SELECT id, tag, body, scan FROM letter")}


# (what is done to a table with long values, what it is)
UNCHANGED = [
    ("UPDATE letter SET tag = 'new' WHERE id = 1", "another column"),
    ("UPDATE letter SET id = 102 WHERE id = 2", "the key"),
    ("UPDATE letter SET id = 103, tag = 'moved' WHERE id = 3", "the key, and another column"),
    ("UPDATE letter SET body = long(1004), id = 104 WHERE id = 4", "the key, and one of two long values"),
    ("BEGIN; UPDATE letter SET tag = 'once' WHERE id = 5; UPDATE letter SET body = long(1005) WHERE id = 5; UPDATE letter SET tag = 'twice' WHERE id = 5; COMMIT", "three times in a transaction"),
    ("BEGIN; UPDATE letter SET id = 106 WHERE id = 6; UPDATE letter SET tag = 'x' WHERE id = 106; UPDATE letter SET id = 206 WHERE id = 106; COMMIT", "the key twice in a transaction"),
    ("BEGIN; INSERT INTO letter VALUES (300, 1, 'new', long(300), NULL); UPDATE letter SET tag = 'changed' WHERE id = 300; UPDATE letter SET id = 301 WHERE id = 300; COMMIT", "of a row made in the same transaction"),
    ("BEGIN; UPDATE letter SET id = -7 WHERE id = 7; UPDATE letter SET id = 7, tag = 'was 8' WHERE id = 8; UPDATE letter SET id = 8, tag = 'was 7' WHERE id = -7; COMMIT", "keys that swap"),
    ("UPDATE letter SET body = NULL WHERE id = 9", "a long value that goes, another that stays"),
    ("UPDATE letter SET body = long(9) WHERE id = 9", "and comes"),
    ("UPDATE letter SET body = body WHERE id = 10", "nothing"),
    ("DELETE FROM letter WHERE id = 11; INSERT INTO letter VALUES (11, 1, 'again', NULL, NULL); UPDATE letter SET tag = 'short' WHERE id = 11", "a row that came again without"),
    ("BEGIN; SAVEPOINT a; UPDATE letter SET body = long(0) WHERE id = 12; ROLLBACK TO a; UPDATE letter SET tag = 'kept' WHERE id = 12; COMMIT", "after a change that was taken back"),
]


def toast(t, server):
    """Long values that an update did not touch are not sent."""
    for name, identity in (("toast", ""), ("toast_full", "ALTER TABLE letter REPLICA IDENTITY FULL;"),
                           ("toast_index", "ALTER TABLE letter DROP CONSTRAINT letter_pkey; CREATE UNIQUE INDEX letter_id ON letter (id); ALTER TABLE letter ALTER id SET NOT NULL, REPLICA IDENTITY USING INDEX letter_id;")):
        with Case(t, server, name, TOAST + identity + ROWS, [entity("letter", "letter", "id", LETTER, cif="cif")]) as f:
            f.equal(letters_known(f.replica), letters(server, name), "copied")
            for sql, what in UNCHANGED:
                f.sql(sql)
                f.sync()
                f.equal(letters_known(f.replica), letters(server, name), f"changed is {what}")
            f.service.kill9()
            for sql in ("UPDATE letter SET tag = 'while away' WHERE id = 13", "UPDATE letter SET id = 114 WHERE id = 14"):
                f.sql(sql)
            f.service.start()
            f.sync()
            f.equal(letters_known(f.replica), letters(server, name), "changed while the program was away")
            f.same("nothing differs")


def toast_while_copied(t, server):
    """Rows whose long values are not sent, before they were copied."""
    name, rows = "toast_copy", 600
    f = Case(t, server, name, TOAST + f"INSERT INTO letter SELECT n, 1, 'tag', long(n), NULL FROM generate_series(1001, {1000 + rows}) n;" + ROWS,
             [entity("letter", "letter", "id", LETTER, cif="cif")])
    with Proxy(("127.0.0.1", server.port)) as proxy:
        proxy.trickle(30000, 0.02)
        with follow(server.tcp_url(proxy.port, database=name), f.replica, f.model) as service:
            service.until_state("snapshot")
            for turn in range(12):
                n = 1001 + turn * 50
                for sql in (f"UPDATE letter SET tag = 'early' WHERE id BETWEEN {n} AND {n + 9}", f"UPDATE letter SET id = -id WHERE id BETWEEN {n + 10} AND {n + 14}",
                            f"UPDATE letter SET id = -id, tag = 'there' WHERE id BETWEEN {n + 15} AND {n + 19}; UPDATE letter SET id = -id, tag = 'and back' WHERE id BETWEEN {-n - 19} AND {-n - 15}",
                            f"UPDATE letter SET tag = 'doomed' WHERE id BETWEEN {n + 20} AND {n + 24}; DELETE FROM letter WHERE id BETWEEN {n + 20} AND {n + 24}",
                            f"INSERT INTO letter SELECT id, 2, 'again', NULL, NULL FROM generate_series({n + 20}, {n + 22}) id"):
                    server.sql(sql, name)
            t.ok(state(f.replica) == "snapshot", f"{name}: all of it while the first copy runs", status(f.replica))
            proxy.flow()
            service.until_live()
            t.equal({k: v for k, v in letters_known(f.replica).items() if letters(server, name).get(k) != v}, {}, f"{name}: no value is another than the source's")
            t.equal(len(letters_known(f.replica)), len(letters(server, name)), f"{name}: and none is missing")
            t.equal(value(f.replica, "SELECT count(*) FROM td_anomaly"), 0, f"{name}: without a surprise")
            service.terminate()
        whole(t, f.replica, f"{name}: by its own checks")


def keys(t, server):
    make = ("CREATE TABLE seat (id INT PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, cif BIGINT, what VARCHAR(20)); ALTER TABLE seat REPLICA IDENTITY FULL; "
            "INSERT INTO seat SELECT n, 1, 'seat ' || n FROM generate_series(1, 9) n;"
            "CREATE TABLE holding (b VARCHAR(9), note TEXT, a INT, cif BIGINT, PRIMARY KEY (a, b)); INSERT INTO holding VALUES ('x', 'one', 1, 1), ('y', 'two', 1, 1), ('x', 'three', 2, 1);")
    entities = [entity("seat", "seat", "id", {"id": "integer", "cif": "integer", "what": "text"}, cif="cif"),
                entity("holding", "holding", "b, a", {"a": "integer", "b": "text", "note": "text", "cif": "integer"}, cif="cif")]
    with Case(t, server, "keys_", make + ROWS, entities, {"seat": ("seat", "id", ("id", "cif", "what")), "holding": ("holding", "b, a", ("b", "a", "note", "cif"))}) as f:
        f.sql("BEGIN; UPDATE customer SET cif = -1 WHERE cif = 1; UPDATE customer SET cif = 1 WHERE cif = 2; UPDATE customer SET cif = 2 WHERE cif = -1; COMMIT")
        f.sync()
        f.equal(f.column("SELECT name FROM customer WHERE cif IN (1, 2) ORDER BY cif"), ["Name 2", "Name 1"], "keys that swap by way of a third")
        f.same()
        f.sql("UPDATE seat SET id = 3 - id WHERE id IN (1, 2)")
        f.sync()
        f.equal(f.column("SELECT what FROM seat WHERE id IN (1, 2) ORDER BY id"), ["seat 2", "seat 1"], "keys that swap under a deferred constraint")
        f.sql("UPDATE seat SET id = CASE id WHEN 9 THEN 1 ELSE id + 1 END")
        f.sync()
        f.same("a ring of them")
        f.sql("BEGIN; UPDATE seat SET id = 5 WHERE id = 4; DELETE FROM seat WHERE what = (SELECT what FROM seat WHERE id = 5 ORDER BY what DESC LIMIT 1); COMMIT")
        f.sync()
        f.same("onto a living key, whose row goes afterwards")
        f.sql("BEGIN; DELETE FROM customer WHERE cif = 5; INSERT INTO customer VALUES (5, 'Reborn', 'r'); DELETE FROM customer WHERE cif = 5; INSERT INTO customer VALUES (5, 'Again', 'r'); COMMIT")
        f.sync()
        f.equal([v["values"]["name"] for v in versions(f.replica, 5)], ["Name 5", "Reborn", "Again"], "deleted and inserted within one transaction: each a version")
        f.sql("DELETE FROM holding WHERE a = 1 AND b = 'x'; UPDATE holding SET note = 'zwei' WHERE b = 'y'; UPDATE holding SET a = 3, b = 'z' WHERE a = 2; INSERT INTO holding VALUES ('x', 'new', 2, 1)")
        f.sync()
        f.equal(ask(f.replica, "SELECT b, a, note FROM holding ORDER BY b, a"), [("x", 2, "new"), ("y", 1, "zwei"), ("z", 3, "three")], "keys of two columns, deleted and changed by key alone")
        f.equal(value(f.replica, "SELECT note FROM holding_versions WHERE a = 1 AND b = 'x' AND NOT is_current"), "one", "a deletion that tells no more than the key leaves the version whole")
        f.same()


# ---- transactions ----

def rolled_back(t, server):
    with Case(t, server, "rolled_back", ROWS) as f:
        f.sql("BEGIN; UPDATE customer SET note = 'kept' WHERE cif = 1; SAVEPOINT a; UPDATE customer SET note = 'gone' WHERE cif = 2; INSERT INTO account VALUES (900, 1, 1, 'gone'); SAVEPOINT b;"
              "INSERT INTO account VALUES (901, 1, 1, 'gone'); ROLLBACK TO a; INSERT INTO account VALUES (902, 1, 1, 'kept'); COMMIT")
        f.sync()
        f.equal(f.column("SELECT note FROM customer WHERE cif < 3 ORDER BY cif"), ["kept", None], "ROLLBACK TO takes back what came after the savepoint")
        f.equal(f.column("SELECT id FROM account WHERE id >= 900"), [902], "on every table")
        f.same("savepoints")
        f.sql("DO $$ BEGIN FOR i IN 1..200 LOOP BEGIN INSERT INTO account VALUES (1000 + i, 1, i, 'sub'); IF i % 3 = 0 THEN RAISE division_by_zero; END IF; EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END $$")
        f.sync()
        f.equal(value(f.replica, "SELECT count(*) FROM account WHERE kind = 'sub'"), 134, "more subtransactions than a backend remembers, a third of them taken back")
        f.equal(value(f.replica, "SELECT count(DISTINCT seq_from) FROM (SELECT _seq_from AS seq_from FROM account WHERE kind = 'sub')"), 1, "are one transaction")
        f.same()
        f.sql("BEGIN; INSERT INTO account VALUES (903, 1, 1, 'gone'); ROLLBACK")
        with f.session() as a:
            a.run("BEGIN; INSERT INTO account VALUES (906, 1, 1, 'gone')")
            with contextlib.suppress(Failure):
                a.run("INSERT INTO account VALUES (907, 1, 1, 'x'), (1, 1, 1, 'duplicate')")
            a.run("COMMIT")
        with f.session() as a:
            a.run("SET synchronous_commit = off")
            a.run("UPDATE customer SET note = 'not waited for' WHERE cif = 3")
        f.sync()
        f.same("rolled back, failed half-way, not waited for")


def interleaved(t, server):
    """Transactions that run side by side come in the order of their commits."""
    with Case(t, server, "interleaved", ROWS) as f:
        sessions = [server.connect(database=f.name) for _ in range(5)]
        for round_ in range(6):
            for n, a in enumerate(sessions):
                a.run(f"BEGIN; INSERT INTO account VALUES ({1000 + 10 * round_ + n}, 1, {n}, 'begun {n}')")
            for n in (3, 0, 4, 1, 2):
                sessions[n].run(f"UPDATE customer SET note = 'round {round_} by {n}' WHERE cif = 1; COMMIT")
        for a in sessions:
            a.close()
        f.sync()
        f.same()
        f.equal([v["values"]["note"] for v in versions(f.replica, 1)][1:], [f"round {r} by {n}" for r in range(6) for n in (3, 0, 4, 1, 2)], "each version in its place")


def prepared(t, server):
    with Case(t, server, "prepared", ROWS) as f:
        def prepare(name, sql):
            f.sql(f"BEGIN; {sql}; PREPARE TRANSACTION '{name}'")
        prepare("one", "UPDATE customer SET note = 'one' WHERE cif = 1; INSERT INTO account VALUES (901, 1, 1, 'one')")
        prepare("two", "UPDATE customer SET note = 'two' WHERE cif = 2")
        f.sync()
        f.equal(f.column("SELECT note FROM customer WHERE cif < 3"), [None, None], "prepared is not committed")
        f.equal(f.service.terminate()[0], 0, "the service ends")
        f.service.start()
        f.service.until_live()
        f.sql("UPDATE customer SET note = 'between' WHERE cif = 3")
        f.sync()
        f.sql("COMMIT PREPARED 'one'")
        f.sync()
        f.equal((f.column("SELECT note FROM customer WHERE cif = 1"), f.column("SELECT kind FROM account WHERE id = 901")), (["one"], ["one"]),
                "committed after the program was started again, it is there, whole")
        f.sql("ROLLBACK PREPARED 'two'")
        f.sync()
        f.equal(f.column("SELECT note FROM customer WHERE cif = 2"), [None], "rolled back it is not")
        prepare("three", "UPDATE customer SET note = 'three' WHERE cif = 4")
        f.service.kill9()
        f.sql("COMMIT PREPARED 'three'")
        f.service.start()
        f.sync()
        f.same("committed while the program was down")
        prepare("four", "UPDATE customer SET note = 'four' WHERE cif = 5")
        f.sync()
        f.server.restart()
        f.sql("COMMIT PREPARED 'four'")
        f.sync()
        f.equal(f.column("SELECT note FROM customer WHERE cif = 5"), ["four"], "committed after the server was started again")
        f.same()


def large(t, server):
    """A transaction that the server keeps on disk (logical_decoding_work_mem is 64 kB)."""
    rows = 100000
    with Case(t, server, "large", ROWS) as f:
        f.sql(f"INSERT INTO account SELECT n, n % 10 + 1, n, 'many' FROM generate_series(1000, {999 + rows}) n")
        f.service.until("SELECT count(*) FROM account WHERE kind = 'many'", rows, f"{rows} rows of one transaction", bound=240)
        f.equal(value(f.replica, "SELECT count(DISTINCT _seq_from) FROM account WHERE kind = 'many'"), 1, f"{rows} rows inserted are one transaction")
        f.sql("UPDATE account SET kind = 'more' WHERE kind = 'many'; DELETE FROM account WHERE id % 2 = 0 AND kind = 'more'")
        f.service.until("SELECT count(*) FROM account WHERE kind = 'more'", rows // 2, "updated, and half of them deleted", bound=240)
        f.sync()
        f.same()


def conflicts(t, server):
    make = "CREATE TABLE card (id INT PRIMARY KEY, cif BIGINT, number VARCHAR(20) UNIQUE, what VARCHAR(20)); INSERT INTO card VALUES (1, 1, 'a', ''), (2, 1, 'b', ''), (3, 1, 'c', '');"
    with Case(t, server, "conflicts", make + ROWS, [entity("card", "card", "id", {"id": "integer", "cif": "integer", "number": "text", "what": "text"}, cif="cif")],
              {"card": ("card", "id", ("id", "cif", "number", "what"))}) as f:
        for words in ("INSERT INTO customer VALUES (2, 'x', 'x'), (77, 'New', 'n') ON CONFLICT (cif) DO UPDATE SET note = 'dup', name = excluded.name",
                      "INSERT INTO card VALUES (9, 9, 'b', 'moved') ON CONFLICT (number) DO UPDATE SET id = 20, what = excluded.what",
                      "INSERT INTO customer VALUES (3, 'ignored', 'x'), (78, 'taken', 'y') ON CONFLICT DO NOTHING",
                      "MERGE INTO account a USING (VALUES (1, 5.0), (555, 7.0)) AS v (id, b) ON a.id = v.id WHEN MATCHED AND v.b > 100 THEN DELETE WHEN MATCHED THEN UPDATE SET balance = v.b "
                      "WHEN NOT MATCHED THEN INSERT VALUES (v.id, 1, v.b, 'merged')",
                      "UPDATE customer c SET note = 'joined' FROM account a WHERE a.cif = c.cif AND c.cif = 4",
                      "DELETE FROM account a USING customer c WHERE a.cif = c.cif AND c.cif = 6",
                      "WITH gone AS (DELETE FROM account WHERE cif = 7 RETURNING *) INSERT INTO account SELECT id + 5000, cif, balance, 'moved by WITH' FROM gone",
                      "UPDATE account SET balance = balance WHERE cif = 8",
                      "CREATE TABLE copy AS SELECT * FROM account; INSERT INTO account SELECT id + 10000, cif, balance, 'copied' FROM copy",
                      "CREATE FUNCTION also() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE account SET kind = 'trigger' WHERE cif = NEW.cif; RETURN NEW; END $$; "
                      "CREATE TRIGGER after_it AFTER UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION also(); UPDATE customer SET note = 'fires' WHERE cif = 8",
                      "SET session_replication_role = replica; UPDATE customer SET note = 'does not fire' WHERE cif = 9"):
            f.sql(words)
            f.sync()
            f.same(words[:70])
        with f.session() as a:
            a.load("account", [f"{n}\t1\t{n}.25\tloaded" for n in range(20000, 20050)])
        f.sql("BEGIN; TRUNCATE account; COPY account FROM PROGRAM 'echo 1,2,3.00,frozen' WITH (FORMAT csv, FREEZE); COMMIT")
        f.sync()
        f.equal(value(f.replica, "SELECT count(*) FROM account_versions WHERE kind = 'loaded'"), 50, "rows copied in")
        f.same("and frozen ones")


def atomic(t, server):
    """While money moves, no reader of the replica ever sees a sum that is not."""
    with Case(t, server, "atomic", ROWS) as f:
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


# ---- publications and slots ----

def filtered(t, server):
    shapes = {"account": ("account WHERE balance < 20", "id", ("id", "cif", "balance", "kind"))}
    with Case(t, server, "filtered", ROWS + "; ALTER TABLE account REPLICA IDENTITY FULL", shapes=shapes,
              publication="ALTER PUBLICATION tellerdesk SET TABLE customer, mark, account WHERE (balance < 20)") as f:
        f.same("rows outside of the filter are not copied")
        f.sql("UPDATE account SET balance = 5 WHERE id = 25; UPDATE account SET balance = 50 WHERE id = 5; UPDATE account SET balance = 51 WHERE id = 26; UPDATE account SET balance = 6 WHERE id = 6;"
              "INSERT INTO account VALUES (100, 1, 19.99, 'in'), (101, 1, 20, 'out'), (102, 1, NULL, 'neither'); DELETE FROM account WHERE id IN (7, 27)")
        f.sync()
        f.same("rows come in and go out as they change")
        f.equal(f.ended("account", "id = 5"), ["delete"], "one that goes out is deleted here")


def publication_gone(t, server):
    with Case(t, server, "publication_gone", ROWS) as f:
        f.sql("DROP PUBLICATION tellerdesk")
        f.sql("UPDATE customer SET note = 'unpublished' WHERE cif = 1")
        f.refused("the publication is dropped", "publication", "check-source|CREATE PUBLICATION")
        server.publish("customer", "account", "mark", database=f.name)
        f.sql("UPDATE customer SET note = 'published' WHERE cif = 2")
        f.mended()
        f.same("made again and resynced, nothing is missing")


def publication_remade(t, server):
    """Dropped and made again at once: what was written between is not told."""
    with Case(t, server, "publication_remade", ROWS) as f:
        f.sql("DROP PUBLICATION tellerdesk; CREATE PUBLICATION tellerdesk FOR TABLE customer, account, mark")
        f.sql("UPDATE customer SET note = 'after' WHERE cif = 1")
        f.sync()
        f.same("in one transaction it is as if it had not been")
        f.sql("ALTER PUBLICATION tellerdesk DROP TABLE account")
        f.sql("UPDATE account SET kind = 'unpublished' WHERE id = 1; DELETE FROM account WHERE id = 2; INSERT INTO account VALUES (700, 1, 1, 'unpublished')")
        f.sql("ALTER PUBLICATION tellerdesk ADD TABLE account")
        f.sql("UPDATE account SET kind = 'published' WHERE id = 3")
        f.looks("a table that left and came back is read anew")


def slot_ahead(t, server):
    """Somebody else read from our slot: what it confirmed will never be told again."""
    with Case(t, server, "slot_ahead", ROWS) as f:
        slot = f.slot()["slot_name"]
        f.service.terminate()
        f.sql("UPDATE customer SET note = 'eaten' WHERE cif = 1")
        server.sql(f"SELECT pg_replication_slot_advance({quote(slot)}, pg_current_wal_lsn())", f.name)
        f.service.start()
        f.refused("the slot stands past what we have", "slot", "resync")
        f.mended("--accept-server")
        f.same("then nothing is missing")


def idle(t, server):
    """What is none of ours: the slot follows it, so that the server need not keep its log."""
    with Case(t, server, "idle", ROWS + "; CREATE TABLE private (a INT); ALTER TABLE private REPLICA IDENTITY FULL", publication="ALTER PUBLICATION tellerdesk SET TABLE customer, account, mark") as f:
        server.database("elsewhere", "CREATE TABLE account (id INT PRIMARY KEY, note TEXT); CREATE PUBLICATION tellerdesk FOR TABLE account")
        before = value(f.replica, "SELECT count(*) FROM td_txn")
        for name, sql in (("another database", lambda n: server.sql(f"INSERT INTO account VALUES ({n}, repeat('x', 1000000))", "elsewhere")),
                          ("a table that is not published", lambda n: f.sql(f"INSERT INTO private SELECT generate_series(1, 20000)")),
                          ("messages, checkpoints and segments", lambda n: (server.noise(1), server.switch(), server.checkpoint()))):
            for n in range(5):
                sql(n)
            end = server.lsn()
            f.service.wait(lambda: number(f.slot()["confirmed_flush_lsn"]) >= end - 8192, f"{name}: the slot to follow the end of the log (is {f.slot()}, {end:X})")
            f.ok(True, f"{name}: the slot follows")
        server.checkpoint()
        f.service.wait(lambda: server.lsn() - number(f.slot()["restart_lsn"]) < 4 << 20, "the log that is kept to be short")
        f.ok(value(f.replica, "SELECT count(*) FROM td_txn") - before <= 1, "nothing of it is a transaction of ours", ask(f.replica, "SELECT * FROM td_txn ORDER BY seq DESC LIMIT 5"))
        f.sync()
        f.same()


def room(lsn):
    """Bytes of records before a place of the log: without the heads of its pages (24) and of its files' first pages (40)."""
    files, at = divmod(lsn, 1 << 20)
    pages = -(-at // 8192)
    return files * ((1 << 20) - 40 - 127 * 24) + at - (40 + 24 * (pages - 1) if pages else 0)


def page_heads(t, server):
    """The log may end just behind the head of a page, or as far into it as the head of a file's first page would reach."""
    with Case(t, server, "page_heads", ROWS) as f:
        turn, least = 1000, 400
        for wanted in (40, 24, 32):
            for _ in range(20):
                begun, turn = server.lsn(), turn + 1
                target = (begun + 2 * 8192) // 8192 * 8192 + wanted
                pad = max(0, room(target - (24 if wanted == 24 else 0)) - room(begun) - least)
                f.sql(f"BEGIN; INSERT INTO mark VALUES ({turn}, 0); SELECT pg_logical_emit_message(true, 'pad', repeat('x', {pad})); COMMIT")
                if server.lsn() == target:
                    break
                least = room(server.lsn()) - room(begun) - pad
            f.equal(server.lsn() % 8192, wanted, f"the log ends {wanted} bytes into a page")
            end = target - (24 if wanted == 24 else 0)
            f.service.wait(lambda: number(value(f.replica, "SELECT position FROM td_source").split()[0]) == end, "all of it in the replica")
            f.service.restart()
            f.service.until_live()
            f.same(f"started again where the log ends {wanted} bytes into a page")


# ---- odd things ----

def schemas(t, server):
    """Tables of the same name elsewhere, and names that need quotes."""
    make = ('CREATE SCHEMA archive; CREATE TABLE archive.account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2), kind VARCHAR(20)); INSERT INTO archive.account VALUES (1, 1, 1, \'archived\');'
            'CREATE TABLE "Odd Table" ("Id" INT PRIMARY KEY, cif BIGINT, "select" TEXT, "it\'s ""x""" TEXT); INSERT INTO "Odd Table" VALUES (1, 1, \'a\', \'b\');')
    odd = ("[entity odd]\nkind = detail\ntitle = Odd\ntable = Odd Table\nkey = Id\ncif = cif\ncolumn.Id = Id | integer\ncolumn.cif = CIF | integer\ncolumn.select = Select | text\n")
    with Case(t, server, "schemas", make + ROWS, [odd]) as f:
        f.sql("UPDATE archive.account SET kind = 'still archived'; INSERT INTO archive.account VALUES (999, 1, 1, 'archived'); DELETE FROM archive.account WHERE id = 1")
        f.sql("INSERT INTO \"Odd Table\" VALUES (2, 1, 'c', 'd'); UPDATE \"Odd Table\" SET \"select\" = 'e' WHERE \"Id\" = 1; TRUNCATE archive.account")
        f.sync()
        f.same("a table of the same name in another schema is none of ours")
        f.equal({k: v["select"] for k, v in exported(f.replica, "odd").items()}, {'"1"': "e", '"2"': "c"}, "names that need quotes")


def oddities(t, server):
    with Case(t, server, "oddities", ROWS) as f:
        f.sql("CREATE TEMPORARY TABLE account (id INT); INSERT INTO account VALUES (1); TRUNCATE account; DROP TABLE account")
        f.sql("CREATE UNLOGGED TABLE quick (a INT); INSERT INTO quick VALUES (1); CREATE SEQUENCE seq; SELECT nextval('seq'); CREATE MATERIALIZED VIEW v AS SELECT * FROM customer; REFRESH MATERIALIZED VIEW v;"
              f"CREATE ROLE {f.name}_u LOGIN PASSWORD 'pass-word'; GRANT SELECT ON customer TO {f.name}_u; REVOKE SELECT ON customer FROM {f.name}_u; DROP ROLE {f.name}_u; SELECT lo_create(0)")
        f.sync()
        f.same("temporary and unlogged tables, sequences, views, accounts, large objects")
        f.ok("pass-word" not in f.service.said(True), "what a log holds of passwords is not told")
        f.sql("SELECT pg_logical_emit_message(true, 'app', 'in a transaction'), pg_logical_emit_message(false, 'app', 'on its own')")
        f.sql("UPDATE customer SET note = E'tab\\t new\\n line \\\\ back ''quote'' \"double\" ünï 𝄞' WHERE cif = 1; UPDATE customer SET note = '' WHERE cif = 2; UPDATE customer SET name = repeat('é', 80) WHERE cif = 3")
        f.sync()
        f.same("messages; text of every kind")
        f.sql("ALTER TABLE customer ENABLE ROW LEVEL SECURITY; UPDATE customer SET note = 'guarded' WHERE cif = 4")
        f.sync()
        f.equal(value(f.replica, "SELECT note FROM customer WHERE cif = 4"), "guarded", "the log tells of rows that a policy would hide")


SCENARIOS = [page_heads, emptied, cascades, dropped, dropped_often, swapped, renamed, altered, rewritten, partitioned, toast, toast_while_copied, keys, rolled_back, interleaved, prepared, large, conflicts, atomic, filtered,
             publication_gone, publication_remade, slot_ahead, idle, schemas, oddities]

if __name__ == "__main__":
    with tap() as t:
        if need(t):
            with Server("follow", tcp=True, max_prepared_transactions=10, logical_decoding_work_mem="64kB", wal_sender_timeout="10s") as server:
                play(t, server, SCENARIOS[ONLY - 1:ONLY] if ONLY else SCENARIOS)
