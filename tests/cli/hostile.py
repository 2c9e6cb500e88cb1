#!/usr/bin/python3
"""A customer named with whatever a foreign system can hold harms no table, no CSV, no log line; JSON stays valid."""

import csv
import io
import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import *  # noqa: E402,F403

C0 = bytes(range(0x01, 0x20)) + b"\x7f"
C1 = "".join(map(chr, range(0x80, 0xA0))).encode()
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c".encode()
ZERO = "\u200b\u200c\u2060\ufeff\u00ad\u2028\u2029".encode()
INVALID = b"\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82"
NAMES = {
    900001: b"Zeta " + C0,
    900002: b"Zeta " + C1,
    900003: b"Zeta " + BIDI + ZERO,
    900004: b"Zeta " + INVALID,
    900005: b'=HYPERLINK("http://evil.example","Zeta")',
    900006: b"Zeta \x00 after NUL",
    900007: b'Zeta ",;\r\n=1+1\r\n"quoted"',
    900008: b"@Zeta",
    900009: "Zeta \U000e0041\U000e007f \U0001d173".encode(),
}
# What may not reach a terminal: C0 but line feed, DEL, C1, bidi and invisible characters.
HARMFUL = {chr(c) for c in [*range(0x00, 0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0)]} | set(
    (BIDI + ZERO).decode()) | {chr(c) for c in [*range(0xE0000, 0xE0080), *range(0x1D173, 0x1D17B)]}


def harmless(t, name, raw):
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return t.ok(False, f"{name}: valid UTF-8", error)
    found = sorted({hex(ord(c)) for c in text if c in HARMFUL})
    return t.ok(not found, f"{name}: nothing that steers a terminal", found)


def readable(name):
    """The name as JSON holds it: each byte that is no UTF-8 as U+FFFD."""
    out, at = "", 0
    while at < len(name):
        for n in (1, 2, 3, 4):
            try:
                out += name[at:at + n].decode("utf-8")
                at += n
                break
            except UnicodeDecodeError:
                continue
        else:
            out += "\ufffd"
            at += 1
    return out


with tap() as t:
    bank = make_bank("hostile.bank", 5)
    write_bank(bank, *[("INSERT INTO customer_info (cif, name, address, store_id) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), "
                        "CAST(? AS TEXT))", (cif, name, name, name)) for cif, name in NAMES.items()])
    replica = path("hostile.db")
    narrated = desk("ingest", "--once", "-v", "--source", f"bank:{bank}", "--replica", replica)
    t.equal(narrated.status, 0, "a bank of hostile names is copied")
    harmless(t, "ingest -v", narrated.err_raw)
    ask = ("--replica", replica)

    for cif, name in NAMES.items():
        harmless(t, f"lookup {cif}", desk("lookup", str(cif), *ask).raw)
        plain = desk("lookup", str(cif), "--ascii", *ask).raw
        t.ok(all(0x20 <= b < 0x7F or b == 0x0A for b in plain), f"lookup {cif} --ascii is ASCII", plain)
        harmless(t, f"history {cif}", desk("history", str(cif), *ask).raw)
        answer = desk("lookup", str(cif), "--json", *ask)
        harmless(t, f"lookup {cif} --json", answer.raw)
        t.equal(answer.json()["customer"]["name"], readable(name), f"lookup {cif} --json: the name as the bank holds it")
        history = desk("history", str(cif), "--json", *ask).json()
        t.equal(history["versions"][0]["values"]["name"], readable(name), f"history {cif} --json: the same")

    harmless(t, "search", desk("search", "zeta", *ask).raw)
    found = desk("search", "zeta", "--json", *ask)
    harmless(t, "search --json", found.raw)
    t.ok({h["cif"] for h in found.json()["hits"]} >= {str(c) for c in NAMES if c not in (900005, 900008)} - {"900009"} or
         len(found.json()["hits"]) >= 6, "search finds them by the plain part of their name", found)
    harmless(t, "stores", desk("stores", "--from", "2000-01-01", "--window", "d", *ask).raw)
    t.equal(desk("stores", "--from", "2000-01-01", "--window", "d", "--json", *ask).status, 0, "stores --json")
    harmless(t, "export as text", desk("export", "--entity", "customer", *ask).raw)

    # CSV carries what the bank holds, quoted so that every cell stays a cell.
    raw = desk("export", "--entity", "customer", "--format", "csv", *ask).raw
    table = list(csv.DictReader(io.StringIO(raw.decode("latin-1"), newline="")))
    t.equal(len(table), 5 + len(NAMES), "CSV: a row a customer, whatever the names hold")
    held = {int(r["cif"]): r["name"].encode("latin-1") for r in table}
    for cif, name in NAMES.items():
        t.equal(held.get(cif), name, f"CSV: the name of {cif} byte for byte")
    raw = desk("export", "--entity", "customer", "--format", "csv", "--guard-formulas", *ask).raw
    guarded = [r["name"] for r in csv.DictReader(io.StringIO(raw.decode("latin-1"), newline=""))]
    t.ok(not [n for n in guarded if n[:1] in "=+-@" and n], "CSV --guard-formulas: no name is a formula", guarded)

    dumped = desk("dump", *ask).lines()
    row = next(x for x in dumped if x["type"] == "row" and x["key"] == "900004")
    t.ok("$bytes" in row["values"]["name"], "dump: bytes that are no UTF-8 are kept exactly", row)
    t.equal((found := desk("check", *ask)).status, 0, "check finds nothing", found)
    t.equal(desk("check", "--against-source", *ask).status, 0, "check --against-source finds nothing")

    harmless(t, "an error about a hostile CIF", desk("lookup", "\x1b[2J\u202e\r\nx", *ask).err_raw)
    harmless(t, "an error about a hostile option", desk("lookup", "1", "--\x1b[31m", *ask).err_raw)
    harmless(t, "an error about a hostile command", desk("\x9b31m\r\nfoo").err_raw)
    harmless(t, "an error about a hostile time", desk("lookup", "1", "--as-of", "\x07\r\n", *ask).err_raw)
    t.equal(desk("lookup", "\x1b[2J", *ask).err.count("\n"), 2, "an error stays two lines")
