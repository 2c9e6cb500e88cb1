#!/usr/bin/python3
"""Commits that are in the log, and were sent to whoever follows it, before any reader may see them (tests/server/held.py).

    visibility.py [--seed N] [--rows N]

A server whose synchronous standby never comes holds each commit there for as long as the test likes.
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from held import Case, at_random, checks, play, resync  # noqa: E402

SEED, ROWS = numbers(seed=1, rows=8000)
TABLES = """CREATE TABLE customer (cif BIGINT PRIMARY KEY, name VARCHAR(80), note VARCHAR(80));
CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2));
INSERT INTO customer SELECT n, 'name ' || n, 'first' FROM generate_series(1, {rows}) n;
INSERT INTO account SELECT n, n, n FROM generate_series(1, {rows}) n;"""


def first_copy(t, server):
    """A slot begins when all that is under way has ended: so does the copy."""
    c = Case(t, server, "first_copy", TABLES, ROWS)
    with c.held("held"):
        c.equal(server.sql("SELECT note FROM customer WHERE cif = 10", c.name), [["first"]], "a commit is logged that no reader sees")
        batch = Service(c.url, c.replica, c.model, more=("--once",))
        wait_for(lambda: any(slot["database"] == c.name for slot in server.slots().values()), "a slot that is being made")
        time.sleep(0.5)
        server.sql("SELECT pg_reload_conf()")  # a server that waits reads its settings again
        time.sleep(0.5)
        c.ok(batch.alive and value(c.replica, "SELECT count(*) FROM customer") in (0, None), "a copy waits for a commit that is under way", batch.said())
    batch.process.wait(timeout=60)
    c.equal(batch.process.returncode, 0, "let go it comes to its end", batch.said())
    c.told("held")
    c.same("then nothing differs")
    must(desk("check", "--against-source", "--replica", c.replica))


def while_copied(t, server):
    """One that is sent before any reader may see it, while the tables are read."""
    c = Case(t, server, "while_copied", TABLES, ROWS)
    with Proxy(("127.0.0.1", server.port)) as proxy:
        proxy.trickle(20000, 0.02)
        with follow(server.tcp_url(proxy.port, database=c.name), c.replica, c.model) as service:
            service.until_state("snapshot")
            with c.held("held", a=ROWS - 100):
                service.wait(lambda: value(c.replica, "SELECT count(*) FROM customer WHERE note = 'held'"), "what is held, in the replica")
                c.equal(state(c.replica), "snapshot", "the copy runs")
                proxy.flow()
                service.until_live()
                c.equal(value(c.replica, "SELECT count(*) FROM customer WHERE note = 'held'"), 6, "copied meanwhile, what the log says counts")
            c.same("let go nothing differs")
            for key, wanted in ((ROWS - 100, ["held"]), (ROWS - 97, ["held"]), (ROWS - 95, ["first", "held"]), (1000000, ["held"])):
                c.equal([v["values"]["note"] for v in versions(c.replica, key) if v["values"]["note"]], wanted, f"of {key} is known what the log told of it")
            must(desk("check", "--against-source", "--replica", c.replica))


def fresh_resync(t, server):
    """The slot is gone, and what is held is before the new one's beginning, or after."""
    c = Case(t, server, "fresh", TABLES, ROWS)
    must(once(c.url, c.replica, c.model))
    server.sql("UPDATE customer SET note = 'gone' WHERE cif = 100", c.name)
    for slot in server.slots().values():
        if slot["database"] == c.name:
            server.drop_slot(slot["slot_name"])
    with c.held("held"):
        begun = Service(c.url, c.replica, c.model, more=("--once",))
        time.sleep(1)
        c.ok(begun.alive or begun.process.returncode == 0, "read anew while a commit is held: it waits, or has what it needs", begun.said())
    begun.process.wait(timeout=60)
    c.equal(begun.process.returncode, 0, "let go it comes to its end", begun.said())
    must(once(c.url, c.replica, c.model))
    c.told("held")
    c.same("nothing differs")


with tap() as t:
    if need(t):
        with Server("visibility", tcp=True) as server:
            play(t, server, (("first copy", lambda: first_copy(t, server)), ("while copied", lambda: while_copied(t, server)), ("resync", lambda: resync(t, server, TABLES, ROWS)),
                             ("fresh resync", lambda: fresh_resync(t, server)), ("checks", lambda: checks(t, server, TABLES, ROWS)),
                             ("at random", lambda: at_random(t, server, TABLES, ROWS, SEED))))
