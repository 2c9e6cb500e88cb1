#!/usr/bin/python3
"""Every screen, with nothing, one row and more than fits, at every size, with every kind of text, on every terminal.

    matrix.py [--list]          --list: the combinations, and nothing is run

A combination is one console that is led through all screens at all sizes; of what the combinations are made of, every two
values meet (pairs.py). What each screen must show is compared with what the bank holds (banks.py), read from the screen as
a person reads it (eyes.py). Then some are run twice, with one thing different, and the two must tell the same.
"""

import os
import re
import sys

from banks import AMOUNTS, ASSET, CIF, PRODUCT, STORE, TEXTS, TITLES, make
from desk import *  # noqa: F403
from eyes import ELLIPSIS, WORDS, cells, faults, holds, is_cut_of, shown, wrapped
from pairs import pairs
from play import Script

SIZES = ((80, 24), (60, 16), (120, 40), (200, 60))
TYPED = ("Opened", "Valued at", "Value")
DIMENSIONS = {"text": list(TEXTS), "amount": list(AMOUNTS), "term": ["xterm-256color", "screen", "linux", "vt100", "dumb", "unknown"],
              "color": [True, False], "ascii": [False, True], "accessible": [False, True]}
PAGES = {"long": 16, "stack": 7, "c0": 7, "c1": 7}  # of a record that is longer than its part of the screen
TABS = (("g2", "products", "productid", PRODUCT), ("g3", "assets", "assetid", ASSET))


# ---- the way through all screens ----

def pages(bank):
    return PAGES.get(bank.text, 4)


def tour(bank, size, script):
    """Goes to every screen and takes a shot of each; home first."""
    def shot(screen):
        script.shot(f"{screen} {size[0]}x{size[1]}")

    def paged(screen):
        for page in range(pages(bank)):
            shot(f"{screen} {page}")
            script.keys("F8").idle()

    script.keys("F2 find Enter", "F4 Ctrl-F").idle()
    shot("find")
    script.keys("qqqq").idle()
    shot("find nobody")
    script.keys("Ctrl-F zeta").idle()
    shot("find list")
    script.keys("End").idle()
    shot("find end")
    customer(script, shot, paged)
    script.keys("g1", 'F2 ":asof ' + bank.then() + '" Enter').idle()
    paged("asof")
    script.keys("g2").idle()
    shot("asof products")
    script.keys("F2 find Enter", "F6").idle()
    shot("find recent")
    script.keys("F2 stor Enter").idle()
    shot("stor")
    script.keys("End").idle()
    shot("stor end")
    script.keys("Home Enter").idle()
    shot("drill")
    script.keys("Esc").idle()
    script.keys("F2 lag Enter").idle()
    shot("lag")
    script.keys("?").idle()
    shot("help")
    script.keys("F2 find Enter")


def customer(script, shot, paged):
    script.keys(f'F2 ":cif {CIF}" Enter').idle()
    paged("cif")
    for key, tab, _, _ in TABS:
        script.keys(key).idle()
        shot(tab)
        script.keys("End").idle()
        shot(f"{tab} end")
    script.keys("g2 Home Enter").idle()
    paged("record")
    script.keys("g4").idle()
    shot("hist")
    script.keys("End").idle()
    shot("hist end")
    script.keys("Home Enter").idle()
    paged("version")


# ---- what the screens must show ----

def raw(value):
    return value if isinstance(value, bytes) else str(value).encode()


