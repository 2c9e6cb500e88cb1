#!/usr/bin/python3
"""Exports of the console, compared byte for byte with what the commands print of the same replica."""

import csv
import io
import shutil
import stat

from screens import *  # noqa: F403

AS_KNOWN = "2026-11-20T07:02:33.000000Z offline"


def at(*arguments, folder):
    return desk(*arguments, "--replica", "r.db", environment={"TELLERDESK_NOW": NOW}, folder=folder)


def console(folder, *lines, options=(), prefix=()):
    """Plays a script; what it dumped."""
    with open(os.path.join(folder, "script"), "w", encoding="utf-8") as f:
        f.write("\n".join(["wait idle", *lines]) + "\n")
    return desk("console", "--no-ingest", "--replica", "r.db", "--script", "script", *options, prefix=prefix,
                environment={"TELLERDESK_NOW": NOW}, folder=folder)


def export(folder, what, file, *before, **more):
    """The bytes one export writes."""
    done = console(folder, *before, f'keys : "export {what} {file}" Enter', f"wait text written to {file}"
                   if what.endswith("table") else f"wait text ritten to {file}", **more)
    if done.status != 0:
        raise RuntimeError(f"export: {done}")
    with open(os.path.join(folder, file), "rb") as f:
        return f.read()


def read(folder, file):
    with open(os.path.join(folder, file), "rb") as f:
        return f.read()


def with_last(raw, value):
    """The CSV a command printed, with the column a console adds."""
    lines = raw.split(b"\r\n")
    return b"\r\n".join([lines[0] + b",as_known"] + [line + b"," + value for line in lines[1:-1]] + [b""])


def make(name, fixture):
    folder = os.path.join(FOLDER, name)
    os.mkdir(folder)
    fixture(folder)
    return folder


def of_a_customer(t):
    folder = make("customer", cells)
    look = ["keys 12345678 Enter"]
    t.equal(export(folder, "json", "a.json", *look), at("lookup", "12345678", "--json", folder=folder).raw,
            "a customer as JSON is what lookup prints")
    printed = at("lookup", "12345678", "--format", "csv", "--guard-formulas", folder=folder).raw
    t.ok(b"'@cmd" in printed, "there is something to guard")
    t.equal(export(folder, "csv", "a.csv", *look), with_last(printed, AS_KNOWN.encode()),
            "a customer as CSV is what lookup prints with formulas guarded, and as_known")
    moment = "2026-11-18 12:00"
    then = [*look, f'keys F9 "{moment}" Enter']
    t.equal(export(folder, "json", "b.json", *then),
            at("lookup", "12345678", "--as-of", moment, "--json", folder=folder).raw,
            "as of a moment it is what lookup --as-of prints")
    printed = at("lookup", "12345678", "--as-of", moment, "--format", "csv", "--guard-formulas", folder=folder).raw
    t.equal(export(folder, "csv", "b.csv", *then),
            with_last(printed, f'"{AS_KNOWN} as of 2026-11-18T05:00:00.000000Z, not current"'.encode()),
            "as CSV too, and every row says so")
    sheet = export(folder, "sheet", "b.txt", *then).decode().splitlines()
    t.equal(sheet[0], "NOT CURRENT: as of 2026-11-18 12:00:00", "a sheet of another moment says so above")
    t.equal(sheet[-3], sheet[0], "and below", "\n".join(sheet))
    t.ok(any("3 Mill Lane" in line for line in sheet), "it shows what was", "\n".join(sheet))
    table = list(csv.DictReader(io.StringIO(export(folder, "csv", "c.csv", *then, "keys g2").decode())))
    t.equal({row["as_known"] for row in table}, {f"{AS_KNOWN} as of 2026-11-18T05:00:00.000000Z, not current"},
            "a table of another moment says so")


def of_strange_texts(t):
    """Nothing in the data steers the printer, and nothing is wider than the paper."""
    folder = make("strange", hostile)
    for cif, _, _ in HOSTILE:
        sheet = export(folder, "sheet", f"{cif}.txt", f"keys {cif} Enter").decode()
        t.ok(all(c == "\n" or (c.isprintable() and c.isascii()) or ord(c) > 0x9f for c in sheet),
             f"the sheet of {cif} holds no control character", sheet)
        t.equal(export(folder, "json", f"{cif}.json", f"keys {cif} Enter"),
                at("lookup", str(cif), "--json", folder=folder).raw, f"the JSON of {cif} is that of lookup")
    sheet = export(folder, "sheet", "ascii.txt", "keys 35 Enter", options=["--ascii"])
    t.ok(sheet.isascii(), "in ASCII it is of ASCII", sheet)


