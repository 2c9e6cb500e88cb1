"""What scenarios on real servers share: models, the program as a service, how far it is, and what its replica holds.

    from stage import *              brings tests/cli/desk.py and proxy.py along
    with Server() as s, follow(s.url(), replica, model) as service:
        s.sql(...)
        service.until_live()
        service.until("SELECT count(*) FROM customer", 3)
    differences(s, replica, BANK)    rows of the source that the replica has not, and the other way round

A wait that ends at its bound says what the replica's status was and what the service said.

Which server it is, is that server's own affair. The server.py of each folder has a class Server with

    sql(text, database), session(database=), url(database=), tcp_url(port, database=)
    followed(name, tables)           a database with these tables, which the program's account may follow
    bank(name)                       the same with the tables of BANK, in a database that may be there
    rows(table, columns, database)   all rows as lists of text, times in UTC
    writer(database)                 a client with run, cell and drop, for literals in standard SQL
    errors, lost(error)              what a statement may raise; whether it says that the connection is gone
    start, stop, kill9, restart, pause, go_on, alive
"""

import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403
import desk as desk_  # noqa: E402
from proxy import Listener, Proxy  # noqa: E402,F401

# The bank of data/models/demography.model: who its tables, keys and columns are.
BANK = {
    "customer": ("customer_info", "cif", ("cif", "name", "birthdate", "gender", "address", "city", "country", "email", "phone", "store_id",
                                          "registered_at", "changed_by")),
    "product": ("bank_product", "productid", ("productid", "cif", "producttype", "opendate", "status")),
    "asset": ("customer_asset", "assetid", ("assetid", "cif", "assettype", "assetvalue", "valuation_date")),
    "store": ("store", "store_id", ("store_id", "name", "city")),
}


def entity(name, table, key, columns, /, kind="detail", **rules):
    """A section of a model: columns are {"name": "type"}."""
    lines = [f"[entity {name}]", f"kind = {kind}", f"title = {name.capitalize()}", f"table = {table}", f"key = {key}"]
    lines += [f"{rule} = {value}" for rule, value in rules.items() if value]
    lines += [f"column.{c} = {c.capitalize()} | {type_}" for c, type_ in columns.items()]
    return "\n".join(lines) + "\n"


def write_model(name, *entities, zone="UTC"):
    with open(path(name), "w", encoding="utf-8") as file:
        file.write(f"[model]\nname = {name.partition('.')[0]}\ntitle = A test\nzone = {zone}\n\n" + "\n".join(entities))
    return path(name)


def fresh(name):
    """The path of a replica that is not there."""
    for suffix in ("", "-wal", "-shm", ".lock", ".request"):
        if os.path.exists(path(name) + suffix):
            os.unlink(path(name) + suffix)
    return path(name)


def once(url, replica, model=None, *more, **how):
    """ingest --once: to the end the source had at the start."""
    return desk("ingest", "--once", "--source", url, "--replica", replica, *(("--model", model) if model else ()), *more, **how)


def must(result, *statuses):
    if result.status not in (statuses or (0,)):
        raise RuntimeError(f"not what was to happen: {result}")
    return result


# ---- what a replica holds, read as any program may ----

