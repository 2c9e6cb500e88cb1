#!/usr/bin/python3
"""What the tests of this folder stand on, tested itself: servers that come and go, sessions, standbys, slots."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from oracle import Book, ServerBank, Writer  # noqa: E402

ROWS = "CREATE TABLE t (a INT PRIMARY KEY, b TEXT, c BYTEA); INSERT INTO t VALUES (1, 'x', '\\x00ff'), (2, NULL, NULL), (3, 'NULL', 'it''s'), (4, E'a\\tb', '')"


def state_of(action):
    """The SQLSTATE of a statement that fails; of a connection that does not come about its words."""
    try:
        return action()
    except Failure as error:
        return error.pgcode or str(error).strip()


def statements(t, s):
    s.sql(ROWS)
    t.equal(s.dump("t"), ['(1,x,"\\\\x00ff")', "(2,,)", '(3,NULL,"\\\\x69742773")', '(4,"a\tb","\\\\x")'], "a dump tells NULL from text, and bytes as they are")
    t.equal(s.script("SELECT a, b FROM t WHERE a < 3"), "1|x\n2|\n", "psql sees the same rows")
    with s.session() as a, s.session("teller") as b:
        a.run("BEGIN; UPDATE t SET b = 'new' WHERE a = 1")
        before = b.cell("SELECT b FROM t WHERE a = 1")
        waits = b.later("SELECT count(*) FROM t, pg_sleep(0)")
        a.run("COMMIT")
        t.equal((before, waits.result(60), b.cell("SELECT b FROM t WHERE a = 1")), ("x", [("4",)], "new"), "a session keeps its transaction open")
        t.equal((state_of(lambda: a.run("INSERT INTO t VALUES (1)")), a.cell("SELECT 7")), ("23505", "7"), "an error has its SQLSTATE, and the session goes on")
        t.equal(state_of(lambda: b.run("UPDATE t SET b = 'x'")), "42501", "the account of the program may read, no more")
        t.equal(b.run("SELECT 1.50, 1::float8, ARRAY[1, NULL], true, '\\x00'::bytea, '0001-01-01 BC'::date, NULL"), [("1.50", "1", "{1,NULL}", "t", "\\x00", "0001-01-01 BC", None)],
                "values are the server's own text")
        a.load("t", ["5\t\\N\t\\N"])
        t.equal(b.cell("SELECT count(*) FROM t"), "5", "lines are copied in")
        b.drop()
        t.equal(state_of(lambda: b.run("SELECT 1")) is not None, True, "a dropped session is gone")


def coming_and_going(t, s):
    s.kill9()
    t.equal((s.alive, os.path.exists(s.socket)), (False, False), "killed, all of it is gone")
    s.start()
    t.equal(s.cell("SELECT b FROM t WHERE a = 1"), "new", "it comes back with what was committed")
    s.restart(wal_level="replica")
    t.equal(s.cell("SHOW wal_level"), "replica", "started again with another setting")
    s.restart(wal_level="logical", max_slot_wal_keep_size="1MB")
    with s.session() as c:
        s.pause()
        waits = c.later("SELECT 1")
        time.sleep(0.1)
        held = not waits.done()
        s.go_on()
        t.equal((held, waits.result(60)), (True, [("1",)]), "paused it does not answer, and then it does")
    broken = Server("broken", start=False, wal_level="nothing")
    t.ok("nothing" in failure(broken.start), "a server that does not start says why")
    s.reload(wal_sender_timeout="7s")
    t.equal(s.cell("SHOW wal_sender_timeout"), "7s", "a setting that needs no start")


def failure(action):
    try:
        action()
        return ""
    except RuntimeError as error:
        return str(error)


def families(t, s):
    with s.twin("twin") as other:
        other.start()
        t.equal((other.dump("t"), other.system()), (s.dump("t"), s.system()), "a twin has the same rows and the same identity")
    with Server("alien", alien=True) as other:
        t.ok(other.system() != s.system() and other.cell("SELECT count(*) FROM pg_class WHERE relname = 't'") == "0", "an alien has neither")
    with s.standby() as other:
        s.sql("INSERT INTO t VALUES (6)")
        wait_for(lambda: len(other.dump("t")) == 6, "a row on the standby")
        other.promote()
        other.sql("DELETE FROM t WHERE a = 6")
        t.equal((len(other.dump("t")), len(s.dump("t")), other.system() == s.system(), s.timeline(), other.timeline()), (5, 6, True, 1, 2),
                "a standby follows, and promoted it goes its own way")


def the_log(t, s):
    before = s.lsn()
    s.noise(2)
    t.ok(s.lsn() - before > 2 << 20, "the log grows by noise")
    t.equal(number("16/B374D848"), 0x16B374D848, "a place in the log as a number")
    s.sql("SELECT pg_create_logical_replication_slot('a', 'pgoutput')")
    t.equal((s.slots()["a"]["wal_status"], s.slots()["a"]["database"]), ("reserved", "bank"), "a slot is there")
    s.lose_slot("a")
    t.equal(s.slots()["a"]["wal_status"], "lost", "and lost")
    s.drop_slot("a")
    t.equal(s.slots(), {}, "and dropped")


def who_comes_in(t, s):
    s.sql("CREATE ROLE clerk LOGIN PASSWORD 'right' IN ROLE by_scram; CREATE ROLE out LOGIN IN ROLE by_reject")
    t.ok("no password supplied" in state_of(lambda: s.connect("clerk")), "by_scram asks for a password")
    t.ok("password authentication failed" in state_of(lambda: s.connect("clerk", password="wrong")), "the right one")
    with s.session("clerk", password="right") as c:
        t.equal(c.cell("SELECT current_user"), "clerk", "which opens")
    t.ok("rejects connection" in state_of(lambda: s.connect("out")), "by_reject is rejected")
    s.hba("host all teller 127.0.0.1/32 reject")
    t.ok("rejects connection" in state_of(lambda: s.connect("teller", host="127.0.0.1")), "lines before the others hold")
    s.hba()
    s.connect("teller", host="127.0.0.1").close()
    s.database("other", "CREATE TABLE u (a INT)")
    s.publish("u", database="other")
    with s.session("teller", "other") as c:
        t.equal(c.run("SELECT count(*), (SELECT tablename FROM pg_publication_tables) FROM u"), [("0", "u")], "another database, its tables readable and published")


def a_writer(t, s):
    """What it says was committed is there, and nothing else, whatever befell its connection."""
    target = ServerBank(s, "written")
    target.prepare()
    writer = Writer(target, Book(), 3)
    writer.fill(60)
    t.equal(s.sql("SELECT tablename FROM pg_publication_tables ORDER BY 1", "written"), [["bank_product"], ["customer_asset"], ["customer_info"], ["store"]], "a bank's tables are published")
    for turn in range(40):
        writer.step()
        if turn % 10 == 4:
            s.kill9()
            s.start()
        if turn % 10 == 8:
            target.client.drop()
    wrong = []
    for name, (table, key, columns) in BANK.items():
        got = {json.loads(k): v for k, v in source_rows(s, table, columns, key, "written").items()}
        wanted = {k: [v[c] for c in columns] for k, v in writer.book.live(name).items()}
        wrong += [f"{name} {k}: book {wanted.get(k)}, server {got.get(k)}" for k in sorted(set(got) | set(wanted)) if got.get(k) != wanted.get(k)]
    t.equal((wrong, writer.book.commits > 30), ([], True), "the book is what the server holds")


with tap() as t:
    if not available():
        t.skip("a server's log", "there is no PostgreSQL or no psycopg2 here")
    else:
        with Server("first", tcp=True) as s:
            statements(t, s)
            coming_and_going(t, s)
            families(t, s)
            the_log(t, s)
            who_comes_in(t, s)
            a_writer(t, s)
