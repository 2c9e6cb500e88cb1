"""A bank's writer that knows what it committed, and what a replica must make of it.

    book = Book()
    writer = Writer(target, book, seed)      target: ServerBank(server) or FileBank(path)
    writer.fill(100); writer.step() ...      each a transaction; book.commits counts those committed
    judge(t, replica, book, "after it all")  rows, versions and registrations are those of the book

The book holds, for every key, its versions in the order they were committed. A replica whose first copy began after transaction
n knows each key from its version of then on: so its versions must be an end of the book's, and one n must fit all keys. Where
images of what was are not whole (judge(..., whole=False)), a row that changed before it was copied is known from that change on, of one
that ended no more than its key and its end: each key then has a beginning of its own.
The writer asks the target after a lost connection whether its last transaction is there.
"""

import contextlib
import datetime
import json
import random
import sqlite3
import time

from stage import BANK, ask, dumped, plain

NEVER = 1 << 60
ZONE = datetime.timedelta(hours=7)  # of data/models/demography.model


class Version:
    __slots__ = ("values", "begun", "ended", "how")

    def __init__(self, values, begun):
        self.values, self.begun, self.ended, self.how = values, begun, NEVER, None


class Book:
    """What was committed. entity -> key -> [Version]."""

    def __init__(self):
        self.commits = 0
        self.keys = {name: {} for name in BANK}
        self.first = set()  # customers that ever were, by their newest key
        self.moved = {}   # key -> key it came from

    def live(self, name):
        return {k: v[-1].values for k, v in self.keys[name].items() if v[-1].ended == NEVER}

    def commit(self, changes):
        self.commits += 1
        for op, name, key, values in changes:
            self.apply(op, name, key, values)

    def apply(self, op, name, key, values):
        versions = self.keys[name].setdefault(key, [])
        current = versions[-1] if versions and versions[-1].ended == NEVER else None
        if op == "delete":
            current.ended, current.how = self.commits, "delete"
        elif op == "insert":
            versions.append(Version(values, self.commits))
            if name == "customer":
                self.first.add(key)
        elif op == "update":
            if values != current.values:
                current.ended, current.how = self.commits, "update"
                versions.append(Version(values, self.commits))
        elif op == "move":  # key to values' own key
            key_column = BANK[name][1]
            current.ended, current.how = self.commits, "key_change"
            self.keys[name].setdefault(values[key_column], []).append(Version(values, self.commits))
            if name == "customer":
                self.moved[values[key_column]] = key
                self.first.remove(key)
                self.first.add(values[key_column])


# ---- where a writer writes ----

class ServerBank:
    """A server; reconnects for as long as it takes, and then knows what became of the last transaction."""

    def __init__(self, server, database="bank", bound=60.0):
        self.server, self.database, self.bound, self.client = server, database, bound, None

    def prepare(self):
        self.server.bank(self.database)
        self.server.sql("CREATE TABLE written (one INT PRIMARY KEY, n INT); INSERT INTO written VALUES (1, 0)", self.database)

    def session(self):
        end = time.monotonic() + self.bound
        while self.client is None:
            try:
                self.client = self.server.writer(self.database)
            except self.server.errors:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
        return self.client

    def run(self, statements, number):
        """True: committed."""
        sent = "BEGIN; " + "; ".join(statements) + f"; UPDATE written SET n = {number}; COMMIT"
        try:
            self.session().run(sent)
            return True
        except self.server.errors as error:
            if not self.server.lost(error):
                raise
        return self.written() == str(number)

    def written(self):
        """The number of the last transaction that is there, from a server that may die once more while it is asked."""
        end = time.monotonic() + self.bound
        while True:
            if self.client:
                self.client.drop()
            self.client = None
            try:
                return self.session().cell("SELECT n FROM written")
            except self.server.errors as error:
                if not self.server.lost(error) or time.monotonic() > end:
                    raise


