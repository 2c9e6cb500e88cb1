#!/usr/bin/python3
"""The customer's screen of another moment holds what `lookup --as-of` says, for every moment at which anything
happened to a customer of a generated bank, and the moments right before and after.

    asof.py [--seed N] [--changes N]
"""

import os
import random
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "cli"))
from desk import *  # noqa: E402,F403

ENV = {"TZ": "UTC", "LC_ALL": "C.UTF-8"}
TABLE = 119  # cells of the table, at 200 columns
CUSTOMER = [("Name", "name"), ("Birth date", "birthdate"), ("Gender", "gender"), ("Address", "address"), ("City", "city"),
            ("Country", "country"), ("E-mail", "email"), ("Phone", "phone"), ("Store", "store_id"),
            ("Registered", "registered_at"), ("Changed by", "changed_by")]
COLUMNS = {"product": [("Product no.", "productid"), ("Product", "producttype"), ("Opened", "opendate"), ("Status", "status")],
           "asset": [("Asset no.", "assetid"), ("Asset", "assettype"), ("Value", "assetvalue"), ("Valued at", "valuation_date")]}


def change(bank, cif, random_, number):
    """One transaction at the bank: of the customer, or of something held."""
    what = random_.randrange(8)
    product, asset = 900000 + random_.randrange(4), 900000 + random_.randrange(3)
    if what == 0:
        write_bank(bank, ("UPDATE customer_info SET address = ?, phone = ? WHERE cif = ?", (f"{number} Lane", f"+44 {number}", cif)))
    elif what == 1:
        write_bank(bank, ("UPDATE customer_info SET city = ?, email = NULL WHERE cif = ?", (f"City {number}", cif)))
    elif what in (2, 3):
        write_bank(bank, ("INSERT OR REPLACE INTO bank_product (productid, cif, producttype, opendate, status) VALUES (?, ?, ?, ?, ?)",
                          (product, cif, "LOAN", "2020-02-29", f"S{number}")))
    elif what == 4:
        write_bank(bank, ("DELETE FROM bank_product WHERE productid = ?", (product,)))
    elif what == 5:
        write_bank(bank, ("INSERT OR REPLACE INTO customer_asset (assetid, cif, assettype, assetvalue, valuation_date) "
                          "VALUES (?, ?, ?, ?, ?)", (asset, cif, "GOLD", f"{number}.50", "2021-01-01")))
    elif what == 6:
        write_bank(bank, ("DELETE FROM customer_asset WHERE assetid = ?", (asset,)))
    elif read_bank(bank, f"SELECT count(*) FROM customer_info WHERE cif = {cif}")[0][0]:
        write_bank(bank, ("DELETE FROM customer_info WHERE cif = ?", (cif,)))
    else:
        write_bank(bank, ("INSERT INTO customer_info (cif, name, address) VALUES (?, ?, '')", (cif, f"Back Again {number}")))


def moments(replica, cif):
    """Every time at which something began or ended, and a microsecond to each side."""
    done = desk("history", cif, "--replica", replica, "--json").json()
    times = {t for v in done["versions"] for t in (v["valid_from"], v["valid_to"]) if t}
    out = set()
    for time_ in times:
        head, micro = time_[:-1].split(".")
        out.add(time_)
        if micro != "000000":
            out.add(f"{head}.{int(micro) - 1:06d}Z")
        if micro != "999999":
            out.add(f"{head}.{int(micro) + 1:06d}Z")
    return sorted(out)


def script(cif, times):
    """Keys that show each moment: the customer in one column, then each kind of thing held, row by row."""
    lines = ["size 200 60", "wait idle", f"keys {cif} Enter"]
    for time_ in times:
        lines += [f"echo @{time_}", "keys g1", f'keys F9 Ctrl-F "{time_}" Enter', "keys v", "dump", "keys v g2", "dump", "keys g3", "dump",
                  "keys t"]
    return "\n".join(lines) + "\n"


