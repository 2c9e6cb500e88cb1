#!/usr/bin/python3
"""What the tests of this folder stand on, tested itself: servers, sessions, the proxy, the two clients."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from oracle import Book, FileBank, Writer, verdict  # noqa: E402

ROWS = """CREATE TABLE bank.t (a INT PRIMARY KEY, b VARCHAR(40), c VARBINARY(9) INVISIBLE);
INSERT INTO bank.t (a, b, c) VALUES (1, 'x', x'00ff'), (2, NULL, NULL), (3, 'NULL', 'it''s'), (4, 'a\\tb\\\\', '')"""


def statements(t, s):
    s.sql(ROWS)
    t.equal(s.dump("bank.t"), ["'1','x',00FF", "'2',NULL,NULL", "'3','NULL',69742773", "'4','a\tb\\\\',"], "a dump tells NULL from text, and bytes as they are")
    t.equal(s.script("SELECT a, b FROM t WHERE a < 3"), "1\tx\n2\tNULL\n", "the server's own client sees the same rows")
    with s.session() as a, s.session() as b:
        a.run("BEGIN; UPDATE t SET b = 'new' WHERE a = 1")
        before = b.cell("SELECT b FROM t WHERE a = 1")
        a.run("COMMIT")
        t.equal((before, b.cell("SELECT b FROM t WHERE a = 1")), ("x", "new"), "a session keeps its transaction open")
        try:
            b.run("INSERT INTO t (a) VALUES (1)")
            number = None
        except wire.ServerError as error:
            number = error.number
        t.equal((number, b.cell("SELECT 7")), (1062, "7"), "an error has its number, and the session goes on")
    t.equal(len(s.cell("SELECT REPEAT('x', 20000000)")), 20000000, "answers of several packets")
    teller = wire.connect(socket=s.socket, user="teller", database="bank")
    got = teller.cell("SELECT current_user()")
    teller.close()
    t.equal(got, "teller@localhost", "the account of the program is there")


def coming_and_going(t, s):
    s.kill9()
    s.start()
    t.equal(s.cell("SELECT b FROM bank.t WHERE a = 1"), "new", "killed, a server comes back with what was committed")
    s.restart(binlog_checksum="NONE")
    t.equal((s.cell("SELECT @@global.binlog_checksum"), len(s.logs())), ("NONE", 3), "started again with another option")
    other = s.twin("twin", server_id=12)
    with other.start():
        t.equal((other.dump("t"), other.cell("SELECT @@server_id")), (s.dump("t"), "12"), "a twin has the same rows")
    broken = Server("broken", start=False, binlog_format="NOTHING")
    try:
        broken.start()
        said = ""
    except RuntimeError as error:
        said = str(error)
    t.ok("NOTHING" in said, "a server that does not start says why", said)


def ask(port, timeout=0.3):
    """What a new connection meets: a value, or the name of the error."""
    try:
        c = wire.connect(port=port, user="teller", database="bank", timeout=timeout)
        try:
            return c.cell("SELECT 1")
        finally:
            c.drop()
    except (OSError, ConnectionError) as error:
        return type(error).__name__


def network(t, s):
    with Proxy(("127.0.0.1", s.port)) as p:
        c = wire.connect(port=p.port, user="teller", database="bank", timeout=5)
        t.equal(c.cell("SELECT 1"), "1", "a proxy passes")
        p.stall()
        t.equal(ask(p.port), "TimeoutError", "stalled, nothing comes and nothing is closed")
        c.send("SELECT 2")
        p.flow()
        t.equal(c.receive(), [[[b"2"]]], "and what was sent meanwhile comes later")
        p.delay(0.15)
        begun = time.monotonic()
        c.cell("SELECT 1")
        t.ok(time.monotonic() - begun > 0.29, "delay holds each way", time.monotonic() - begun)
        p.trickle(3, 0.002)
        t.equal(c.cell("SELECT REPEAT('ab', 100)"), "ab" * 100, "a trickle brings all of it, in order")
        p.flow()
        p.cut_after(1000)
        t.equal(failure(lambda: c.cell("SELECT REPEAT('x', 100000)")), "ConnectionResetError", "cut in the middle of an answer")
        t.equal(ask(p.port), "1", "new connections pass")
        c = wire.connect(port=p.port, user="teller", timeout=5)
        p.cut()
        t.equal(failure(lambda: c.cell("SELECT 1")), "ConnectionResetError", "cut")
        c = wire.connect(port=p.port, user="teller", timeout=5)
        p.half_close()
        t.equal(failure(c.answer), "ConnectionError", "half closed: the server seems to have ended")
        p.refuse()
        t.equal(ask(p.port), "ConnectionError", "refused")
        p.flow()
        with Server("second", tcp=True, server_id=99) as other:
            p.upstream = ("127.0.0.1", other.port)
            c = wire.connect(port=p.port, timeout=5)
            t.equal(c.cell("SELECT @@server_id"), "99", "switched to another server")
            c.close()
    with Proxy(s.socket, path=path("px")) as p:
        c = wire.connect(socket=path("px"), timeout=5)
        t.equal(c.cell("SELECT 3"), "3", "on a unix socket too")
        c.close()
    with Listener() as silent:
        t.equal(ask(silent.port), "TimeoutError", "a silent listener")


def failure(action):
    try:
        return action()
    except (OSError, ConnectionError) as error:
        return type(error).__name__


# ---- the oracle ----

# (what is done to a replica that is right, words of what the oracle says)
DAMAGE = [
    ("a value of a row", "UPDATE customer SET name = name || '!' WHERE cif = (SELECT min(cif) FROM customer)", r"customer .*: name '.*!', committed"),
    ("a NULL where a text was", "UPDATE product SET producttype = NULL WHERE productid = (SELECT max(productid) FROM product)", r"product .*producttype None"),
    ("a row that is gone", "DELETE FROM asset WHERE assetid = (SELECT min(assetid) FROM asset)", r"asset .*is not there, alive"),
    ("a row of nobody's", "INSERT INTO store SELECT 'S999999', name, city, _version, _valid_from, _seq_from, _origin, _changed FROM store LIMIT 1", r"store S999999: never committed"),
    ("a value of a version", "UPDATE customer_history SET city = 'Nowhere' WHERE _id = (SELECT max(_id) FROM customer_history)", r"customer .*city 'Nowhere'"),
    ("a version that is gone", "DELETE FROM customer_history WHERE _id = (SELECT _id FROM customer_history WHERE _version > 1 LIMIT 1)", r"customer "),
    ("a version twice", "INSERT INTO product_history SELECT NULL, {rest} FROM product_history LIMIT 1", r"product "),
    ("how a version ended", "UPDATE customer_history SET _ended_by = {other} WHERE _id = (SELECT max(_id) FROM customer_history)", r"ended by"),
    ("a registration that is gone", "DELETE FROM td_registrations_events WHERE key = (SELECT min(key) FROM td_registrations_events)", r"registration of .*: None"),
    ("a registration's time", "UPDATE td_registrations_events SET at = at + 1000000 WHERE key = (SELECT min(key) FROM td_registrations_events WHERE timed)", r"registration of "),
]


def oracle(t):
    """What judges the others: it passes what is right, and sees each kind of damage, by name."""
    bank, replica = f"bank:{path('oracle.bank')}", fresh("oracle.db")
    must(desk("generate", "--to", bank, "--customers", "0", "--delay", "0s"))
    writer = Writer(FileBank(path("oracle.bank")), Book(), 3)
    writer.fill(60)
    must(once(bank, replica))
    for _ in range(150):
        writer.step()
    must(once(bank, replica))
    t.equal(verdict(replica, writer.book)[0], [], "the oracle passes a replica that is right")
    with contextlib.closing(sqlite3.connect(replica)) as db:
        rest = ", ".join(f'"{row[1]}"' for row in db.execute("PRAGMA table_info(product_history)") if row[1] != "_id")
        ended = db.execute("SELECT _ended_by FROM customer_history ORDER BY _id DESC").fetchone()[0]
        for number, (name, sql, words) in enumerate(DAMAGE):
            damaged = fresh(f"damaged{number}.db")
            with contextlib.closing(sqlite3.connect(damaged)) as copy:
                db.backup(copy)
                with copy:
                    changed = copy.execute(sql.format(rest=rest, other=ended % 2 + 1)).rowcount
            wrong = verdict(damaged, writer.book)[0]
            t.ok(changed == 1 and any(re.search(words, w) for w in wrong), f"the oracle sees {name}", f"{changed} rows changed\n" + "\n".join(wrong[:5]))


with tap() as t:
    oracle(t)
    with Server("first", tcp=True) as s:
        statements(t, s)
        coming_and_going(t, s)
        network(t, s)