class Look:
    """The screens of one tour at one size, and what is wrong with them."""

    def __init__(self, bank, options, screens, size):
        self.bank, self.ascii, self.accessible = bank, options["ascii"], options["accessible"]
        self.size, self.wrong = size, []
        self.screens = {name.rsplit(" ", 1)[0]: s for name, s in screens.items() if name.endswith(" %dx%d" % size)}

    def get(self, name):
        return self.screens[name]

    def pages(self, name):
        return [self.screens[f"{name} {page}"] for page in range(pages(self.bank))]

    def must(self, condition, name, what):
        if not condition:
            self.wrong.append(f"{self.screens[name]}\n{what}")

    def holds(self, name, value, what):
        screens = self.pages(name) if f"{name} 0" in self.screens else [self.get(name)]
        if not holds(screens, value, self.ascii, 3):
            self.wrong.append("\n".join(map(str, screens)) + f"\n{what} is not there: {shown(value, self.ascii)}")

    def codes(self):
        for name, screen in self.screens.items():
            code = {"find": ("FIND",), "stor": ("STOR",), "drill": ("STOR",), "lag": ("LAG",), "help": ("HELP",), "hist": ("HIST",),
                    "version": ("HIST",), "asof": ("CIF", "ASOF")}.get(name.split()[0], ("CIF",))
            self.must(screen.code in code, name, f"the code is not {code[0]}")

    def faults(self):
        for name, screen in self.screens.items():
            for fault in faults(screen, self.ascii, self.accessible):
                self.must(False, name, fault)

    # -- tables --

    def table(self, name, rows, titles, key, place):
        """rows: those of the bank, in order. Each row on the screen is one of them, every value in its column."""
        screen = self.get(name)
        if not rows:
            self.must(any(WORDS.search(row) for row in screen.body), name, "an empty table says no word")
            self.must(screen.place() is None or screen.place()[1] == 0, name, "what is not there is counted")
            return
        table = screen.table(titles[key])
        if not table or not table.rows:
            self.must(False, name, f"no table with a column {titles[key]}")
            return
        self.must(screen.place() == place, name, f"the place is not {place}")
        by_key = {self.fitted(screen, table, titles[key], row[key]): row for row in rows}
        for y in table.rows:
            row = by_key.get(screen.cell(table, y, titles[key]))
            if row is None:
                self.must(False, name, f"row {y} is none of the bank")
                continue
            for column, title in titles.items():
                if table.column(title):
                    self.cell(name, table, y, title, row[column])

    def fitted(self, screen, table, title, value):
        whole = self.plain(value)
        _, w = table.column(title)
        if cells(whole) <= w:
            return whole.rstrip(" ")
        out = ""
        for c in whole:
            if cells(out + c) > w - 1:
                break
            out += c
        return (out + ELLIPSIS[self.ascii]).rstrip(" ")

    def plain(self, value):
        return shown(raw(value), self.ascii)

    def cell(self, name, table, y, title, value):
        screen = self.get(name)
        x, w = table.column(title)
        last = x == max(place[0] for place in table.columns.values())
        text = screen.text(y, x, w).rstrip()
        # A name is put together from columns; what ends a text there is a blank.
        if title == "Name" and isinstance(value, bytes):
            value = value.replace(b"\0", b" ") if b"\0" in value and " end" in text else value
        whole = self.plain(value)
        self.must(text.strip() == whole.strip() or is_cut_of(text, whole, w, self.ascii) or
                  self.misfit(text, whole, title, w), name, f"row {y}, {title} is {text!r}, not {whole!r} in {w} cells")
        if not last:
            self.must(not screen.text(y, x + w, 1).strip(), name, f"row {y}: {title} runs into the next column")

    def misfit(self, text, whole, title, room):
        """A value that is none of its type is shown with a word on that."""
        return title in TYPED and any(is_cut_of(text, f"{whole} ({word})", room, self.ascii) for word in ("no date", "no decimal number"))

    # -- screens --

    def find(self):
        count = len(self.bank.customers)
        rows = [{"cif": c["cif"], "name": c["name"]} for c in self.bank.customers]
        titles = {"cif": "CIF", "name": "Name"}
        self.must(any(re.search(r"\bType\b|\bseen last\b", row) for row in self.get("find").body), "find", "home says no word")
        self.table("find nobody", [], titles, "cif", None)
        listed = min(count, 200)  # of a search; more are counted, and told
        self.table("find list", rows, titles, "cif", (1, count))
        self.table("find end", rows, titles, "cif", (listed, count))
        found = rf"\b{listed} of {count} found" if listed < count else rf"\b{count} found"
        self.must(any(re.search(found, row) for row in self.get("find list").body), "find list", f"it does not say {found}")
        self.table("find recent", [r for r in rows if r["cif"] == CIF], titles, "cif", (1, 1))

    def customer(self):
        for column, title in TITLES.items():
            value = self.bank.customer[column]
            if value is not None:
                self.holds("cif", value, title)
        self.must(str(CIF) in self.get("cif 0").rows[1], "cif 0", "the CIF is not in its field")
        more = any(row.rstrip().endswith(">") for row in self.get("cif 0").rows[3:5])  # tabs for which there is no room
        for tab, word in enumerate(("Personal", "Products", "Assets", "History")):
            self.must(more or self.get("cif 0").says(word[:4]) or self.get("cif 0").says(f"g{tab + 1}"), "cif 0", f"no tab {word}")
        for tab, titles in (("products", PRODUCT), ("assets", ASSET)):
            rows = getattr(self.bank, tab)
            count = len(rows)
            self.must(any(re.search(rf"{tab.capitalize()} {count}\b", row) for row in self.get(tab).rows) or self.size[0] < 80, tab,
                      f"the tab does not count {count}")
            key = next(iter(titles))
            self.table(tab, rows, titles, key, (1, count))
            self.table(f"{tab} end", rows, titles, key, (count, count))
        if self.bank.products:
            for column, title in PRODUCT.items():
                self.holds("record", raw(self.bank.products[0][column]), title)

    def history(self):
        versions = 1 + len(self.bank.products) + len(self.bank.assets) + self.bank.changes
        place, end = self.get("hist").place(), self.get("hist end").place()
        self.must(place == (1, versions), "hist", f"the place is not 1 of {versions}")
        self.must(end == (versions, versions), "hist end", f"the place is not {versions} of {versions}")
        if self.bank.changes:
            for change, what in ((self.bank.changes, "new"), (self.bank.changes - 1, "old")):
                self.holds("version", self.bank.address(change).split()[0], f"the {what} address")
            self.must(self.get("version 0").says("Address"), "version 0", "the field that changed is not named")

    def as_of(self):
        for name in ("asof 0", "asof products"):
            screen = self.get(name)
            y = next((y for y, row in enumerate(screen.rows) if "NOT CURRENT" in row), None)
            self.must(y is not None, name, "it does not say NOT CURRENT")
            if y is not None:
                x = screen.rows[y].index("NOT CURRENT")
                self.must(set(screen.roles[y][x:x + 11]) == {"P"}, name, f"NOT CURRENT has the roles {screen.roles[y][x:x + 11]}")
        for column in ("name", "address"):
            self.holds("asof", self.bank.customers[0][column], f"{TITLES[column]} as it was")

    def stores(self):
        rows = self.bank.stores
        titles = {"store_id": "Store", "name": "Name"}
        if not rows:
            return
        for name, at in (("stor", 1), ("stor end", len(rows))):
            self.table(name, rows, titles, "store_id", (at, len(rows)))
        screen = self.get("drill")
        if self.bank.count:
            first = self.get("stor").table("Store")
            self.must(first is None or first.selected == first.rows[0], "stor", "the first store is not selected")
        table = screen.table("CIF")
        self.must(table is not None and len(table.rows) > 0, "drill", "no registration is listed")
        self.must(screen.place() is not None and screen.place()[1] == len(self.registered()), "drill",
                  f"not {len(self.registered())} registrations")
        if table and table.column("Name"):
            by_cif = {str(c["cif"]): c for c in self.bank.customers}
            for y in table.rows:
                one = by_cif.get(screen.cell(table, y, "CIF").strip())
                self.must(one is not None, "drill", f"row {y} is no customer")
                if one:
                    self.cell("drill", table, y, "Name", one["name"])

    def registered(self):
        """Customers of the store that is listed first: the one with most registrations."""
        return [c for c in self.bank.customers if c["store_id"] == self.bank.stores[0]["store_id"]]

    def source(self):
        for words in ("Source", "Position", "Registrations"):
            self.must(self.get("lag").says(words) or self.size[1] <= 24, "lag", f"nothing of {words}")
        self.must(wrapped([self.get("lag")], f"bank:{self.bank.file}"), "lag", "the source is not named")
        for words in ("F1", "F12"):
            self.must(self.get("help").says(words), "help", f"nothing of {words}")

    def all(self):
        for look in (self.codes, self.faults, self.find, self.customer, self.history, self.as_of, self.stores, self.source):
            try:
                look()
            except KeyError as error:
                self.wrong.append(f"no screen {error}")
        return self.wrong


