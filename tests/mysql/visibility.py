#!/usr/bin/python3
"""Commits that are in the log, and were sent to whoever follows it, before any reader may see them.

    visibility.py [--seed N] [--rows N]

A semi-synchronous server that waits after the sync (rpl_semi_sync_master_wait_point =
AFTER_SYNC) for a replica it does not have holds each commit there for as long as the test
likes. Whoever takes the end of its log for what reads show loses what is held; whoever
reads a table then, and believes it, takes back what the log has told already.
"""

import random
import sys
import os
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403

SEED, ROWS = numbers(seed=1, rows=20000)
HOLD = ("SET GLOBAL rpl_semi_sync_master_timeout = 3600000; SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC; "
        "SET GLOBAL rpl_semi_sync_master_wait_no_slave = ON; SET GLOBAL rpl_semi_sync_master_enabled = ON")
RELEASE = "SET GLOBAL rpl_semi_sync_master_enabled = OFF"

CUSTOMER = entity("customer", "customer", "cif", {"cif": "integer", "name": "text", "note": "text"}, kind="customer", name="name")
ACCOUNT = entity("account", "account", "id", {"id": "integer", "cif": "integer", "balance": "decimal(2)"}, cif="cif")
TABLES = """CREATE TABLE customer (cif BIGINT PRIMARY KEY, name VARCHAR(80), note VARCHAR(80));
CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2));
INSERT INTO customer SELECT seq, CONCAT('name ', seq), 'first' FROM seq_1_to_{rows};
INSERT INTO account SELECT seq, seq, seq FROM seq_1_to_{rows};"""
SHAPES = {"customer": ("customer", "cif", ("cif", "name", "note")), "account": ("account", "id", ("id", "cif", "balance"))}

# Every kind of change, in one transaction: keys {a} to {a}+8, and new ones.
EVERY = """BEGIN;
INSERT INTO customer VALUES ({n}, 'new', '{mark}'), ({n} + 1, 'new, and gone', '{mark}');
DELETE FROM customer WHERE cif = {n} + 1;
UPDATE customer SET note = '{mark}' WHERE cif IN ({a}, {a} + 1);
DELETE FROM customer WHERE cif IN ({a} + 2, {a} + 3);
INSERT INTO customer VALUES ({a} + 3, 'the key again', '{mark}');
UPDATE customer SET cif = {n} + 2, note = '{mark}' WHERE cif = {a} + 4;
UPDATE customer SET name = 'twice' WHERE cif = {a} + 5;
UPDATE customer SET note = '{mark}' WHERE cif = {a} + 5;
UPDATE account SET balance = balance + 1 WHERE id BETWEEN {a} AND {a} + 3;
DELETE FROM account WHERE id = {a} + 4;
UPDATE account SET id = -id WHERE id = {a} + 5;
COMMIT"""


class Held:
    """One commit that is logged and not visible, until it is let go."""

    def __init__(self, server, sql, database):
        self.server = server
        before = server.position()
        server.sql(HOLD)
        self.session = server.connect(database=database)
        self.session.send(sql)
        wait_for(lambda: server.position() != before, "a commit that is in the log")

    def release(self):
        self.server.sql(RELEASE)
        self.session.receive()
        self.session.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.session:
            self.release()
        self.session = None


class Case:
    def __init__(self, t, server, name, rows=ROWS):
        self.t, self.server, self.name = t, server, name
        server.followed(name, TABLES.format(rows=rows))
        self.model = write_model(f"{name}.model", CUSTOMER, ACCOUNT)
        self.replica, self.url = fresh(f"{name}.db"), server.url(database=name)

    def held(self, mark, a=10, n=10**6):
        return Held(self.server, EVERY.format(mark=mark, a=a, n=n), self.name)

    def ok(self, condition, name, shown=None):
        return self.t.ok(condition, f"{self.name}: {name}", shown)

    def equal(self, got, wanted, name, shown=""):
        return self.t.equal(got, wanted, f"{self.name}: {name}", shown)

    def unlike(self):
        return differences(self.server, self.replica, SHAPES, self.name)

    def same(self, name):
        other, inside = self.unlike(), desk("check", "--replica", self.replica)
        anomalies = status(self.replica)["replica"]["anomalies"]
        return self.ok(not other and inside.status == 0 and not anomalies, name, "\n".join([*other[:20], str(inside), f"anomalies {anomalies}"]))

    def told(self, mark):
        """Whether the replica has what the log said of the first transaction, and nothing of what it took back."""
        rows = dict(ask(self.replica, "SELECT cif, note FROM customer WHERE cif IN (10, 11, 12, 13, 14, 15, 1000000, 1000001, 1000002)"))
        return self.equal(rows, {10: mark, 11: mark, 13: mark, 15: mark, 1000000: mark, 1000002: mark}, f"what the log says of {mark} counts, before any reader may see it")


def first_copy(t, server):
    c = Case(t, server, "first_copy")
    with c.held("held"):
        c.equal(server.sql("SELECT note FROM customer WHERE cif = 10", c.name), [["first"]], "a commit is logged that no reader sees")
        c.ok(once(c.url, c.replica, c.model).status == 0, "a batch comes to its end meanwhile")
        c.told("held")
    c.same("then nothing differs")
    for key, wanted in ((10, ["first", "held"]), (13, ["first", "held"]), (15, ["first", "first", "held"]), (1000000, ["held"])):
        c.equal([v["values"]["note"] for v in versions(c.replica, key)], wanted, f"and nothing of the history of {key} is missing")
    must(desk("check", "--against-source", "--replica", c.replica))


