#!/usr/bin/python3
"""What the tests of this folder stand on, tested itself: servers, sessions, the proxy, the two clients."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403
from proxy import Proxy, Listener  # noqa: E402
from server import Server  # noqa: E402
import wire  # noqa: E402

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


with tap() as t:
    with Server("first", tcp=True) as s:
        statements(t, s)
        coming_and_going(t, s)
        network(t, s)