class FileBank:
    """The embedded bank, its transactions stamped: the same oracle for another source."""

    def __init__(self, path):
        self.path = path

    def run(self, statements, number, at=None):
        at = at if at is not None else int(time.time() * 1e6)
        with contextlib.closing(sqlite3.connect(self.path, timeout=60, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("UPDATE bank_txn SET last = last + 1, txn = last + 1, at = ?", (at,))
            for statement in statements:
                db.execute(statement)
            db.execute("UPDATE bank_txn SET txn = NULL, at = NULL")
            db.execute("COMMIT")
        return True


# ---- who writes ----

class Writer:
    def __init__(self, target, book, seed):
        self.target, self.book, self.dice = target, book, random.Random(seed)
        self.next = {"customer": 10000001, "product": 1, "asset": 1, "store": 1}
        self.turn = 0

    def word(self, n=8):
        return "".join(self.dice.choice("abcdefghijklmnop qrstuvwxyzéß'\\\"") for _ in range(n)).strip() or "x"

    def new_key(self, name):
        n = self.next[name]
        self.next[name] += 1
        return f"S{n}" if name == "store" else str(n)

    def maybe(self, value):
        return None if self.dice.random() < 0.15 else value

    def row(self, name, key, customers, stores):
        d = self.dice
        if name == "store":
            return {"store_id": key, "name": self.maybe(self.word(12)), "city": self.maybe(self.word(6))}
        owner = d.choice(customers) if customers else None
        day = f"20{d.randrange(10, 30)}-{d.randrange(1, 13):02d}-{d.randrange(1, 29):02d}"
        if name == "product":
            return {"productid": key, "cif": owner, "producttype": d.choice(("CARD", "LOAN", "GIRO")), "opendate": self.maybe(day), "status": d.choice(("OPEN", "SHUT"))}
        if name == "asset":
            return {"assetid": key, "cif": owner, "assettype": d.choice(("HOUSE", "GOLD")), "assetvalue": self.maybe(f"{d.randrange(-10**6, 10**9)}.{d.randrange(100):02d}"),
                    "valuation_date": self.maybe(day)}
        return {"cif": key, "name": self.word(14), "birthdate": self.maybe(day), "gender": self.maybe(d.choice("FM")), "address": self.maybe(self.word(20)),
                "city": self.maybe(self.word(7)), "country": "ID", "email": self.maybe(self.word(5) + "@bank"), "phone": self.maybe(str(d.randrange(10**9))),
                "store_id": d.choice([None, *stores]) if stores else None,
                "registered_at": None if d.random() < 0.05 else f"2026-{d.randrange(1, 13):02d}-{d.randrange(1, 29):02d} {d.randrange(24):02d}:{d.randrange(60):02d}:{d.randrange(60):02d}",
                "changed_by": self.maybe("me")}

    def changes(self, count):
        """One transaction's, as it would be if it commits: [(op, entity, key, values)]."""
        d, out = self.dice, []
        live = {name: dict(self.book.live(name)) for name in BANK}
        for _ in range(count):
            name = d.choices(list(BANK), (5, 3, 3, 1))[0]
            there, op = live[name], d.choices(("insert", "update", "delete", "move", "same", "back"), (4, 8, 2, 1, 1, 1))[0]
            if op == "back":  # a key that died comes back
                dead = [k for k in self.book.keys[name] if k not in there and self.book.keys[name][k][-1].how == "delete"]
                op, key = "insert", d.choice(sorted(dead)) if dead else self.new_key(name)
            elif op == "insert" or not there:
                op, key = "insert", self.new_key(name)
            else:
                key = d.choice(sorted(there))
            if op == "insert":
                values = self.row(name, key, sorted(live["customer"]), sorted(live["store"]))
                if any(o[1] == name and o[2] == key for o in out):
                    continue
            elif op == "update":
                fresh = self.row(name, key, sorted(live["customer"]), sorted(live["store"]))
                changed = d.sample([c for c in BANK[name][2] if c != BANK[name][1]], d.randrange(1, 3))
                values = dict(there[key], **{c: fresh[c] for c in changed})
            elif op == "move":
                values = dict(there[key], **{BANK[name][1]: self.new_key(name)})
            elif op == "same":
                op, values = "update", dict(there[key])
            else:
                values = None
            out.append((op, name, key, values))
            if op in ("delete", "move"):
                del there[key]
            if op != "delete":
                there[values[BANK[name][1]]] = values
        return out

    def statement(self, change):
        op, name, key, values = change
        table, key_column, columns = BANK[name]
        where = f"WHERE {key_column} = {quoted(key_column, key)}"
        if op == "delete":
            return f"DELETE FROM {table} {where}"
        if op == "insert":
            return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(quoted(c, values[c]) for c in columns)})"
        return f"UPDATE {table} SET " + ", ".join(f"{c} = {quoted(c, values[c])}" for c in columns) + " " + where

    def transaction(self, changes):
        """True: committed, and in the book."""
        self.turn += 1
        done = self.target.run([self.statement(c) for c in changes], self.turn)
        if done:
            self.book.commit(changes)
        return done

    def fill(self, customers):
        """The bank it begins with."""
        for first in range(0, customers, 50):
            out = []
            for _ in range(min(50, customers - first)):
                stores = [c[2] for c in out if c[1] == "store"] + sorted(self.book.live("store"))
                for name in ("customer", "product", "asset") + (("store",) if len(stores) < 5 else ()):
                    key = self.new_key(name)
                    out.append(("insert", name, key, self.row(name, key, [c[2] for c in out if c[1] == "customer"], stores)))
            self.transaction(out)

    def step(self):
        """One random transaction: mostly small, some of hundreds of rows. What changes nothing is not one."""
        changes = []
        while not any(c[0] != "update" or c[3] != self.current(c) for c in changes):
            changes = self.changes(self.dice.choice((1, 1, 1, 2, 3, 5, 8, 300 if self.dice.random() < 0.02 else 4)))
        return self.transaction(changes)

    def current(self, change):
        versions = self.book.keys[change[1]].get(change[2])
        return versions[-1].values if versions and versions[-1].ended == NEVER else None


