#!/usr/bin/python3
"""Memory is bounded by bytes, not by what a bank does at once: 64 MiB and three times the largest message.

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
TABLES = """CREATE TABLE customer (cif BIGINT PRIMARY KEY, name VARCHAR(60), picture BYTEA, letter TEXT);
CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2), note VARCHAR(120));
INSERT INTO customer SELECT n, 'c', NULL, NULL FROM generate_series(1, 100) n;"""


def within(t, service, name, message):
    peak, most = service.peak(), ALLOWED + 3 * message
    print(f"# {name}: peak {peak / MIB:.1f} MiB of {most / MIB:.1f}, largest message {message / MIB:.1f}")
    if sanitized():
        t.skip(f"{name}: within bounds", "a sanitizer has memory of its own")
    else:
        t.ok(peak <= most, f"{name}: within bounds", f"peak {peak / MIB:.1f} MiB, allowed {most / MIB:.1f}")


def transactions(t, server, service):
    server.sql(f"INSERT INTO account SELECT n, n % 1000 + 1, n / 100.0, 'note of ' || n FROM generate_series(1, {ROWS}) n")
    service.until("SELECT count(*) FROM account", ROWS, f"{ROWS} rows of one transaction", bound=240)
    within(t, service, f"a transaction of {ROWS} rows", 1 << 16)
    server.sql("UPDATE account SET balance = balance + 1, note = reverse(note)")
    service.until(f"SELECT count(*) FROM account WHERE _version = 2 AND id IN (1, {ROWS})", 2, "all of them updated", bound=240)
    within(t, service, f"an update of {ROWS} rows", 1 << 16)
    with server.session() as c:
        c.run("BEGIN; UPDATE account SET note = 'never'; SAVEPOINT a; DELETE FROM account; ROLLBACK TO a; ROLLBACK")
        c.run("BEGIN; SAVEPOINT a; UPDATE account SET note = 'half' WHERE id % 2 = 0; COMMIT")
    service.until(f"SELECT count(*) FROM account WHERE note = 'half' AND id IN (2, {ROWS // 2 * 2})", 2, "half of them updated", bound=240)
    server.sql("DELETE FROM account")
    service.until("SELECT count(*) FROM account", 0, "all of them deleted", bound=240)
    within(t, service, f"a deletion of {ROWS} rows", 1 << 16)


def big_rows(t, server, service):
    size = MEGABYTES * MIB
    message = 2 * size + (1 << 16)  # bytes travel as two digits each
    server.sql(f"INSERT INTO customer VALUES (500, 'big', decode(repeat('00ff', {size // 2}), 'hex'), NULL)")
    service.until("SELECT length(picture) FROM customer WHERE cif = 500", size, f"a row of {MEGABYTES} MiB", bound=120)
    within(t, service, f"a row of {MEGABYTES} MiB", message)
    server.sql("UPDATE customer SET name = 'bigger' WHERE cif = 500")
    service.until("SELECT name FROM customer WHERE cif = 500", "bigger", "it, updated", bound=120)
    within(t, service, "an update that leaves it as it is", message)
    t.equal(value(service.replica, "SELECT length(picture) FROM customer WHERE cif = 500"), size, "what was not sent is still there")
    server.sql(f"INSERT INTO customer VALUES (501, 'text', NULL, repeat('é', {size // 2}))")
    service.until("SELECT length(letter) FROM customer WHERE cif = 501", size // 2, "a long text", bound=120)
    server.sql("ALTER TABLE customer REPLICA IDENTITY FULL")
    server.sql("UPDATE customer SET picture = set_byte(picture, 0, 7) WHERE cif = 500")
    service.until("SELECT hex(substr(picture, 1, 2)) FROM customer WHERE cif = 500", "07FF", "it, changed, with what it was", bound=120)
    within(t, service, "an update with both images", 2 * message)
    server.sql("UPDATE customer SET cif = 502 WHERE cif = 500; DELETE FROM customer WHERE cif = 501")
    service.until("SELECT count(*) FROM customer WHERE cif IN (500, 501)", 0, "a key that changes, a deletion", bound=120)
    t.equal(value(service.replica, "SELECT length(picture) FROM customer WHERE cif = 502"), size, "under its new key it is whole")
    within(t, service, "a key that changes, a deletion", 2 * message)


def copied(t, server, model):
    """The first copy of a large table, and of large rows."""
    server.sql(f"INSERT INTO account SELECT n, n % 1000 + 1, 1, repeat('x', 100) FROM generate_series(1, {ROWS}) n")
    replica = fresh("copied.db")
    with follow(server.url(slot="copied"), replica, model) as service:
        service.until_live(bound=240)
        t.equal(value(replica, "SELECT count(*) FROM account"), ROWS, f"a first copy of {ROWS} rows and a large one")
        within(t, service, "a first copy", 2 * MEGABYTES * MIB)
        t.equal(service.terminate()[0], 0, "it ends as it should")
    whole(t, replica, "nothing differs from the source")


with tap() as t:
    if need(t):
        with Server("memory", shared_buffers="64MB", max_wal_size="1GB", logical_decoding_work_mem="1MB") as server:
            server.sql(TABLES)
            server.followed("bank")
            model, replica = write_model("memory.model", CUSTOMER, ACCOUNT), fresh("memory.db")
            with follow(server.url(), replica, model) as service:
                service.until_live()
                transactions(t, server, service)
                t.equal(service.terminate()[0], 0, "it ends as it should")
            with follow(server.url(), replica, model) as service:
                service.until_live()
                big_rows(t, server, service)
            whole(t, replica, "nothing differs from the source")
            copied(t, server, model)