# ---- runs ----

def arguments(options):
    words = ["--no-ingest"]
    words += ["--ascii"] if options["ascii"] else []
    words += ["--accessible"] if options["accessible"] else []
    return words, {"NO_COLOR": ""} if options["color"] else {"NO_COLOR": "1"}


def run(options):
    bank = make(options["text"], options["amount"])
    script = Script(*SIZES[0])
    script.lines.insert(0, f"term {options['term']}")
    script.idle()
    for size in SIZES:
        script.resize(*size)
        tour(bank, size, script)
    words, environment = arguments(options)
    screens, done = script.play(*words, replica=bank.replica, environment=dict(environment, TELLERDESK_NOW=bank.now))
    return bank, screens, done


def title(options):
    return " ".join(f"{k}={v if isinstance(v, str) else 'yes' if v else 'no'}" for k, v in options.items())


def combination(t, options):
    bank, screens, done = run(options)
    if not t.ok(done.status == 0, f"{title(options)}: led through all screens", f"{done.err}\n{done.out[-6000:]}"):
        return 0
    wrong = [w for size in SIZES for w in Look(bank, options, screens, size).all()]
    t.ok(not wrong, f"{title(options)}: {len(screens)} screens show what they must", "\n".join(wrong[:5] + [f"{len(wrong)} in all"]))
    return len(screens)