NUMBERS_ = {"cif", "productid", "assetid"}


def quoted(column, value):
    if value is None:
        return "NULL"
    return str(value) if column in NUMBERS_ else "'" + value.replace("'", "''") + "'"


# ---- the verdict ----

def wall_clock(text):
    """Of an instant, in the zone of the model."""
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) + ZONE
    return plain(at.strftime("%Y-%m-%d %H:%M:%S.%f"))


def norm(values, columns):
    return {c: plain(values.get(c)) for c in columns}


def replica_versions(replica):
    """{entity: {key: [(values, origin, ended by)]}} by `dump`, and the registrations."""
    found, registered, rows = {name: {} for name in BANK}, {}, {name: {} for name in BANK}
    for line in dumped(replica):
        name, key = line["entity"], line["key"]
        if line["type"] == "registration":
            registered[key] = (line["store"], wall_clock(line["at"]) if line["timed"] else None)
        elif line["type"] == "row":
            rows[name][key] = norm(line["values"], BANK[name][2])
        else:
            found[name].setdefault(key, []).append((line["version"], norm(line["values"], BANK[name][2]), line["origin"], line["ended_by"]))
    return {n: {k: [v[1:] for v in sorted(vs, key=lambda v: v[0])] for k, vs in ks.items()} for n, ks in found.items()}, registered, rows


def unlike(got, wanted):
    """What differs of two rows."""
    if got is None or wanted is None:
        return f"{'is not there' if got is None else 'is there'}, {'dead' if wanted is None else 'alive'} by what was committed"
    return ", ".join(f"{c} {got[c]!r}, committed {wanted[c]!r}" for c in wanted if got.get(c) != wanted[c])


