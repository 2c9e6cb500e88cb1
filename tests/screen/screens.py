#!/usr/bin/python3
"""Runs the console headless on every *.screen file beside this one, and compares what it shows.

A .screen file is a script of the console with the expected output beside the keys:

    % use small                 the replica it reads (a function below)
    % args --no-ingest          options of the console, besides --script and --replica
    % env NO_COLOR=1
    % locale fr_FR              the locale of the environment, made for the test if the system has none; with --language or
                                without: figures follow the one, words the other
    keys 12345678 Enter
    dump
    | TELLERDESK > CIF ...      what the dump must show; blanks at line ends do not count
    |...                        any number of lines
    |bytes < 50                 for `bytes`

    screens.py [--update] [FILE...]     --update writes what is shown into the files (but leaves budgets of bytes, and what
                                        holds by "..."): read it before you commit it

Time stands still at 2026-11-20 14:02:33 in Jakarta.
"""

import contextlib
import datetime
import difflib
import fcntl
import glob
import itertools
import os
import re
import shlex
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "cli"))
from desk import *  # noqa: E402,F403

NOW = "2026-11-20T07:02:33Z"
F_OFD_SETLK = 37  # as in <fcntl.h> of Linux
HEADER = "cif,name,birthdate,gender,address,city,country,email,phone,store_id,registered_at"
STORES = "store_id,name,city\n0142,Bristol Broadmead,Bristol\n0007,London Cornhill,London\n0388,Cardiff Queen St,Cardiff\n"
HALE = '12345678,"HALE, MARGARET ANNE",1961-07-02,F,{},Bristol,GB,m.hale@bank.example,{},0142,2026-11-18 09:30:00'
HALE_OLD = HALE.format("3 Mill Lane", "+44 117 496 3120")
HALE_NEW = HALE.format("14 Harbour Road", "+44 117 496 0199")


