#!/usr/bin/python3
"""check, repair and resync on replicas that differ from their bank, with and without another writer."""

import sqlite3
import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import *  # noqa: E402,F403


def spoil(replica, *statements):
    """Changes the replica behind its writer's back."""
    with contextlib.closing(sqlite3.connect(replica)) as db:
        with db:
            for statement in statements:
                db.execute(statement)


def repaired(t):
    bank, replica = make_bank("repair.bank", 20), path("repair.db")
    ingest(bank, replica)
    ask = ("--replica", replica)
    spoil(replica, "UPDATE customer SET phone = '000' WHERE cif = 10000003")
    found = desk("check", "--against-source", *ask, "--json")
    wrong = [(v["entity"], v["key"]) for v in found.json()["violations"]]
    t.ok(found.status == 1 and ("customer", "10000003") in wrong and not schema_errors("check", found.json()),
         "a row that differs from the bank is named, exit 1", found)
    table = desk("check", "--against-source", *ask, "--format", "csv")
    t.ok(table.status == 1 and table.out.startswith("entity,key,rule,detail\r\n") and "customer,10000003," in table.out,
         "the same as CSV", table)
    desk("check", "--repair", *ask)
    again = desk("check", "--against-source", *ask)
    t.equal(again.status, 0, "after --repair nothing differs", again)
    newest = desk("history", "10000003", "--entity", "customer", *ask, "--json").json()["versions"][0]
    t.equal((newest["origin"], newest["changed"]), ("repair", ["phone"]), "the repair is a version of its own", newest)


def reconciled(t):
    bank, replica = make_bank("resync.bank", 20), path("resync.db")
    ingest(bank, replica)
    ask = ("--replica", replica)
    spoil(replica, "UPDATE customer SET phone = '000' WHERE cif = 10000005")
    result = desk("resync", "--entity", "customer", *ask, "--json")
    t.ok(result.status == 0 and not schema_errors("resync", result.json()), "resync of one entity", result)
    t.equal(result.json()["entities"]["customer"], {"inserted": 0, "updated": 1, "closed": 0}, "it counts what it changed")
    t.equal(desk("check", "--against-source", *ask).status, 0, "after a resync nothing differs")
    newest = desk("history", "10000005", "--entity", "customer", *ask, "--json").json()["versions"][0]
    t.equal(newest["origin"], "resync", "history says that a resync found it")
    text = desk("history", "10000005", "--entity", "customer", *ask)
    t.ok("found by a resync" in text.out and "->" in text.out, "as text, before what differed", text)
    with running("ingest", "--source", f"bank:{bank}", *ask) as service:
        wait_for(lambda: desk("status", *ask, "--json").json()["freshness"]["state"] == "live", "a live replica")
        result = desk("resync", *ask, "--json")
        t.ok(result.status == 0 and not schema_errors("resync", result.json()),
             "while another process writes, it carries the resync out", result)
        write_bank(bank, "UPDATE customer_info SET phone = '1' WHERE cif = 10000005")
        wait_for(lambda: desk("lookup", "10000005", *ask, "--json").json()["customer"]["phone"] == "1", "the change")
        t.equal(service.poll(), None, "and goes on")
        result = desk("check", "--against-source", *ask)
        t.equal(result.status, 0, "check against the source while another process writes", result)
    text = desk("resync", *ask)
    t.ok(text.status == 0 and "Entity" in text.out and "Customer" in text.out, "resync as text", text)


def replaced(t):
    """Another bank under the same name: nothing goes on until a person says so."""
    bank, replica = make_bank("first.bank", 5), path("replaced.db")
    ingest(bank, replica)
    os.unlink(bank)
    for rest in ("-wal", "-shm"):
        if os.path.exists(bank + rest):
            os.unlink(bank + rest)
    make_bank("first.bank", 7, seed=9)
    result = desk("ingest", "--once", "--source", f"bank:{bank}", "--replica", replica)
    t.ok(result.status == 8 and "--accept-server" in result.err, "another bank behind the name: exit 8 and what to do", result)
    state = desk("status", "--replica", replica, "--json")
    t.ok(state.status == 0 and state.json()["freshness"]["state"] == "refused", "status says refused, exit 0", state)
    t.equal(desk("lookup", "10000001", "--replica", replica).status, 0, "the replica still answers")
    result = desk("resync", "--accept-server", "--source", f"bank:{bank}", "--replica", replica, "--json")
    t.ok(result.status == 0 and not schema_errors("resync", result.json()) and result.json()["gap"],
         "resync --accept-server takes it, and records the gap", result)
    t.equal(desk("check", "--against-source", "--replica", replica).status, 0, "then nothing differs")
    gaps = desk("history", "10000001", "--replica", replica, "--json").json()["gaps"]
    t.equal(len(gaps), 1, "history shows the gap")
    t.ok("GAP" in desk("history", "10000001", "--replica", replica).out, "as text too")


with tap() as t:
    repaired(t)
    reconciled(t)
    replaced(t)
