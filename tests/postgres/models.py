#!/usr/bin/python3
"""What is shipped for PostgreSQL, from end to end: made-up customers as far as the position that was told, and the sample database pagila
in both of its editions."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403
from server import Server, available, number  # noqa: E402

# Tables of the shape of pagila's, as far as the model knows them, and what its tables have beyond that.
PAGILA = """
CREATE TABLE store (store_id {integer} PRIMARY KEY, manager_staff_id {integer} NOT NULL, address_id {integer} NOT NULL, last_update {moment} NOT NULL);
CREATE TABLE address (address_id {integer} PRIMARY KEY, address {text} NOT NULL, address2 {text}, district {text} NOT NULL, city_id {integer} NOT NULL,
    postal_code {text}, phone {text} NOT NULL, last_update {moment} NOT NULL);
CREATE TABLE customer (customer_id {integer} PRIMARY KEY, store_id {integer} NOT NULL REFERENCES store, first_name {text} NOT NULL, last_name {text} NOT NULL,
    email {text}, address_id {integer} NOT NULL REFERENCES address ON UPDATE CASCADE, activebool boolean DEFAULT true NOT NULL,
    create_date date NOT NULL, last_update {moment}, active integer);
INSERT INTO store VALUES (1, 1, 1, '2022-02-15 10:57:12{zone}'), (2, 2, 2, '2022-02-15 10:57:12{zone}');
INSERT INTO address VALUES (5, '1913 Hanoi Way', '', 'Nagasaki', 463, '35200', '28303384290', '2022-02-15 10:45:30.5{zone}'),
    (6, '1121 Loja Avenue', NULL, 'California', 449, '17886', '838635286649', '2022-02-15 10:45:30{zone}');
INSERT INTO customer VALUES (1, 1, 'Mary', 'Smith', 'mary@example.org', 5, true, '2022-02-14', '2022-02-15 10:57:20{zone}', 1),
    (2, 2, 'Pat', 'Johnson', NULL, 6, false, '2022-02-14', NULL, NULL);
"""
NEW = dict(integer="integer", text="text", moment="timestamp with time zone", zone="+01")
OLD = dict(integer="smallint", text="character varying(50)", moment="timestamp without time zone", zone="")


def follow(t, s, replica, model, **more):
    done = desk("ingest", "--once", "--source", s.url(**more), "--model", model, "--replica", replica)
    t.equal(done.status, 0, f"{model} is followed", done)


def looked_up(replica, cif):
    return desk("lookup", cif, "--json", "--replica", replica).json()


def generated(t, s):
    """generate -> position -> ingest --until -> lookup."""
    replica = path("demography.db")
    target = s.url("postgres")
    made = desk("generate", "--to", target, "--customers", "40", "--delay", "0s", "--seed", "3", "--json")
    if not t.equal(made.status, 0, "customers are generated", made):
        return
    s.publish("store", "customer_info", "bank_product", "customer_asset")
    follow(t, s, replica, "demography")
    said = desk("generate", "--to", target, "--customers", "0", "--changes", "200/s", "--for", "1s", "--json").json()
    t.ok(number(said["position"]) > number(made.json()["position"]) and said["rows"] > 10, "changes are, and the position moves on", said)
    s.sql("CREATE TABLE later (a int); INSERT INTO later VALUES (1)")
    done = desk("ingest", "--until", said["position"], "--source", s.url(), "--replica", replica)
    t.equal(done.status, 0, "the position is one to end at", done)
    reached = desk("status", "--json", "--replica", replica).json()["sources"][0]["position"]
    t.ok(number(reached.split(" ")[0]) >= number(said["position"]), "and is reached", reached)
    for table, entity in (("customer_info", "customer"), ("bank_product", "product"), ("customer_asset", "asset"), ("store", "store")):
        rows = len(desk("export", "--entity", entity, "--format", "json", "--replica", replica).lines())
        t.equal(str(rows), s.cell(f"SELECT count(*) FROM {table}"), f"all of {table} is there")
    checked = desk("check", "--against-source", "--source", s.url(), "--replica", replica, "--json")
    t.equal((checked.status, checked.json()["violations"]), (0, []), "and row by row the same", checked)
    t.equal(s.cell("SELECT count(*) FROM pg_publication_tables WHERE tablename = 'tellerdesk_note'"), "0", "the generator's note is not published")


PAGE, HEAD = 8192, 24


def commit_ends_at(s, offset):
    """A commit of ours that ends so many bytes into a page, but the first of a file: messages of nobody's lead up to it."""
    with s.session() as c:
        def end():
            return number(c.cell("SELECT pg_current_wal_insert_lsn()"))

        def change():
            begun = end()
            c.run("UPDATE store SET city = NULL WHERE store_id = 'S01'")
            return end() - begun

        cost = change()
        for i in range(1000):
            room = PAGE - end() % PAGE
            # The change shall begin this far before the end of the page; what is behind the next page's head is the rest of it.
            wanted = cost - (offset - HEAD)
            if room != wanted:
                size = 500 if room < wanted + 400 else room - wanted - 40 - 8 * (i % 6)
                c.run(f"SELECT pg_logical_emit_message(false, 'x', repeat('x', {size}))")
                continue
            spent = change()
            if end() % PAGE == offset and end() % (1 << 20) > PAGE:
                return end()
            cost = spent if spent < 400 else cost
    raise RuntimeError(f"no commit ends {offset} bytes into a page")