def ask(replica, sql, *parameters):
    """All rows; None while there is nothing to read."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{replica}?mode=ro", uri=True, timeout=desk_.BOUND)) as db:
            return db.execute(sql, parameters).fetchall()
    except sqlite3.Error:
        return None


def value(replica, sql, *parameters):
    rows = ask(replica, sql, *parameters)
    return rows[0][0] if rows else None


def state(replica):
    return value(replica, "SELECT state FROM td_status")


def status(replica):
    answer = desk("status", "--replica", replica, "--json")
    return answer.json() if answer.status == 0 else None


def counts(replica, name):
    return status(replica)["replica"][name]


def exported(replica, name):
    """{key: values} of an entity, as `export` tells it."""
    lines = must(desk("export", "--entity", name, "--replica", replica, "--json")).lines()
    return {json.dumps(line["key"]): line["values"] for line in lines}


def dumped(replica, *more):
    return must(desk("dump", "--replica", replica, "--json", *more)).lines()


def versions(replica, cif, name="customer"):
    """Oldest first."""
    answer = desk("history", str(cif), "--entity", name, "--replica", replica, "--json")
    return answer.json()["versions"][::-1] if answer.status == 0 else []


def look(replica, cif):
    return must(desk("lookup", str(cif), "--replica", replica, "--json"), 0, 1, 4).json()


# ---- comparison ----

def plain(text, column_type=""):
    """A value of the program or of the server in one common form, for the simple types these tests use."""
    if text is None:
        return None
    text = str(text)
    if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", text):
        text = text.replace("T", " ").rstrip("Z")
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text


def source_rows(server, table, columns, key, database="bank"):
    """{key: [values]} by SELECT."""
    keys = key.split(", ")
    at = [columns.index(k) for k in keys]
    return {json.dumps(row[at[0]] if len(at) == 1 else [row[i] for i in at]): [plain(v) for v in row] for row in server.rows(table, columns, database)}


def differences(server, replica, entities, database="bank"):
    """What the replica's rows and the source's do not share, as lines; entities: {name: (table, key, columns)}."""
    found = []
    for name, (table, key, columns) in entities.items():
        wanted = source_rows(server, table, columns, key, database)
        got = {k: [plain(v[c]) if c in v else "(absent)" for c in columns] for k, v in exported(replica, name).items()}
        found += [f"{name} {k}: source {wanted.get(k)}, replica {got.get(k)}" for k in sorted(set(wanted) | set(got)) if wanted.get(k) != got.get(k)]
    return found


def whole(t, replica, name, server=None, entities=None, against=True):
    """Nothing wrong inside, nothing that differs from the source: by its own check, and by ours."""
    inside = desk("check", "--replica", replica)
    outside = desk("check", "--against-source", "--replica", replica) if against else None
    other = differences(server, replica, entities) if server else []
    return t.ok(inside.status == 0 and (not against or outside.status == 0) and not other, name,
                f"check: {inside}\nagainst the source: {outside}\nby our own comparison: " + "\n".join(other[:20]))


# ---- the program as a service ----

class Service:
    """`ingest`, followed by a test. What it says goes to a file, so that it never waits for a reader."""

    def __init__(self, url, replica, model=None, more=(), environment=None, prefix=(), limits=None):
        self.words = [*prefix, PROGRAM, "ingest", "--source", url, "--replica", replica, *(("--model", model) if model else ()), *more]
        self.replica, self.environment, self.limits = replica, dict(ENVIRONMENT, **(environment or {})), limits
        self.process, self.file = None, path(f"service-{os.path.basename(replica)}.log")
        self.start()

    def start(self):
        with open(self.file, "ab") as log:
            self.begun = log.tell()
            self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, cwd=FOLDER,
                                            preexec_fn=self.limits)
        return self

    @property
    def pid(self):
        return self.process.pid

    @property
    def alive(self):
        return self.process.poll() is None

    def said(self, all_=False):
        with open(self.file, "rb") as file:
            file.seek(0 if all_ else self.begun)
            return file.read().decode("utf-8", "replace")

    def kill9(self):
        self.process.kill()
        self.process.wait()

    def terminate(self, number=signal.SIGTERM):
        """(exit status, seconds it took)"""
        self.wait(lambda: self.listens(number), "a process that has said what is to happen at a signal")
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=desk_.BOUND)
        return self.process.returncode, time.monotonic() - begun

    def listens(self, number):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            caught = next(line for line in file if line.startswith("SigCgt"))
        return int(caught.split()[1], 16) >> (number - 1) & 1 == 1

    def restart(self):
        if self.alive:
            self.terminate()
        return self.start()

    def wait(self, condition, what, bound=None):
        end = time.monotonic() + (bound or desk_.BOUND)
        pause = 0.005
        while not condition():
            if not self.alive or time.monotonic() > end:
                why = "the service has ended" if not self.alive else "time is up"
                raise TimeoutError(f"{what}: {why}; status {json.dumps(status(self.replica))}; it said: {self.said()[-3000:]}")
            time.sleep(pause)
            pause = min(pause * 1.2, 0.05)

    def until(self, sql, wanted, what=None, bound=None):
        self.wait(lambda: value(self.replica, sql) == wanted, what or f"{sql} to be {wanted!r} (is {value(self.replica, sql)!r})", bound)

    def until_state(self, *states, bound=None):
        """Said by this process, not left by one before it."""
        self.wait(lambda: value(self.replica, "SELECT state FROM td_status WHERE pid = ?", self.pid) in states, f"state {' or '.join(states)}", bound)

    def until_live(self, bound=None):
        self.until_state("live", bound=bound)

    def peak(self):
        """The most memory it ever had, in bytes."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


@contextlib.contextmanager
def follow(url, replica, model=None, more=(), **how):
    service = Service(url, replica, model, more, **how)
    try:
        yield service
    finally:
        if service.alive:
            service.kill9()


def caught_up(t, service, server, replica, entities, name):
    """Waits until replica and source hold the same rows, while the service runs; says what differs where they never do."""
    end = time.monotonic() + desk_.BOUND
    while True:
        other = differences(server, replica, entities) if state(replica) else ["no replica"]
        if not other or time.monotonic() > end or not service.alive:
            return t.ok(not other, name, "\n".join([*other[:20], json.dumps(status(replica)), service.said()[-2000:]]))
        time.sleep(0.05)


def sanitized():
    """Whether the program is built with a sanitizer: memory and times are then others."""
    with open(PROGRAM, "rb") as file:
        return b"__asan_init" in file.read() or b"__tsan_init" in open(PROGRAM, "rb").read()