def field(screen, label):
    """The value behind a label of the record, without the sign of a difference and what it is today."""
    for line in screen:
        head = line[1:].lstrip(">")
        if head.startswith(label + " ") and (". " in head[len(label):] or label == head[:len(label)]):
            value = head[len(label):].lstrip(" .")
            return value.split(" #")[0].split("  ")[0].rstrip()
    return None


def table(screen, columns):
    """The rows below the heading, left of the selected row's record: a dict of the texts of each."""
    head = next((i for i, line in enumerate(screen) if line.strip().startswith(columns[0][0] + " ")), len(screen))
    rows = []
    for line in screen[head + 1:]:
        cells = re.split(r"\s{2,}", line[1:TABLE].strip())
        if not cells[0]:
            break
        rows.append({name: clean(cell) for (_, name), cell in zip(columns, cells)})
    return rows


def clean(cell):
    """Without what says that it differs from today."""
    return cell.replace(" # gone since", "").removesuffix(" #").removeprefix("# ")


def said(value):
    """A value of the JSON as the screen says it."""
    if value in (None, ""):
        return "(none)" if value is None else '""'
    return re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(\.\d*[1-9])?)\.?0*$", r"\1 \2", str(value))


def differences(wanted, screens):
    """What the screens of one moment say otherwise than the lookup."""
    personal, held = screens[0], {"product": screens[1], "asset": screens[2]}
    found = []
    customer = wanted["customer"]
    if customer is None:
        text = " ".join(" ".join(personal).split())
        known = {"before_snapshot": "is not known", "yes": "was"}[wanted["known"]]
        return [] if known in text and wanted["cif"] in text else [f"nothing is said of it: {text[:300]}"]
    for label, name in CUSTOMER:
        if name in customer and field(personal, label) != said(customer[name]):
            found.append(f"{name}: {said(customer[name])!r} is shown as {field(personal, label)!r}")
    for entity, columns in COLUMNS.items():
        rows = [{name: said(row[name]) for _, name in columns} for row in wanted["entities"][entity]]
        shown = table(held[entity], columns)
        if rows != shown:
            found.append(f"{entity}: {rows} is shown as {shown}")
    return found


def shown(output):
    """The three screens of each moment."""
    out, time_ = {}, None
    for line in output.split("\n"):
        if line.startswith("@"):
            time_ = line[1:]
            out[time_] = []
        elif time_ and line.startswith(" TELLERDESK"):
            out[time_].append([line])
        elif time_ and out[time_]:
            out[time_][-1].append(line)
    return out


def main():
    seed, changes = numbers(seed=5, changes=60)
    with tap() as t:
        bank, replica = make_bank("b.db", customers=5), path("r.db")
        ingest(bank, replica)
        cif = str(read_bank(bank, "SELECT min(cif) FROM customer_info")[0][0])
        random_ = random.Random(seed)
        for number in range(changes):
            change(bank, cif, random_, number)
            if number % 2:  # two at one time
                ingest(bank, replica)
        times = moments(replica, cif)
        t.ok(len(times) > changes, f"there are {len(times)} moments to look at")
        with open(path("script"), "w", encoding="utf-8") as f:
            f.write(script(cif, times))
        done = desk("console", "--no-ingest", "--replica", replica, "--zone", "UTC", "--script", path("script"), environment=ENV)
        t.ok(done.status == 0, "the console showed them all", done)
        screens, wrong, absent = shown(done.out), [], 0
        for time_ in times:
            wanted = desk("lookup", cif, "--replica", replica, "--as-of", time_, "--json").json()
            absent += wanted["customer"] is None
            if len(screens[time_]) != 3 or "AS OF" not in screens[time_][0][1]:
                wrong.append(f"{time_}: not shown")
            else:
                wrong += [f"{time_}: {what}" for what in differences(wanted, screens[time_])]
        t.ok(not wrong, "each is what lookup --as-of says", "\n".join(wrong[:20]))
        t.ok(0 < absent < len(times), f"at {absent} of them there was no such customer")


main()