def twice(t):
    """The same but for one thing: without colours, in ASCII, for who listens."""
    for text, amount in (("cjk", "one"), ("c0", "overflow"), ("ascii", "overflow"), ("stack", "one"), ("rtl", "one")):
        plain = {"text": text, "amount": amount, "term": "xterm-256color", "color": True, "ascii": False, "accessible": False}
        _, colour, _ = run(plain)
        _, mono, _ = run(dict(plain, color=False))
        t.equal({n: s.still for n, s in mono.items()}, {n: s.still for n, s in colour.items()}, f"{text}, {amount}: NO_COLOR shows the same text")
        same_values(t, plain, colour)


def same_values(t, plain, screens):
    """Without lines and in one column, the same values of the customer are told as on the normal screen."""
    bank, listened, _ = run(dict(plain, accessible=True))
    for size in SIZES:
        told = []
        for shots in (screens, listened):
            pages = [s for n, s in shots.items() if n.startswith("cif ") and n.endswith(" %dx%d" % size)]
            told.append({TITLES[c] for c, v in bank.customer.items() if c in TITLES and v is not None and holds(pages, v, least=3)})
        t.equal(told[1], told[0], f"{plain['text']}, {plain['amount']}, {size[0]}x{size[1]}: --accessible tells the same values")


def main():
    combinations = pairs(DIMENSIONS)
    for options in combinations:
        print(f"# combination: {title(options)}, each at {', '.join('%dx%d' % size for size in SIZES)}")
    if "--list" in sys.argv:
        return
    with tap() as t:
        count = sum(combination(t, options) for options in combinations)
        twice(t)
        print(f"# {len(combinations)} combinations ran, {count} screens were read")


if __name__ == "__main__":
    main()
