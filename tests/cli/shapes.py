#!/usr/bin/python3
"""Every JSON shape against its schema, and the same numbers in the other formats."""

import csv
import io
import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import *  # noqa: E402,F403


def fits(t, name, result, schema):
    if not t.ok(result.status in (0, 1, 4, 8), f"{name} answers", result):
        return None
    try:
        document = result.json()
    except ValueError as error:
        t.ok(False, f"{name} is JSON", f"{error}\n{result}")
        return None
    errors = schema_errors(schema, document)
    t.ok(not errors, f"{name} has the shape it should", "\n".join(errors[:10]) + "\n" + result.out[:1000])
    return document


def fits_lines(t, name, result, schema):
    if not t.ok(result.status == 0, f"{name} answers", result):
        return []
    lines = result.lines()
    errors = [e for line in lines for e in schema_errors(schema, line)]
    t.ok(lines and not errors, f"{name}: each line has the shape it should", "\n".join(errors[:10]))
    return lines


def rows(result):
    return list(csv.DictReader(io.StringIO(result.out)))


with tap() as t:
    made = desk("generate", "--to", f"bank:{path('shape.bank')}", "--customers", "30", "--batch", "10", "--delay", "0s",
                "--seed", "3", "--json")
    fits(t, "generate", made, "generate")
    bank = path("shape.bank")
    replica = path("shape.db")
    ingest(bank, replica)
    ask = ("--replica", replica, "--json")
    cif, gone = (str(row[0]) for row in read_bank(bank, "SELECT cif FROM customer_info ORDER BY cif LIMIT 2"))
    start = desk("status", *ask).json()["freshness"]["complete_to"]
    write_bank(bank, ("UPDATE customer_info SET phone = '+62 21 555', email = NULL WHERE cif = ?", (cif,)),
               ("DELETE FROM customer_info WHERE cif = ?", (gone,)))
    ingest(bank, replica)

    one = fits(t, "lookup", desk("lookup", cif, *ask), "lookup")
    t.equal(one["cif"], cif, "lookup: the CIF is a string")
    t.equal(one["customer"]["cif"], cif, "lookup: the key column is a string")
    t.equal(one["customer"]["email"], None, "lookup: NULL is null")
    t.ok("product" in one["entities"] and "asset" in one["entities"], "lookup: every detail entity is there", one)
    deleted = desk("lookup", gone, *ask)
    document = fits(t, "lookup of one deleted", deleted, "lookup")
    t.ok(deleted.status == 1 and document["customer"] is None and document["deleted_at"],
         "lookup of one deleted: exit 1, null and when", deleted)
    before = desk("lookup", cif, "--as-of", "2000-01-01", *ask)
    document = fits(t, "lookup before the copy", before, "lookup")
    t.ok(before.status == 1 and document["known"] == "before_snapshot" and document["customer"] is None,
         "lookup before the copy says so, exit 1", before)
    then = desk("lookup", cif, "--as-of", start, *ask)
    document = fits(t, "lookup as of", then, "lookup")
    t.ok(then.status == 0 and document["customer"]["phone"] != "+62 21 555" and not document["current"],
         "lookup as of a time shows the values of that time", then)
    future = desk("lookup", cif, "--as-of", "2999-01-01", *ask)
    document = fits(t, "lookup in the future", future, "lookup")
    t.ok(future.status == 0 and document["known"] == "future", "lookup in the future shows what is current", future)
    nobody = desk("lookup", "999", *ask)
    document = fits(t, "lookup of nobody", nobody, "lookup")
    t.ok(nobody.status == 1 and document["customer"] is None and document["deleted_at"] is None,
         "lookup of nobody: exit 1, customer null alone", nobody)

    cells = {(r["entity"], r["column"]): r["value"] for r in rows(desk("lookup", cif, "--replica", replica, "--format", "csv"))}
    t.equal(cells.get(("customer", "phone")), "+62 21 555", "lookup as CSV has the same phone")
    name = one["customer"]["name"]

    found = fits(t, "search", desk("search", name.split()[0], *ask), "search")
    t.ok(cif in [hit["cif"] for hit in found["hits"]], "search finds the name by its first word", found)
    found = fits(t, "search by CIF", desk("search", cif, *ask), "search")
    t.equal((found["hits"][0]["cif"], found["hits"][0]["matched"]), (cif, "cif"), "search finds the CIF first")
    nothing = desk("search", "zzzzqqqq", *ask)
    fits(t, "search without hits", nothing, "search")
    t.equal(nothing.status, 1, "search without hits is exit 1")

    past = fits(t, "history", desk("history", cif, *ask), "history")
    changed = [v for v in past["versions"] if v["entity"] == "customer"]
    t.equal([v["version"] for v in changed], [2, 1], "history: newest first")
    t.equal(sorted(changed[0]["changed"]), ["email", "phone"], "history: what changed")
    t.equal((changed[1]["ended_by"], changed[1]["changed"], changed[1]["is_current"]), ("update", [], False),
            "history: how the first version ended")
    t.equal(changed[1]["valid_to"], changed[0]["valid_from"], "history: one version ends where the next begins")
    lines = [r for r in rows(desk("history", cif, "--entity", "customer", "--replica", replica, "--format", "csv"))
             if r["version"] == "2"]
    t.equal({r["column"]: r["new"] for r in lines}, {"phone": "+62 21 555", "email": ""}, "history as CSV: a row a column")
    text = desk("history", cif, "--replica", replica).out
    t.ok(any("phone" in line and "-> +62 21 555" in line for line in text.splitlines()), "history as text: old -> new", text)
    past = fits(t, "history of one deleted", desk("history", gone, "--entity", "customer", *ask), "history")
    t.equal((past["versions"][0]["ended_by"], past["versions"][0]["is_current"]), ("delete", False),
            "history of one deleted ends in a delete")
    t.ok("gone (delete)" in desk("history", gone, "--replica", replica).out, "history as text says who went")

    shops = fits(t, "stores", desk("stores", "--window", "d", "--from", "2000-01-01", "--to", "2100-01-01", *ask), "stores")
    t.equal(sum(s["total"] for s in shops["stores"]), 30, "stores: every registration is counted, the deleted one's too")
    t.equal(sum(w["count"] for w in shops["windows"]), 30, "stores: the windows add up to it")
    t.equal(shops["window"], "1d", "stores: d is one day")
    t.equal(sum(int(r["count"]) for r in rows(desk("stores", "--window", "d", "--from", "2000-01-01", "--to", "2100-01-01",
                                                   "--replica", replica, "--format", "csv"))), 30, "stores as CSV: the same sum")
    fits(t, "stores by default", desk("stores", *ask), "stores")
    chart = desk("stores", "--window", "d", "--from", "-400d", "--replica", replica, "--ascii")
    t.ok(chart.status == 0 and "#" in chart.out and chart.out.isascii(), "stores as ASCII text draws bars", chart)

    state = fits(t, "status", desk("status", *ask), "status")
    t.equal(state["replica"]["rows"]["customer"], 29, "status: rows of an entity")
    t.equal(state["replica"]["versions"]["customer"], 31, "status: versions of an entity")
    t.equal(state["replica"]["registrations"], 30, "status: registrations")
    t.ok(state["sources"][0]["url"] == f"bank:{bank}" and state["replica"]["writer"] is None, "status: source, no writer", state)
    pairs = {r["name"]: r["value"] for r in rows(desk("status", "--replica", replica, "--format", "csv"))}
    t.equal(pairs.get("replica.rows.customer"), "29", "status as CSV: the same number")
    t.ok("details" not in state["sources"][0] and not any("details" in name for name in pairs),
         "status: a bank file has no server to tell of", state)
    details = {"server": "MariaDB 10.11.6", "host": "db\u0007 \u202e1", "connection": 42, "transport": "tcp", "tls": "none",
               "log_oldest": "b.000031", "log_end": "b.000042:9731", "log_files": 12, "log_bytes": 9007199254740991,
               "behind_bytes": 8497, "log_kept_s": 86400, "log_kept_bytes": 5000000000, "asked_at": "2026-11-20T06:58:30.000000Z"}
    write_bank(replica, ("UPDATE td_status SET details = ?", (json.dumps(details),)))
    state = fits(t, "status of a server", desk("status", *ask), "status")
    t.equal(state["sources"][0]["details"], details, "status: what the server told, exactly")
    pairs = {r["name"]: r["value"] for r in rows(desk("status", "--replica", replica, "--format", "csv"))}
    t.equal({k: pairs.get(f"source.details.{k}") for k in details}, {k: str(v) for k, v in details.items()},
            "status as CSV: the same facts")
    text = desk("status", "--replica", replica)
    t.ok("8.5 kB at 2026-11-20 13:58" in text.out and "no outage may last longer" in text.out and "none: " in text.out,
         "status as text: the same in words", text)
    t.ok("\u0007" not in text.out and "\u202e" not in text.out, "status as text: what the server says cannot move the cursor", text)
    write_bank(replica, ("UPDATE td_status SET details = NULL", ()))

    result = desk("check", *ask)
    document = fits(t, "check", result, "check")
    t.ok(result.status == 0 and document["ok"] and document["checked"]["customer"] >= 29, "check finds nothing", result)
    result = desk("check", "--against-source", *ask)
    fits(t, "check --against-source", result, "check")
    t.equal(result.status, 0, "check --against-source finds nothing")
    result = desk("check-source", "--source", f"bank:{bank}", "--json")
    document = fits(t, "check-source", result, "check_source")
    t.ok(result.status == 0 and document["ok"], "check-source: a bank of ours can be followed", result)
    result = desk("resync", *ask)
    document = fits(t, "resync", result, "resync")
    t.equal({e: sum(c.values()) for e, c in document["entities"].items() if sum(c.values())}, {},
            "resync of an equal replica changes nothing")

    lines = fits_lines(t, "dump", desk("dump", "--replica", replica), "dump")
    t.equal(len([x for x in lines if x["type"] == "registration"]), 30, "dump: each registration")
    t.equal(len([x for x in lines if x["type"] == "row" and x["entity"] == "customer"]), 29, "dump: each row")
    lines = fits_lines(t, "dump --canonical", desk("dump", "--canonical", "--replica", replica), "dump")
    ranks = [x["valid_from"] for x in lines if x["type"] == "version"]
    t.ok(0 in ranks and all(isinstance(r, int) for r in ranks), "dump --canonical: ranks for times, the copy is 0", ranks[:20])
    lines = fits_lines(t, "export", desk("export", *ask), "export")
    t.equal(len([x for x in lines if x["entity"] == "customer"]), 29, "export: each row")
    lines = fits_lines(t, "export --flat", desk("export", "--flat", *ask), "export")
    t.equal(len(lines), 29, "export --flat: one line a customer")
    table = rows(desk("export", "--entity", "customer", "--replica", replica, "--format", "csv"))
    t.equal(len(table), 29, "export as CSV: one row a customer")
    t.equal([r["phone"] for r in table if r["cif"] == cif], ["+62 21 555"], "export as CSV: the values")
