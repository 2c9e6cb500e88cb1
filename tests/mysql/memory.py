#!/usr/bin/python3
"""Memory is bounded by bytes, not by what a bank does at once: 64 MiB and three times the largest event.

    memory.py [--rows N] [--megabytes N]      of the largest transaction, of the largest row
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403

ROWS, MEGABYTES = numbers(rows=200000, megabytes=20)
MIB = 1 << 20
ALLOWED = 64 * MIB

CUSTOMER = entity("customer", "customer", "cif", {"cif": "integer", "name": "text", "picture": "bytes", "letter": "text"}, kind="customer", name="name")
ACCOUNT = entity("account", "account", "id", {"id": "integer", "cif": "integer", "balance": "decimal(2)", "note": "text"}, cif="cif")


class Bounded:
    """A peak that is held against what is allowed."""

    def __init__(self, t, server, service, replica):
        self.t, self.server, self.service, self.replica = t, server, service, replica

    def within(self, name, event):
        peak, most = self.service.peak(), ALLOWED + 3 * event
        print(f"# {name}: peak {peak / MIB:.1f} MiB of {most / MIB:.1f}, largest event {event / MIB:.1f}")
        if sanitized():
            self.t.skip(f"{name}: within bounds", "a sanitizer has memory of its own")
        else:
            self.t.ok(peak <= most, f"{name}: within bounds", f"peak {peak / MIB:.1f} MiB, allowed {most / MIB:.1f}")


def transactions(t, server, replica, service):
    bounded = Bounded(t, server, service, replica)
    words = f"SELECT seq, seq % 1000 + 1, seq / 100, CONCAT('note of ', seq) FROM seq_1_to_{ROWS}"
    server.sql(f"INSERT INTO account {words}", "bank")
    service.until("SELECT count(*) FROM account", ROWS, f"{ROWS} rows of one transaction", bound=240)
    bounded.within(f"a transaction of {ROWS} rows", 1 << 16)
    server.sql("UPDATE account SET balance = balance + 1, note = REVERSE(note)", "bank")
    service.until(f"SELECT count(*) FROM account WHERE _version = 2 AND id IN (1, {ROWS})", 2, "all of them updated", bound=240)
    bounded.within(f"an update of {ROWS} rows", 1 << 16)
    with server.session() as c:
        c.run(f"BEGIN; UPDATE account SET note = 'never'; SAVEPOINT a; DELETE FROM account; ROLLBACK TO a; ROLLBACK")
        c.run("BEGIN; SAVEPOINT a; UPDATE account SET note = 'half' WHERE id % 2 = 0; COMMIT")
    service.until(f"SELECT count(*) FROM account WHERE note = 'half' AND id IN (2, {ROWS // 2 * 2})", 2, "half of them updated", bound=240)
    server.sql("DELETE FROM account", "bank")
    service.until("SELECT count(*) FROM account", 0, "all of them deleted", bound=240)
    bounded.within(f"a deletion of {ROWS} rows", 1 << 16)


def big_rows(t, server, replica, service):
    size = MEGABYTES * MIB
    server.sql(f"INSERT INTO customer VALUES (500, 'big', REPEAT(x'00ff', {size // 2}), NULL)", "bank")
    service.until("SELECT length(picture) FROM customer WHERE cif = 500", size, f"a row of {MEGABYTES} MiB", bound=120)
    server.sql("UPDATE customer SET letter = REPEAT('é', 1000), name = 'bigger' WHERE cif = 500", "bank")
    service.until("SELECT name FROM customer WHERE cif = 500", "bigger", "it, updated", bound=120)
    event = 2 * size + (1 << 16)  # both images of an update
    Bounded(t, server, service, replica).within(f"a row of {MEGABYTES} MiB", event)
    with server.session() as c:
        c.run("SET GLOBAL log_bin_compress = 1")
    server.sql(f"INSERT INTO customer VALUES (501, 'packed', REPEAT(x'41', {size}), REPEAT('b', {size // 2}))", "bank")
    service.until("SELECT length(picture) + length(letter) FROM customer WHERE cif = 501", size + size // 2, "a row that was compressed", bound=120)
    Bounded(t, server, service, replica).within("a compressed row", event)
    server.sql("SET GLOBAL log_bin_compress = 0")
    spilled = [os.path.join(f, n) for f, _, names in os.walk(ENVIRONMENT["XDG_STATE_HOME"]) for n in names]
    t.ok(not [n for n in spilled if os.path.getsize(n) > 4 * MIB], "nothing of it is left in the state folder", spilled)


def copied(t, server, model):
    """The first copy of a large table, and of large rows."""
    server.sql(f"INSERT INTO account SELECT seq, seq % 1000 + 1, 1, REPEAT('x', 100) FROM seq_1_to_{ROWS}", "bank")
    replica = fresh("copied.db")
    with follow(server.url(), replica, model) as service:
        service.until_live(bound=240)
        t.equal(value(replica, "SELECT count(*) FROM account"), ROWS, f"a first copy of {ROWS} rows and two large ones")
        Bounded(t, server, service, replica).within("a first copy", MEGABYTES * 2 * MIB)
        t.equal(service.terminate()[0], 0, "it ends as it should")
    whole(t, replica, "nothing differs from the source")


with tap() as t:
    if need(t):
        with Server("memory", innodb_buffer_pool_size="64M", innodb_log_file_size="64M") as server:
            server.sql("CREATE TABLE customer (cif BIGINT PRIMARY KEY, name VARCHAR(60), picture LONGBLOB, letter LONGTEXT); "
                       "CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2), note VARCHAR(120)); INSERT INTO customer SELECT seq, 'c', NULL, NULL FROM seq_1_to_100", "bank")
            model, replica = write_model("memory.model", CUSTOMER, ACCOUNT), fresh("memory.db")
            with follow(server.url(), replica, model) as service:
                service.until_live()
                transactions(t, server, replica, service)
                t.equal(service.terminate()[0], 0, "it ends as it should")
            with follow(server.url(), replica, model) as service:
                service.until_live()
                big_rows(t, server, replica, service)
                whole(t, replica, "nothing differs from the source")
            copied(t, server, model)