def of_many_rows(t):
    folder = make("long", wide)
    sheet = export(folder, "sheet", "a.txt", "keys 12345678 Enter").decode()
    pages = sheet.split("\f")
    t.equal(len(pages), 5, "two hundred products and twenty changes take five pages")
    for i, page in enumerate(pages):
        lines = page.splitlines()
        t.ok(len(lines) <= 60 and max(len(line) for line in lines) <= 80, f"page {i + 1} fits the paper", page)
        t.ok(f"Page {i + 1} of 5" in lines[-2] and "OFFLINE since 14:02" in lines[-1], f"page {i + 1} says how old it is", page)
        t.ok("12345678" in lines[0], f"page {i + 1} says whose it is", page)
        if 0 < i < 4:
            t.ok(lines[2].startswith("  Product no.  Product"), f"page {i + 1} has the heading of the table again", page)
    products = [line for line in sheet.splitlines() if line.startswith("  7") and "2009-03-" in line]
    t.equal(len(products), 200, "no product is lost between the pages")
    # What is shown is exported, and said to be a part of what there is.
    bank = os.path.join(folder, "many.db")
    made = desk("generate", "--to", f"bank:{bank}", "--customers", "1", "--delay", "0s", folder=folder)
    t.equal(made.status, 0, "a bank", made)
    write_bank(bank, *[("INSERT INTO customer_info (cif, name) VALUES (?, ?)", (5000 + i, f"Quill {i:03d}")) for i in range(250)])
    os.remove(os.path.join(folder, "r.db"))
    ingest(folder, f"bank:{bank}")
    done = console(folder, 'keys "quill"', "wait idle", "wait text 200 of 250 found", 'keys F2 "export csv a.csv" Enter',
                   "wait text 200 of 250 rows written to a.csv", 'keys F2 "export json a.json" Enter',
                   "wait text 200 of 250 rows written to a.json", 'keys F2 "filter 24" Enter F2 "export csv b.csv" Enter',
                   "wait text 2 of 250 rows written to b.csv")
    t.equal(done.status, 0, "200 of 250 rows are written, and that is said", done)
    found = json.loads(read(folder, "a.json"))
    t.equal((len(found["rows"]), found["total"], found["total_exact"], found["truncated"]), (200, 250, True, True),
            "JSON says it of itself")
    rows = list(csv.DictReader(io.StringIO(read(folder, "a.csv").decode())))
    t.equal([{k: r[k] or None for k in ("cif", "name", "store", "matched")} for r in rows], found["rows"], "CSV and JSON agree")


def of_every_screen(t):
    folder = make("screens", small)
    done = console(folder, "keys 12345678 Enter g4", 'keys : "export csv hist.csv" Enter', "wait text 7 rows written to hist.csv",
                   'keys F3 : "stor" Enter', "wait idle", 'keys : "export csv stor.csv" Enter', "wait text 4 rows written to stor.csv",
                   "keys Enter", "wait idle", 'keys : "export csv drill.csv" Enter', "wait text rows written to drill.csv")
    t.equal(done.status, 0, "HIST, STOR and its registrations are exported", done)
    rows = list(csv.DictReader(io.StringIO(read(folder, "hist.csv").decode())))
    t.equal((rows[0]["at"], rows[0]["what"], rows[0]["event"], rows[0]["change"], rows[0]["as_known"]),
            ("2026-11-20T02:41:00.000000Z", "product 7710", "update", "status: ACTIVE -> CLOSED", AS_KNOWN), "times are those of programs")
    stores = {row["store"]: row for row in csv.DictReader(io.StringIO(read(folder, "stor.csv").decode()))}
    printed = {s["store"] or "": s for s in at("stores", "--from", "today", "--to", "now", "--json", folder=folder).json()["stores"]}
    t.equal({k: int(v["today"]) for k, v in stores.items()}, {k: v["total"] for k, v in printed.items()}, "the numbers are those of stores")
    drill = list(csv.DictReader(io.StringIO(read(folder, "drill.csv").decode())))
    t.equal(len(drill), printed["0142"]["total"] + 1, "every registration of the store, of the days before too")


