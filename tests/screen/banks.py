"""Banks for the matrix of screens: every kind of text in every column, nothing, one row, or more than fits.

    bank = make("controls", "overflow")
    bank.replica, bank.now          a copied replica; the moment to look at it
    bank.customer, bank.products    the rows as the bank holds them: column -> bytes, int or None
"""

import datetime
import functools
import os
import shutil
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403

JAKARTA = datetime.timezone(datetime.timedelta(hours=7))  # of the model
CIF = 1001  # of the first customer: the one that is looked at
MANY = 300
AMOUNTS = {"empty": 0, "one": 1, "overflow": MANY}
C1 = "".join(map(chr, range(0x80, 0xa0)))

TEXTS = {
    "ascii": b"plain text",
    "cjk": "東京都千代田区 山田　様".encode(),
    "marks": ("e\u0301" * 5 + "a\u0323\u0308 o\u0302\u0301 n\u0303").encode(),
    "rtl": "שלום עולם مرحبا بالعالم".encode(),
    "astral": "\U0001f600 \U00020bb7\U00020bb7 \U0001d4b3\U0001d4b4 \U0001f469".encode(),
    "invalid": b"bad \xff\xfe \xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82 end",
    "c0": bytes(range(0x01, 0x20)) + b"\x7f\x00 end",
    "c1": C1.encode() + bytes(range(0x80, 0xa0)) + b" end",
    "formats": "\u202eabc\u2066def\u200bghi\ufeff\u2028jkl\u2029\u061c\u00ad\ufe0f\u2060 end".encode(),
    "long": b" ".join(b"%%s%03d" % i for i in range(200)),  # more than 1,000 characters, the words of a column its own
    "stack": ("Z" + "\u0300" * 300 + " end").encode(),
}

CUSTOMER = ("name", "birthdate", "gender", "address", "city", "country", "email", "phone", "store_id", "registered_at", "changed_by")
TITLES = {"name": "Name", "birthdate": "Birth date", "gender": "Gender", "address": "Address", "city": "City", "country": "Country",
          "email": "E-mail", "phone": "Phone", "store_id": "Store", "registered_at": "Registered", "changed_by": "Changed by"}
PRODUCT = {"productid": "Product no.", "producttype": "Product", "opendate": "Opened", "status": "Status"}
ASSET = {"assetid": "Asset no.", "assettype": "Asset", "assetvalue": "Value", "valuation_date": "Valued at"}
STORE = {"store_id": "Store", "name": "Name", "city": "City"}
# Where a value of the kind would be another thing: only bytes that no date and no amount can hold are put there.
TYPED = ("birthdate", "registered_at", "opendate", "valuation_date", "assetvalue")
LONG = ("S", "Branch", "Zeta", "ad", "pr", "st", "as")  # the columns with values that take many rows; all of them would fill books
EVERYWHERE = ("c0", "c1", "invalid", "formats")