def resync(t, server):
    c = Case(t, server, "resync")
    with follow(c.url, c.replica, c.model) as service:
        service.until_live()
        with c.held("seen"):
            service.until("SELECT note FROM customer WHERE cif = 10", "seen", "the change in the replica")
            asks = subprocess.Popen([PROGRAM, "resync", "--replica", c.replica, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    env=ENVIRONMENT)
            service.until_state("resync")
            time.sleep(1.5)
            c.ok(asks.poll() is None and state(c.replica) == "resync", "what would be read is older than what is known: it waits", status(c.replica))
            c.told("seen")
        answer = asks.communicate(timeout=60)[0]
        c.equal(asks.returncode, 0, "let go, it comes to its end", answer)
        service.until_live()
        c.equal(value(c.replica, "SELECT count(*) FROM customer_versions WHERE origin = 'resync' OR ended_by = 'resync'"), 0, "and found nothing to mend")
        c.told("seen")
        c.same("nothing differs")
        # While one is held the next comes, and it is read meanwhile.
        asks = subprocess.Popen([PROGRAM, "resync", "--replica", c.replica], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        service.until_state("resync", "live")
        with c.held("again", a=30, n=2 * 10**6):
            time.sleep(0.5)
        asks.communicate(timeout=60)
        service.until("SELECT note FROM customer WHERE cif = 30", "again", "the next change")
        service.until_live()
        c.same("one that is held while the tables are read")


def fresh_resync(t, server):
    """The log is gone, and what is held is in the new one."""
    c = Case(t, server, "fresh")
    must(once(c.url, c.replica, c.model))
    server.sql("UPDATE customer SET note = 'gone' WHERE cif = 100; FLUSH LOGS; FLUSH LOGS; PURGE BINARY LOGS TO " + wire.quote(server.logs()[-1]), c.name)
    server.sql("FLUSH LOGS; PURGE BINARY LOGS TO " + wire.quote(server.logs()[-1]), c.name)
    with c.held("held"):
        done = once(c.url, c.replica, c.model)
        c.ok(done.status == 0, "read anew while a commit is held", done)
        c.told("held")
    c.same("nothing differs")


def checks(t, server):
    c = Case(t, server, "checks")
    with follow(c.url, c.replica, c.model) as service:
        service.until_live()
        with c.held("seen") as held:
            service.until("SELECT note FROM customer WHERE cif = 10", "seen", "the change in the replica")
            asks = subprocess.Popen([PROGRAM, "check", "--against-source", "--replica", c.replica], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, env=ENVIRONMENT)
            time.sleep(2)
            c.ok(asks.poll() is None, "a check beside a service waits for what it cannot see yet", asks.stdout.read() if asks.poll() is not None else "")
            held.release()
            held.session = None
            said = asks.communicate(timeout=60)[0]
            c.equal(asks.returncode, 0, "and finds nothing", said)
        service.terminate()
    with c.held("alone", a=30, n=2 * 10**6) as held:
        later = threading.Timer(2, server.sql, [RELEASE])
        later.start()
        done = desk("check", "--against-source", "--replica", c.replica)
        later.join()
        c.equal(done.status, 0, "so does one that has the replica for itself", done)
    c.same("nothing differs")


def at_random(t, server):
    """One commit after the other is held for a moment, while the tables are copied and then read again."""
    random_ = random.Random(SEED)
    c = Case(t, server, "at_random", rows=5 * ROWS)
    stop, failed, turn = threading.Event(), [], [0]

    def write():
        try:
            while not stop.is_set():
                turn[0] += 1
                a = random_.randrange(1, 5 * ROWS - 20)
                with c.held(f"turn {turn[0]}", a=a, n=10**6 + 10 * turn[0]):
                    time.sleep(random_.choice((0, 0.05, 0.2)))
        except Exception as error:  # pylint: disable=broad-except
            failed.append(repr(error))

    writer = threading.Thread(target=write)
    writer.start()
    with follow(c.url, c.replica, c.model) as service:
        service.until_live()
        for _ in range(2):
            must(desk("resync", "--replica", c.replica))
            time.sleep(random_.random() / 2)
        copied = turn[0]
        stop.set()
        writer.join()
        last = server.sql(f"SELECT COUNT(*) FROM customer WHERE note = 'turn {turn[0]}'", c.name)[0][0]
        service.until(f"SELECT count(*) FROM customer WHERE note = 'turn {turn[0]}'", int(last), "the last change")
        service.until_live()
        c.ok(copied > 5 and not failed, f"{copied} commits were held meanwhile", failed)
        c.equal(value(c.replica, "SELECT count(*) FROM customer_versions WHERE origin = 'resync' OR ended_by = 'resync'"), 0, "no resync found anything")
        c.same(f"nothing differs (seed {SEED})")


with tap() as t:
    if need(t):
        with Server("visibility", innodb_buffer_pool_size="64M", innodb_log_file_size="64M") as server:
            for scenario in (first_copy, resync, fresh_resync, checks, at_random):
                try:
                    scenario(t, server)
                except (TimeoutError, RuntimeError, KeyError, TypeError, subprocess.TimeoutExpired, wire.ServerError) as error:
                    server.sql(RELEASE)
                    t.ok(False, f"{scenario.__name__}: comes to its end", f"{type(error).__name__}: {error}")