def of_files(t):
    folder = make("files", small)
    os.mkdir(os.path.join(folder, "out"))
    with open(os.path.join(folder, "c.conf"), "w", encoding="utf-8") as f:
        f.write("[console]\nexport-dir = out\n")
    done = console(folder, "keys 12345678 Enter x s Enter", "wait text Written to out/tellerdesk-CIF-12345678-20261120-140233.txt",
                   'keys : "export csv a.csv" Enter', "wait text Written to out/a.csv", options=["--config", "c.conf"])
    t.equal(done.status, 0, "the folder of the configuration is proposed, and holds for names without one", done)
    os.mkdir(os.path.join(folder, "sub"))
    with open(os.path.join(folder, "sub", "named.csv"), "w", encoding="utf-8"):
        pass
    done = console(folder, 'keys : "export csv sub/na" Tab', "wait text export csv sub/named.csv", 'keys Esc : "export csv a." Tab',
                   "wait text export csv a.csv", "keys Esc", options=["--config", "c.conf"])
    t.equal(done.status, 0, "Tab completes names where they will be written", done)
    shutil.rmtree(os.path.join(folder, "sub"))
    t.equal(sorted(os.listdir(os.path.join(folder, "out"))), ["a.csv", "tellerdesk-CIF-12345678-20261120-140233.txt"],
            "nothing else is left there")
    t.equal(stat.S_IMODE(os.stat(os.path.join(folder, "out", "a.csv")).st_mode), 0o600, "for the teller alone")
    prefix = without_privileges()
    if prefix is None:
        t.skip("a folder one may not write to is told", "permissions cannot be had here")
        return
    os.chmod(os.path.join(folder, "out"), 0o500)
    done = console(folder, "keys 12345678 Enter", 'keys : "export csv b.csv" Enter', 'wait text could not write "out/b.csv": Permission denied',
                   "wait text hint: name a folder you", "keys 1", "wait text CIF ==> 1_", options=["--config", "c.conf"], prefix=prefix)
    t.equal(done.status, 0, "a folder one may not write to is told, and the console goes on", done)
    os.chmod(os.path.join(folder, "out"), 0o700)
    t.ok(not os.path.exists(os.path.join(folder, "out", "b.csv")), "nothing was written")


def of_a_long_one(t):
    """What takes longer is cancelled by Esc, and leaves nothing."""
    folder = make("cancel", nothing)
    bank = os.path.join(folder, "b.db")
    desk("generate", "--to", f"bank:{bank}", "--customers", "1", "--delay", "0s", "--seed", "3", folder=folder)
    (cif,), = sqlite3.connect(bank).execute("SELECT cif FROM customer_info")
    write_bank(bank, *[("INSERT INTO bank_product (productid, cif, producttype) VALUES (?, ?, 'SAVINGS')", (10**6 + i, cif))
                       for i in range(100000)])
    ingest(folder, f"bank:{bank}")
    done = console(folder, f"keys {cif} Enter", 'keys : "export json a.json" Enter Esc', "wait text The export was cancelled",
                   "wait idle", 'keys : "export csv b.csv" Enter', "wait text Written to b.csv")
    t.equal(done.status, 0, "an export is cancelled by Esc, and the next one is written", done)
    t.equal(sorted(name for name in os.listdir(folder) if "json" in name or "csv" in name), ["b.csv"], "it left nothing behind")


def of_a_held_screen(t):
    """What is held is as old as when it was held, however new the replica is."""
    folder = make("held", small)
    later = "2026-11-20T07:12:33Z"
    done = console(folder, 'keys : "stor" Enter', "wait idle", "keys p", "now +10m",
                   f"run TELLERDESK_NOW={later} {PROGRAM} ingest --once -q --source csv:drop --replica r.db --model demography",
                   "wait text OFFLINE since 14:12", 'keys : "export json held.json" Enter',
                   "wait text 4 rows written to held.json")
    t.equal(done.status, 0, "a held screen is exported", done)
    fresh = json.loads(read(folder, "held.json"))["freshness"]
    t.equal((fresh["complete_to"], fresh["age_ms"]), ("2026-11-20T07:02:33.000000Z", 600000), "it is ten minutes old")


if __name__ == "__main__":
    with tap() as t:
        of_a_customer(t)
        of_strange_texts(t)
        of_many_rows(t)
        of_every_screen(t)
        of_files(t)
        of_a_long_one(t)
        of_a_held_screen(t)