def fits(book_versions, got):
    """The transactions after which a copy can have begun for these to be what it knows: (low, high), or why none."""
    if len(got) > len(book_versions):
        return None, f"{len(got)} versions, committed were {len(book_versions)}"
    skipped = len(book_versions) - len(got)
    tail = book_versions[skipped:]
    for i, (version, (values, origin, ended)) in enumerate(zip(tail, got)):
        if version.values != values:
            return None, f"version {i + 1}: {unlike(values, version.values)}"
        if version.how != ended:
            return None, f"version {i + 1} ended by {ended}, not {version.how}"
    low = book_versions[skipped - 1].ended if skipped else 0
    high = tail[0].ended - 1 if tail else NEVER
    if not tail:
        return (low, high), None
    if got[0][1] == "snapshot":
        low = max(low, tail[0].begun)
    else:
        high = min(high, tail[0].begun - 1)
    return (low, high), None


def ends(book_versions, got):
    """The same where images are not whole: why they are no end of the book's; None: they are."""
    if len(got) > len(book_versions):
        return f"{len(got)} versions, committed were {len(book_versions)}"
    for i, (version, (values, origin, ended)) in enumerate(zip(book_versions[len(book_versions) - len(got):], got)):
        only_its_end = i == 0 and origin == "snapshot" and ended and sum(v is not None for v in values.values()) == 1
        if version.values != values and not only_its_end:
            return f"version {i + 1}: {unlike(values, version.values)}"
        if version.how != ended:
            return f"version {i + 1} ended by {ended}, not {version.how}"
    return None


def verdict(replica, book, whole=True):
    """(what is wrong as lines, the transaction the copy began after)"""
    versions, registered, rows = replica_versions(replica)
    low, high, wrong = 0, NEVER, []
    for name in BANK:
        for key in set(versions[name]) - set(book.keys[name]):
            wrong.append(f"{name} {key}: never committed")
        live = book.live(name)
        for key in sorted(set(live) | set(rows[name])):
            if live.get(key) != rows[name].get(key):
                wrong.append(f"{name} {key}: {unlike(rows[name].get(key), live.get(key))}")
        for key, committed in book.keys[name].items():
            got = versions[name].get(key, [])
            span, why = fits(committed, got) if whole else ((0, NEVER), ends(committed, got))
            if why:
                wrong.append(f"{name} {key}: {why}")
            else:
                low, high = max(low, span[0]), min(high, span[1])
    if low > high:
        wrong.append(f"no one beginning fits all keys: after {low} by some, before {high + 1} by others")
    return wrong + (registrations(book, registered, low) if whole else some_registrations(book, registered)), low


def registrations(book, registered, began):
    """What is wrong with them."""
    wanted = {}
    for key in book.first:
        seen = [v for v in life(book, key) if v.ended > began]
        if seen:  # those before the copy began are not known to it
            first = min(seen, key=lambda v: (v.begun, v.ended))
            wanted[key] = (first.values["store_id"], first.values["registered_at"])
    return [f"registration of {key}: {registered.get(key)}, committed {wanted.get(key)}" for key in sorted(set(wanted) | set(registered)) if registered.get(key) != wanted.get(key)]


def some_registrations(book, registered):
    """One for each that lives, of a version it had; of one that ended unseen nothing is known, and it may have come again."""
    wrong, live = [], book.live("customer")
    for key in sorted(set(live) | set(registered)):
        versions = life(book, key)
        known = [(v.values["store_id"], v.values["registered_at"]) for v in versions] + [(None, None)] * any(v.how == "delete" for v in versions)
        if registered.get(key) not in known:
            wrong.append(f"registration of {key}: {registered.get(key)}, committed were {known}")
    return wrong


def life(book, key):
    """Every version of the customer who now has this key, under the keys they had, oldest first."""
    out = []
    while key is not None:
        out = book.keys["customer"].get(key, []) + out
        key = book.moved.get(key)
    return out


def judge(t, replica, book, name, whole=True):
    wrong, began = verdict(replica, book, whole)
    return t.ok(not wrong, f"{name}: rows, versions and registrations are those committed", f"{book.commits} transactions, the copy began after {began}\n" + "\n".join(wrong[:25]) +
                f"\n{len(wrong)} in all; anomalies {ask(replica, 'SELECT * FROM td_anomaly LIMIT 5')}")