def page_ends(t, s):
    """A full page, and one that was just begun: where the program ended it begins again."""
    replica = path("demography.db")
    for offset in (HEAD, 40, HEAD, 40):
        end = commit_ends_at(s, offset)
        done = [desk("ingest", "--once", "--source", s.url(), "--replica", replica) for _ in range(2)]
        t.equal([d.status for d in done], [0, 0], f"a commit ends {offset} bytes into a page", f"{end:x}\n{done[0]}\n{done[1]}")


def pagila(t, s, name, edition, wanted):
    database, replica = s.database(name, PAGILA.format(**edition)), path(f"{name}.db")
    s.publish("customer", "address", "store", database=database)
    found = desk("check-source", "--json", "--source", s.url(database=database), "--model", "pagila").json()["findings"]
    t.equal([f for f in found if f["severity"] == "refuse"], [], f"{name}: the model fits")
    follow(t, s, replica, "pagila", database=database)
    mary = looked_up(replica, "1")
    columns = mary["customer"]
    t.equal({k: columns.get(k) for k in ("first_name", "activebool", "active", "create_date", "store_id", "last_update")},
            {"first_name": "Mary", "activebool": True, "active": 1, "create_date": "2022-02-14", "store_id": "1", "last_update": wanted["customer"]},
            f"{name}: the customer", mary)
    t.equal([(a["address"], a["district"], a["postal_code"], a["last_update"]) for a in mary["entities"]["address"]],
            [("1913 Hanoi Way", "Nagasaki", "35200", wanted["address"])], f"{name}: and the address, through its number", mary)
    text = desk("lookup", "1", "--replica", replica).out
    t.ok(all(word in text for word in ("Mary Smith", "1913 Hanoi Way", "mary@example.org")), f"{name}: a teller sees both", text)
    s.sql("UPDATE address SET address_id = 9, phone = '1' WHERE address_id = 5; UPDATE customer SET activebool = false WHERE customer_id = 1; DELETE FROM customer WHERE customer_id = 2",
          database)
    follow(t, s, replica, "pagila", database=database)
    mary = looked_up(replica, "1")
    t.equal((mary["customer"]["activebool"], mary["customer"]["address_id"], [a["phone"] for a in mary["entities"]["address"]]), (False, "9", ["1"]),
            f"{name}: what a foreign key cascades to is followed", mary)
    t.ok(looked_up(replica, "2")["deleted_at"], f"{name}: one who left")


def main():
    with tap() as t:
        if not available():
            t.skip("shipped models", "there is no PostgreSQL server here")
            return
        with Server() as s:
            generated(t, s)
            page_ends(t, s)
            pagila(t, s, "pagila", NEW, dict(customer="2022-02-15T09:57:20.000000Z", address="2022-02-15T09:45:30.500000Z"))
            pagila(t, s, "pagila_old", OLD, dict(customer="2022-02-15T10:57:20.000000Z", address="2022-02-15T10:45:30.500000Z"))


main()