class Bank:
    def __init__(self, text, amount):
        self.text, self.amount, self.count = text, amount, AMOUNTS[amount]
        self.file, self.replica = path(f"{text}-{amount}.bank"), path(f"{text}-{amount}.db")
        self.at = datetime.datetime.now(JAKARTA).replace(microsecond=0)
        self.stores = [self.store(i) for i in range(self.count)]
        self.customers = [self.person(i) for i in range(max(self.count, 1))]
        self.products = [self.product(i) for i in range(self.count)]
        self.assets = [self.asset(i) for i in range(self.count)]
        self.changes = self.count

    def word(self, tag, i=0):
        """The text in one column: its own word in front, so that a value is known again; or nothing but the text."""
        front = tag.encode() + (b"%d " % i if i else b" ") if tag else b""
        if self.text in ("long", "stack") and tag not in LONG:
            return front + TEXTS["ascii"]
        if self.text == "long":
            return front + TEXTS["long"].replace(b"%s", tag[:2].lower().encode())
        # A key is the text up to a NUL, for whoever looks it up.
        return front + (TEXTS[self.text].replace(b"\0", b"") if tag == "S" else TEXTS[self.text])

    def typed(self, tag, plain, i=0):
        return self.word(tag, i) if self.text in EVERYWHERE else plain.encode()

    def stamp(self, minutes):
        return (self.at - datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S").encode()

    def store(self, i):
        return {"store_id": self.word("S", i), "name": self.word("Branch", i), "city": self.word("")}

    def person(self, i):
        """Every second one was registered in the first store."""
        store = self.stores[0 if i % 2 == 0 else i % len(self.stores)]["store_id"] if self.stores else None
        return {"cif": CIF + i, "name": self.word("Zeta", i), "birthdate": self.typed("bi", "1961-07-02", i),
                "gender": self.word("ge", i), "address": self.word("ad", i), "city": self.word(""), "country": self.word("co", i),
                "email": self.word("em", i), "phone": self.word("ph", i), "store_id": store,
                "registered_at": self.stamp(i % 55), "changed_by": self.word("by", i)}

    def product(self, i):
        return {"productid": 7000 + i, "producttype": self.word("pr", i), "opendate": self.typed("op", "2009-03-11", i),
                "status": self.word("st", i)}

    def asset(self, i):
        return {"assetid": 31000 + i, "assettype": self.word("as", i), "assetvalue": self.typed("va", f"{1250 + i}.50", i),
                "valuation_date": self.typed("vd", "2026-10-01", i)}

    @property
    def customer(self):
        """As it is now: every change gave it another address."""
        return dict(self.customers[0], address=self.address(self.changes))

    def address(self, change):
        return self.word("ad", 9000 + change) if change else self.customers[0]["address"]

    def build(self):
        template = template_bank()
        shutil.copy(template, self.file)
        with contextlib.closing(sqlite3.connect(self.file, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = off")
            db.execute("PRAGMA ignore_check_constraints = 1")
            db.execute("BEGIN")
            for table, rows in (("store", self.stores), ("customer_info", self.customers),
                                ("bank_product", [dict(p, cif=CIF) for p in self.products]),
                                ("customer_asset", [dict(a, cif=CIF) for a in self.assets])):
                for row in rows:
                    insert(db, table, row)
            db.execute("COMMIT")
        self.copy()
        with contextlib.closing(sqlite3.connect(self.file, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = off")
            for change in range(1, self.changes + 1):
                db.execute("UPDATE customer_info SET address = CAST(? AS TEXT) WHERE cif = ?", (self.address(change), CIF))
        if self.changes:
            self.copy()
        self.now = datetime.datetime.fromtimestamp(time.time() + 1, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self

    def copy(self):
        done = desk("ingest", "--once", "-q", "--source", f"bank:{self.file}", "--replica", self.replica)
        if done.status != 0:
            raise RuntimeError(f"ingest: {done}")

    def then(self):
        """A moment at which the customer was as first copied."""
        with contextlib.closing(sqlite3.connect(self.replica)) as db:
            first = db.execute("SELECT _valid_from, _valid_to FROM customer_history WHERE cif = ? AND _version = 1", (CIF,)).fetchone()
            if not first:
                first = db.execute("SELECT _valid_from, _valid_from + 2 FROM customer WHERE cif = ?", (CIF,)).fetchone()
        at = (first[0] + first[1]) // 2
        return datetime.datetime.fromtimestamp(at // 1000000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{at % 1000000:06d}Z"


def insert(db, table, row):
    """Bytes become text, whatever they are."""
    values = ", ".join("CAST(? AS TEXT)" if isinstance(v, bytes) else "?" for v in row.values())
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})", list(row.values()))


@functools.cache
def template_bank():
    """A bank without a row."""
    bank = path("template.bank")
    made = desk("generate", "--to", f"bank:{bank}", "--customers", "1", "--delay", "0s")
    if made.status != 0:
        raise RuntimeError(f"generate: {made}")
    write_bank(bank, *[f"DELETE FROM {table}" for table in ("customer_info", "bank_product", "customer_asset", "store", "bank_change")])
    return bank


@functools.cache
def make(text, amount):
    return Bank(text, amount).build()