def batch(drop, table, stamp, text):
    """One batch of a drop folder, put there whole."""
    hidden = os.path.join(drop, f".{table}_{stamp}.csv")
    with open(hidden, "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(hidden, os.path.join(drop, f"{table}_{stamp}.csv"))


def ingest(folder, source, model="demography"):
    done = desk("ingest", "--once", "-q", "--source", source, "--replica", "r.db", "--model", model,
                environment={"TELLERDESK_NOW": NOW}, folder=folder)
    if done.status != 0:
        raise RuntimeError(f"ingest: {done}")


def crowd():
    """Registrations of this afternoon: unequal stores, one of them silent since noon."""
    rows = []
    for i in range(60):
        minute = 10 + i * i * 7 % 113  # 12:10 to 14:02
        store = "0388" if i == 7 else "0007" if i % 3 == 0 else "0142"
        if store == "0388":
            minute = 5
        rows.append(f"{20000000 + i},Person {i:02d},1990-01-01,M,Street {i},Bristol,GB,,,{store},"
                    f"2026-11-20 {12 + minute // 60:02d}:{minute % 60:02d}:{i % 33:02d}")
    return rows


def small(folder):
    """A few customers, one of them with everything; all of it from batches with stamps."""
    drop = os.path.join(folder, "drop")
    os.mkdir(drop)
    batch(drop, "store", "20261118080000", STORES)
    batch(drop, "customer_info", "20261118093000", f"{HEADER}\n{HALE_OLD}\n"
          "12345679,Tom Hale,1988-02-29,M,,London,GB,,,0007,2026-11-18 10:00:00\n"
          '12345680,Hale-Ośka Łucja,,,"","",,,,,\n')
    batch(drop, "bank_product", "20261118093000",
          "productid,cif,producttype,opendate,status\n7710,12345678,SAVINGS,2009-03-11,ACTIVE\n"
          "7711,12345678,CURRENT,2009-03-11,ACTIVE\n")
    batch(drop, "customer_asset", "20261118093000",
          "assetid,cif,assettype,assetvalue,valuation_date\n31,12345678,GOLD,1250.50,2026-10-01\n"
          "32,12345678,BOND,98000.00,2026-10-01\n")
    batch(drop, "customer_info", "20261119110500", f"{HEADER}\n{HALE_NEW}\n")
    batch(drop, "bank_product", "20261120094100",
          "productid,cif,producttype,opendate,status\n7710,12345678,SAVINGS,2009-03-11,CLOSED\n")
    batch(drop, "customer_info", "20261120140200", "\n".join([HEADER, *crowd()]) + "\n")
    ingest(folder, "csv:drop")


def wide(folder):
    """One customer with more products than any screen has rows, and a product with a long name."""
    drop = os.path.join(folder, "drop")
    os.mkdir(drop)
    batch(drop, "customer_info", "20261118093000", f"{HEADER}\n{HALE_OLD}\n")
    products = [f"{7000 + i},12345678,{'SAVINGS PLUS WITH A VERY LONG NAME INDEED ' if i == 3 else 'SAVINGS'},"
                f"2009-03-{i % 28 + 1:02d},{'CLOSED' if i % 7 == 0 else 'ACTIVE'}" for i in range(200)]
    batch(drop, "bank_product", "20261118093000", "\n".join(["productid,cif,producttype,opendate,status", *products]) + "\n")
    ingest(folder, "csv:drop")


def letters(folder):
    """A bank whose CIFs are text: with letters, and alike but for zeros in front."""
    with open(os.path.join(SRCDIR, "data", "models", "demography.model"), encoding="utf-8") as f:
        model = f.read().replace("CIF | integer", "CIF | text")
    with open(os.path.join(folder, "text.model"), "w", encoding="utf-8") as f:
        f.write(model)
    drop = os.path.join(folder, "drop")
    os.mkdir(drop)
    batch(drop, "customer_info", "20261118093000", f"{HEADER}\n"
          "0042,Anna Zero,,,,,,,,,\n00042,Bela Zeros,,,,,,,,,\nQX7,Carl Letters,,,,,,,,,\n0007,Dora Alone,,,,,,,,,\n")
    ingest(folder, "csv:drop", "./text.model")


CELLS = ["山田商店", "0042", "=1+1", "9", "@cmd", "Ωmega", "10"]


def cells(folder):
    """One customer whose products have keys of text, wide ones too, a column that is personal, and what a spreadsheet would take
    for a formula; and a configuration that lets copying happen."""
    with open(os.path.join(SRCDIR, "data", "models", "demography.model"), encoding="utf-8") as f:
        model = f.read().replace("Product no. | integer", "Product no. | text").replace("Status | text", "Status | text | pii")
    with open(os.path.join(folder, "cells.model"), "w", encoding="utf-8") as f:
        f.write(model)
    with open(os.path.join(folder, "c.conf"), "w", encoding="utf-8") as f:
        f.write("[console]\ncopy = osc52\n")
    drop = os.path.join(folder, "drop")
    os.mkdir(drop)
    batch(drop, "customer_info", "20261118093000", f"{HEADER}\n{HALE_OLD}\n")
    products = [f'"{key}",12345678,"{"東京都千代田区丸の内" * 4 if i == 0 else f"KIND {i}"}",{f"2009-03-{i:02d}" if i else ""},'
                f'{"-CLOSED" if i % 2 else "ACTIVE"}' for i, key in enumerate(CELLS)]
    batch(drop, "bank_product", "20261118093000", "\n".join(["productid,cif,producttype,opendate,status", *products]) + "\n")
    batch(drop, "customer_info", "20261119110500", f"{HEADER}\n{HALE_NEW}\n")
    ingest(folder, "csv:drop", "./cells.model")


HOSTILE = [
    (31, b"cr\rOVER\x1b[2J\x1b]0;x\x07", b"tab\there\nand there\x00nul"),
    (32, bytes(range(1, 32)) + b"\x7f", "c1 \u0080\u0085\u009b2J\u009f end".encode()),
    (33, "abc\u202edef\u2066ghi\u200bjkl\ufeffmno".encode(), "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627".encode()),
    (34, b"bad \xff\xfe \xc0\xaf \xed\xa0\x80 end", b"\x80\x80\x80"),
    (35, "山田 太郎　様".encode(), "東京都千代田区丸の内一丁目九番一号東京駅前ビル十二階".encode()),
    (36, ("e\u0301" * 8 + " Z" + "\u0300" * 40 + "algo").encode(), "👩\u200d👩\u200d👧 🇫🇷 \U0001f600".encode()),
    (37, b'=HYPERLINK("http://x")', b"%s%n%d \\ \" ' `"),
]


def hostile(folder):
    """Names and addresses made of what moves cursors elsewhere."""
    bank = os.path.join(folder, "b.db")
    if desk("generate", "--to", f"bank:{bank}", "--customers", "1", "--delay", "0s").status != 0:
        raise RuntimeError("generate")
    write_bank(bank, "DELETE FROM customer_info", "DELETE FROM bank_product", "DELETE FROM customer_asset", *[
        ("INSERT INTO customer_info (cif, name, address, city) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), 'X')",
         (cif, name, address)) for cif, name, address in HOSTILE])
    ingest(folder, "bank:b.db")


def server(folder):
    """A replica of a database server that stopped answering, and what it told of itself before."""
    small(folder)
    gtids = ",".join(f"3e11fa47-71ca-11e1-9e33-c80aa94295{i:02d}:1-{i * 7919 + 77}" for i in range(9))
    details = {"server": "MySQL 8.0.36", "host": "db1.bank.example", "connection": 4711, "transport": "tcp", "tls": "none",
               "log_oldest": "binlog.000031", "log_end": "binlog.000042:9731", "log_files": 12, "log_bytes": 12345678901,
               "behind_bytes": 8497, "log_kept_s": 86400, "asked_at": "2026-11-20T06:58:30.000000Z"}
    db = sqlite3.connect(os.path.join(folder, "r.db"))
    db.execute("UPDATE td_source SET url = 'mysql://teller@db1/bank', kind = 'mysql', position = ?",
               (f"binlog.000042:1234@1764150000 gtid={gtids}",))
    db.execute("UPDATE td_status SET details = ?, state = 'offline', error = ?, hint = ?",
               (json.dumps(details), "could not reach server teller@db1:3306: Connection refused (2002)",
                "is the server running, and does it listen there? It is tried again"))
    db.commit()
    db.close()


HELD = []  # descriptors of locks, held until the end


def put_away(folder, name):
    """The replica under another name, whole in its one file."""
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "r.db"))) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode = DELETE")
    os.rename(os.path.join(folder, "r.db"), os.path.join(folder, name))


