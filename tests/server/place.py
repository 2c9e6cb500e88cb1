"""One server with a small bank, copied, and a service that follows it: what the tests of a server's log stand on.

    with Place(t, Server("rotated", ...)) as p:
        p.change()                     one of its customers gets another phone number
        p.sync()                       the same, and the replica has it
        p.same(gaps=1)                 the replica is what the source is, by both checks
        p.refused("a lost log", "purged", mend=())   a person must decide: why, what to do, and that it helps

proxied=True: the program reaches the server through p.proxy. p.server may be replaced by another; those in p.others are
removed with it.
"""

from proxy import Proxy
from stage import *  # noqa: F403

ROWS = "INSERT INTO store VALUES ('S1', 'One', 'A'), ('S2', 'Two', 'B');" + \
    "INSERT INTO customer_info (cif, name, phone, store_id, registered_at) VALUES " + \
    ", ".join(f"({i}, 'Name {i}', '{i}', 'S{1 + i % 2}', '2026-01-01 00:00:{i:02d}')" for i in range(1, 31)) + ";"


class Place:
    def __init__(self, t, server, proxied=False):
        self.t, self.server, self.name = t, server, os.path.basename(server.folder)
        server.bank()
        server.sql(ROWS, "bank")
        self.proxy = Proxy(("127.0.0.1", server.port)) if proxied else None
        self.replica, self.turn = fresh(f"{self.name}.db"), 0
        self.url = server.tcp_url(self.proxy.port) if proxied else server.url()
        self.others = []

    def __enter__(self):
        self.service = Service(self.url, self.replica)
        try:
            self.service.until_live()
        except TimeoutError:
            self.service.kill9()
            raise
        return self

    def __exit__(self, kind, error, trace):
        if self.service.alive:
            self.service.kill9()
        if self.proxy:
            self.proxy.close()
        for server in (self.server, *self.others):
            server.remove()
        if kind and issubclass(kind, (TimeoutError, RuntimeError, KeyError, TypeError, IndexError, OSError, *self.server.errors)):
            self.t.ok(False, f"{self.name}: comes to its end", f"{kind.__name__}: {error}\nline {trace.tb_lineno}")
            return True
        return False

    def sql(self, text):
        return self.server.sql(text, "bank")

    def change(self):
        self.turn += 1
        self.sql(f"UPDATE customer_info SET phone = 'turn {self.turn}' WHERE cif = {1 + self.turn % 30}")

    def sync(self, what="the change"):
        self.change()
        self.service.until(f"SELECT count(*) FROM customer WHERE phone = 'turn {self.turn}'", 1, f"{self.name}: {what}")

    def ok(self, condition, name, shown=None):
        return self.t.ok(condition, f"{self.name}: {name}", shown)

    def equal(self, got, wanted, name, shown=""):
        return self.t.equal(got, wanted, f"{self.name}: {name}", shown)

    def same(self, name="the replica is what the source is", gaps=0):
        whole(self.t, self.replica, f"{self.name}: {name}", self.server, BANK)
        return self.equal(counts(self.replica, "gaps"), gaps, f"{name}: gaps", status(self.replica))

    def error(self):
        """What the status says went wrong, and what to do."""
        source = status(self.replica)["sources"][0]
        return f"{source['error']} {source['hint']}"

    def refused(self, name, *words, mend=("--accept-server",), batch=True):
        self.service.until_state("refused")
        text, hint = self.error(), status(self.replica)["sources"][0]["hint"]
        missing = [w for w in words if not re.search(w, text, re.I)]
        self.ok(not missing and hint, f"{name}: refused, with why and what to do", f"missing {missing} in: {text}")
        self.ok(desk("lookup", "1", "--replica", self.replica).status in (0, 4), f"{name}: questions are answered")
        self.service.terminate()
        if batch:
            done = once(self.url, self.replica)
            self.ok(done.status == 8 and "hint:" in done.err, f"{name}: a batch ends with 8", done)
        if mend is not None:
            done = desk("resync", "--replica", self.replica, "--source", self.url, *mend, "--json")
            self.ok(done.status == 0 and done.json()["gap"], f"{name}: a resync mends it, and records the gap", done)
            self.service.start()
            self.service.until_live()
            self.sync()