def trouble(folder):
    """A replica whose writer lives (it is this process), and what changes its state: run python3 sql.py "UPDATE ...".
    In other.db is another replica to put in its place."""
    small(folder)
    put_away(folder, "first.db")
    batch(os.path.join(folder, "drop"), "customer_info", "20261120140201", f"{HEADER}\n12345678,Somebody Else,,,,,,,,,\n")
    ingest(folder, "csv:drop")
    put_away(folder, "other.db")
    os.rename(os.path.join(folder, "first.db"), os.path.join(folder, "r.db"))
    fd = os.open(os.path.join(folder, "r.db.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    os.ftruncate(fd, 0)
    os.write(fd, b"4711\n")
    fcntl.fcntl(fd, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    HELD.append(fd)
    with open(os.path.join(folder, "sql.py"), "w", encoding="utf-8") as f:
        f.write("import sqlite3, sys\nwith sqlite3.connect('r.db', timeout=10) as db:\n"
                "    [db.execute(text) for text in sys.argv[1:]]\n")


def many(folder):
    """More customers of one name than are counted, and of another more than a list begins with."""
    drop = os.path.join(folder, "drop")
    os.mkdir(drop)
    rows = [f"{1000000 + i},Many M{i:05d},,,,,,,,," for i in range(10100)]
    rows += [f"{2000000 + i},Some S{i:03d},,,,,,,,," for i in range(450)]
    batch(drop, "customer_info", "20261118093000", "\n".join([HEADER, *rows]) + "\n")
    ingest(folder, "csv:drop")


def later(folder):
    """A replica that is not there yet: mv later.db r.db."""
    small(folder)
    put_away(folder, "later.db")


def remapped(folder):
    """Keys of somebody's own, in keys.conf."""
    small(folder)
    with open(os.path.join(folder, "keys.conf"), "w", encoding="utf-8") as f:
        f.write("[keys]\nrecent =\nhelp = F9 ?\nas_of = F1 t\nhome = F3\nlast = q\n")


def local(text):
    """Microseconds of a time in Jakarta."""
    at = datetime.datetime.strptime(text + " +0700", "%Y-%m-%d %H:%M:%S %z")
    return int(at.timestamp()) * 1000000


def story(folder):
    """Rows that came and went, a gap, what was first copied, and who changed it."""
    small(folder)
    db = sqlite3.connect(os.path.join(folder, "r.db"))
    closed = ("INSERT INTO {0}_history SELECT NULL, {1}, _version, _valid_from, ?, _seq_from, 7, _origin, 2, _changed "
              "FROM {0} WHERE {2}")
    product, customer = "productid, cif, producttype, opendate, status", HEADER.replace(",", ", ") + ", changed_by"
    db.execute(closed.format("product", product, "productid = 7711"), (local("2026-11-20 10:00:00"),))
    db.execute("DELETE FROM product WHERE productid = 7711")
    db.execute(closed.format("customer", customer, "cif = 12345679"), (local("2026-11-19 15:00:00"),))
    db.execute("DELETE FROM customer WHERE cif = 12345679")
    db.execute("INSERT INTO product VALUES (7800, 12345678, 'LOAN', '2026-11-20', 'ACTIVE', 1, ?, 7, 1, NULL)",
               (local("2026-11-20 12:00:00"),))
    db.execute("UPDATE customer SET changed_by = 'jsmith' WHERE cif = 12345678")
    copied = local("2026-11-19 08:00:00")
    db.execute("UPDATE asset SET _origin = 0, _valid_from = ?", (copied,))
    db.execute("UPDATE td_entity SET known_from = ? WHERE name = 'asset'", (copied,))
    db.execute("INSERT INTO td_gap VALUES (NULL, 1, NULL, ?, ?, 'the log of the source was purged')",
               (local("2026-11-19 12:00:00"), local("2026-11-19 13:00:00")))
    db.commit()
    db.close()


def unfinished(folder):
    """The first copy of the products is under way, that of the assets has not begun."""
    small(folder)
    db = sqlite3.connect(os.path.join(folder, "r.db"))
    db.execute("UPDATE td_entity SET copied = 0 WHERE name IN ('product', 'asset')")
    db.execute("DELETE FROM asset")
    db.commit()
    db.close()


def kinds(folder):
    """A bank with more kinds of holdings than fit a row of tabs."""
    with open(os.path.join(SRCDIR, "data", "models", "demography.model"), encoding="utf-8") as f:
        model = f.read()
    for i, title in enumerate(["Credit cards", "Insurances", "Safe deposits", "Mandates", "Standing orders", "Complaints"]):
        model += (f"\n[entity kind{i}]\nkind = detail\ntitle = {title}\ntable = kind{i}\nkey = id\ncif = cif\noptional = *\n"
                  "column.id = No. | integer\ncolumn.cif = CIF | integer | hidden\n")
    with open(os.path.join(folder, "many.model"), "w", encoding="utf-8") as f:
        f.write(model)
    drop = os.path.join(folder, "drop")
    os.mkdir(drop)
    batch(drop, "customer_info", "20261118093000", f"{HEADER}\n{HALE_OLD}\n")
    ingest(folder, "csv:drop", "./many.model")


def long(folder, versions=3000):
    """A product that changed every minute."""
    small(folder)
    db = sqlite3.connect(os.path.join(folder, "r.db"))
    first = local("2026-11-18 09:30:00")
    db.execute("DELETE FROM product_history")
    db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
               "INSERT INTO product_history SELECT i, 7710, 12345678, 'SAVINGS', '2009-03-11', 'S' || (i / 10), i, "
               "? + (i - 1) * 60000000, ? + i * 60000000, 3, 3, iif(i = 1, 1, 2), 1, iif(i = 1, NULL, '[\"status\"]') FROM n",
               (versions, first, first))
    db.execute("UPDATE product SET _version = ?, _valid_from = ? WHERE productid = 7710",
               (versions + 1, first + versions * 60000000))
    db.commit()
    db.close()


def edit(folder, *statements):
    """What no ingest of a moment can make: states that take an outage, a full disk, a large bank."""
    db = sqlite3.connect(os.path.join(folder, "r.db"))
    for statement in statements:
        db.execute(*(statement if isinstance(statement, tuple) else (statement,)))
    db.commit()
    db.close()


def fed(folder, state, error=None, hint=None):
    """A replica that another process feeds, which is in this state."""
    server(folder)
    now = int(datetime.datetime.fromisoformat(NOW.replace("Z", "+00:00")).timestamp()) * 1000000
    edit(folder, ("UPDATE td_status SET state = ?, error = ?, hint = ?, pid = 4711, beat = ?", (state, error, hint, now)))
    lock = open(os.path.join(folder, "r.db.lock"), "w", encoding="ascii")
    lock.write("4711\n")
    lock.flush()
    fcntl.lockf(lock, fcntl.LOCK_EX)
    HELD.append(lock)


def unreachable(folder):
    """The source is away; its writer lives and tries again."""
    fed(folder, "offline", "could not reach server teller@db1:3306: Connection refused (2002)",
        "is the server running, and does it listen there? It is tried again")


def full(folder):
    """The writer waits for room on the disk."""
    fed(folder, "paused", 'could not write replica "r.db": database or disk is full')


def refused(folder):
    """The source is another one than before."""
    fed(folder, "refused", 'could not go on from server "db1": it is not the one that was read before',
        "if that is meant, run tellerdesk resync --accept-server; until then nothing is read")


SLOT = {"server": "PostgreSQL 15.18", "host": "10.1.4.20:5432", "connection": 81123, "transport": "tcp", "tls": "TLS_AES_256_GCM_SHA384",
        "log_end": "16/B374F000", "behind_bytes": 8497, "timeline": 3, "system_id": "7350912345678901234", "publication": "tellerdesk",
        "slot": "tellerdesk_branch7_1a2b3c4d", "slot_state": "extended", "slot_active": 1, "retained_bytes": 3250000000,
        "retained_limit_bytes": 4294967296, "safe_bytes": 1044967296, "asked_at": "2026-11-20T07:02:30.000000Z"}


def slot(folder):
    """A PostgreSQL server keeps more log for us than it likes, and not much more will be kept."""
    fed(folder, "live")
    edit(folder, ("UPDATE td_source SET url = 'postgresql://teller@db1/bank', kind = 'postgresql', position = ?",
                  ("16/B374D848 slot=tellerdesk_branch7_1a2b3c4d timeline=3 shape=d2c1f00dab01cd02.0123456789abcdef",)),
         ("UPDATE td_status SET details = ?", (json.dumps(SLOT),)))


def detached(folder):
    """A console that was retired."""
    server(folder)
    edit(folder, ("UPDATE td_source SET url = 'postgresql://teller@db1/bank', kind = 'postgresql', position = ?",
                  ("16/B374D848 slot=tellerdesk_branch7_1a2b3c4d timeline=3 shape=d2c1f00dab01cd02.0123456789abcdef",)),
         ("UPDATE td_status SET details = '{}', state = 'detached', error = ?, hint = ?",
          ("the replica is not followed any more: it was detached from its source",
           "tellerdesk ingest, or a console that feeds it, follows it again: all tables are compared first")))


def building(folder):
    """The first copy is at 41 percent."""
    fed(folder, "snapshot")
    edit(folder, "UPDATE td_status SET copy_percent = 41.0, copy_rows = 1234567, copy_rate = 65000.0",
         "UPDATE td_entity SET copied = 0 WHERE name IN ('customer', 'asset')")


def troubles(folder):
    """Everything that can go wrong on the way went wrong, much of it often."""
    server(folder)
    at = 1795000000000000
    edit(folder, ("INSERT INTO td_gap (source, entity, valid_from, valid_to, reason) SELECT 1, NULL, ?, ?, 'purged'", (at, at + 4000000000)),
         ("INSERT INTO td_gap (source, entity, valid_from, valid_to, reason) SELECT 1, 'asset', ?, ?, 'resync'", (at + 1, at + 9000000)),
         *[("INSERT INTO td_anomaly (source, entity, key, reason, at, seq) SELECT 1, 'product', ?, 'update of an unknown row', ?, 1",
            (7000 + i, at + i * 60000000)) for i in range(61)],
         ("INSERT INTO td_rejected (source, entity, line, reason, raw, at, seq) SELECT 1, 'customer', 17, 'a quote is not closed', CAST(? AS TEXT), ?, 1",
          (b'12345699,"HALE, \x1b[2J' + b"x" * 200, at)))


def crew(folder, stores, rows):
    """These stores and registrations: (store, "2026-11-20 13:05:09") each, numbered from 30000000."""
    drop = os.path.join(folder, "drop")
    os.mkdir(drop)
    if stores:
        batch(drop, "store", "20261101080000", "store_id,name,city\n" + "".join(f"{i},{n},\n" for i, n in stores))
    batch(drop, "customer_info", "20261120140200", "\n".join([HEADER] + [
        f"{30000000 + k},Person {k},1990-01-01,M,,,GB,,,{store},{at}" for k, (store, at) in enumerate(rows)]) + "\n")
    ingest(folder, "csv:drop")


def afternoon(k):
    """Some time of the last hours, the same at every run."""
    minute = 723 + k * k * 31 % 119  # 12:03 to 14:01
    return f"2026-11-20 {minute // 60:02d}:{minute % 60:02d}:{k * 7 % 60:02d}"


def chain(folder):
    """300 stores, among them some with wide names, and many registrations; every seventh store is silent."""
    names = ["東京丸の内一丁目支店", "Köln Süd", "München Hbf & Flughafen-Terminal 2", "Łódź", "القاهرة"]
    stores = [(f"{i:04d}", names[i % 5] if i % 60 < 5 else f"Branch {i}") for i in range(300)]
    rows = [(f"{k * k % 300:04d}", afternoon(k)) for k in range(1500) if k * k % 300 % 7]
    rows += [(f"{i:04d}", f"2026-11-20 0{8 + i % 2}:15:00") for i in range(0, 300, 7)]
    crew(folder, stores, rows)


def single(folder):
    """One store."""
    crew(folder, [("1", "The only one")], [("1", afternoon(k)) for k in range(25)])


def crowded(folder):
    """1,234 registrations of one store; two of these customers were deleted since, one registered nobody knows when, at no store."""
    crew(folder, [("1", "The only one")], [("1", afternoon(k)) for k in range(1234)] + [("", "")])
    edit(folder, "DELETE FROM customer WHERE cif IN (SELECT key FROM td_registrations_events WHERE \"group\" = 1 ORDER BY at DESC, seq DESC LIMIT 2)")


def young(folder):
    """A bank whose first registration is of this very hour."""
    crew(folder, [("1", "The first"), ("2", "The second")], [(str(k % 2 + 1), f"2026-11-20 13:{31 + k}:00") for k in range(20)])


def nobody(folder):
    """No store, no customer."""
    crew(folder, [], [])


def behind(folder):
    """The replica stopped being complete at 13:40, and lost what happened between 13:00 and 13:12."""
    small(folder)
    edit(folder, "UPDATE td_source SET complete_to = 1795156800000000",
         "INSERT INTO td_gap (source, entity, valid_from, valid_to, reason) SELECT 1, NULL, 1795154400000000, 1795155120000000, 'purged'",
         "INSERT INTO td_gap (source, entity, valid_from, valid_to, reason) SELECT 1, 'asset', 1795155000000000, 1795156000000000, 'resync'",
         "DELETE FROM td_registrations_counts WHERE start >= 1795154400000000 AND start < 1795155120000000 AND grain = 0")


def autumn(folder):
    """Registrations of every hour around the day Berlin puts its clocks back (2026-10-25, 25 hours)."""
    start = datetime.datetime(2026, 10, 23, 12, 30)
    crew(folder, [("1", "Berlin")], [("1", (start + datetime.timedelta(hours=k)).isoformat(" ")) for k in range(96)])


def spring(folder):
    """And around the day it puts them forward (2026-03-29, 23 hours)."""
    start = datetime.datetime(2026, 3, 27, 12, 30)
    crew(folder, [("1", "Berlin")], [("1", (start + datetime.timedelta(hours=k)).isoformat(" ")) for k in range(96)])


def nothing(folder):
    """No replica at all."""


def locale(name):
    """The environment of a locale that localedef makes here, once."""
    folder = os.path.join(FOLDER, "locales")
    os.makedirs(folder, exist_ok=True)
    made = os.path.join(folder, f"{name}.UTF-8")
    if not os.path.exists(made):
        subprocess.run(["localedef", "-i", name, "-f", "UTF-8", made], capture_output=True, check=False)
    if not os.path.exists(os.path.join(made, "LC_TIME")):
        raise RuntimeError(f"localedef makes no {name}: is the package locales installed?")
    # The C library leaks what it splits LOCPATH into.
    return {"LC_ALL": f"{name}.UTF-8", "LOCPATH": folder, "ASAN_OPTIONS": "detect_leaks=0"}


def parse(text):
    """The script as the console reads it, the options, and what must be shown."""
    script, expected, options = [], [], {"use": "small", "args": ["--no-ingest"], "env": {}}
    for line in text.splitlines():
        if line.startswith("|"):
            expected.append(line[1:].rstrip())
        elif line.startswith("%"):
            word, _, rest = line[1:].strip().partition(" ")
            if word == "env":
                options["env"].update([rest.split("=", 1)])
            elif word == "locale":
                options["env"].update(locale(rest.strip()))
            else:
                options[word] = shlex.split(rest) if word == "args" else rest
        else:
            script.append(line)
    return script, expected, options


def play(name, text):
    script, expected, options = parse(text)
    folder = os.path.join(FOLDER, name)
    os.mkdir(folder)
    globals()[options["use"]](folder)
    # Each dump tells where in the file it stands, so that --update knows where to put it.
    marked = []
    for number, line in enumerate(script):
        marked.append(line)
        if line.split(" ")[0] in ("dump", "bytes"):
            marked.append(f"echo @{number}")
    with open(os.path.join(folder, "script"), "w", encoding="utf-8") as f:
        f.write("\n".join(marked) + "\n")
    done = desk("console", *options["args"], "--replica", "r.db", "--script", "script",
                environment={"TELLERDESK_NOW": NOW, **options["env"]}, folder=folder)
    return script, expected, done


def plain(line):
    """Where the test happens to run is no part of what must be shown."""
    line = re.sub(r"csv:/\S*/drop$", "csv:drop", line.rstrip())
    return re.sub(r"[\d.]+ [kMGTP]?B(, only|,) [\d.]+ [kMGTP]?B free *", lambda m: "SIZES".ljust(len(m[0])), line).rstrip()


def shown(done):
    return [plain(line) for line in done.out.splitlines() if not line.startswith("@")]


def same(expected, got):
    if expected.startswith("bytes < "):
        return got.startswith("bytes ") and int(got[6:]) < int(expected[8:])
    return expected == got


def matches(expected, got):
    """True if the lines are the same, where "..." stands for any number of them."""
    if not expected:
        return not got
    if expected[0] == "...":
        return any(matches(expected[1:], got[i:]) for i in range(len(got) + 1))
    return bool(got) and same(expected[0], got[0]) and matches(expected[1:], got[1:])


def keeps(before, block):
    """The lines of a block that stay as they were: what still holds, and a budget of bytes, which is no measurement."""
    if matches(before, block) or len(before) == len(block) == 1 and before[0].startswith("bytes < "):
        return before
    return block


def update(path, text, done):
    parts, block = {}, []
    for line in done.out.splitlines():
        if line.startswith("@"):
            parts[int(line[1:])] = block
            block = []
        else:
            block.append(plain(line))
    out, number = [], 0
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("|"):
            continue
        out.append(line)
        if not line.startswith("%"):
            before = itertools.takewhile(lambda other: other.startswith("|"), lines[at + 1:])
            out.extend("|" + other for other in keeps([other[1:].rstrip() for other in before], parts.get(number, [])))
            number += 1
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")


def main():
    arguments = [a for a in sys.argv[1:] if a != "--update"]
    with tap() as t:
        sys.setrecursionlimit(10000)
        for path in arguments or sorted(glob.glob(os.path.join(HERE, "*.screen"))):
            name = os.path.splitext(os.path.basename(path))[0]
            with open(path, encoding="utf-8") as f:
                text = f.read()
            _, expected, done = play(name, text)
            if "--update" in sys.argv:
                update(path, text, done)
            t.ok(done.status == 0, f"{name}: the script ran to its end", done)
            got = shown(done)
            t.ok(matches(expected, got), f"{name}: the screens are as expected",
                 "\n".join(difflib.unified_diff(expected, got, "expected", "shown", lineterm="", n=1)))
        t.ok(t.count > 0, "there are screens to test")


if __name__ == "__main__":
    main()
