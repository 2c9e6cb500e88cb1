"""One thing that may happen to a bank's tables: a database of its own, a replica, and a service that follows.

    with Scenario(t, server, "emptied", ROWS) as f:
        f.sql("TRUNCATE TABLE account")
        f.sync()                       the replica has all that was committed until now
        f.equal(f.ended("account"), ["truncate"] * 30, "every row ended")
        f.same()                       and is what the source is
    play(t, server, [emptied, ...])    each scenario is a function of these two
"""

from stage import *  # noqa: F403

CUSTOMER = entity("customer", "customer", "cif", {"cif": "integer", "name": "text", "note": "text", "tier": "text"}, kind="customer", name="name",
                  optional="note, tier")
ACCOUNT = entity("account", "account", "id", {"id": "integer", "cif": "integer", "balance": "decimal(2)", "kind": "text"}, cif="cif", optional="kind")
MARK = entity("mark", "mark", "n", {"n": "integer", "cif": "integer"}, kind="event", cif="cif")
SHAPES = {
    "customer": ("customer", "cif", ("cif", "name", "note")),
    "account": ("account", "id", ("id", "cif", "balance", "kind")),
    "mark": ("mark", "n", ("n", "cif")),
}


# Of the simple types that every server has.
TABLES = """
CREATE TABLE customer (cif BIGINT PRIMARY KEY, name VARCHAR(80), note VARCHAR(80));
CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2), kind VARCHAR(20));
CREATE TABLE mark (n INT PRIMARY KEY, cif BIGINT);
"""
ROWS = "INSERT INTO customer (cif, name, note) VALUES " + ", ".join(f"({i}, 'Name {i}', NULL)" for i in range(1, 11)) + \
       "; INSERT INTO account VALUES " + ", ".join(f"({i}, {1 + i % 10}, {i}.50, 'giro')" for i in range(1, 31))


class Scenario:
    """A database, filled and copied, and a service that follows it."""

    def __init__(self, t, server, name, sql="", entities=(), shapes=None, tables=TABLES, **how):
        self.t, self.server, self.name, self.marks = t, server, name, 0
        server.followed(name, tables + sql)
        self.model = write_model(f"{name}.model", CUSTOMER, ACCOUNT, MARK, *entities)
        self.replica, self.url, self.how = fresh(f"{name}.db"), server.url(database=name), how
        self.shapes = dict(SHAPES, **(shapes or {}))

    def __enter__(self):
        self.service = Service(self.url, self.replica, self.model, **self.how)
        try:
            self.service.until_state("live", "refused")
            if state(self.replica) == "refused":
                raise RuntimeError(f"refused: {status(self.replica)['sources'][0]}")
        except (TimeoutError, RuntimeError):
            self.service.kill9()
            raise
        return self

    def __exit__(self, kind, error, _):
        if self.service.alive:
            self.service.kill9()
        if kind and issubclass(kind, (TimeoutError, RuntimeError, KeyError, TypeError, IndexError, *self.server.errors)):
            self.t.ok(False, f"{self.name}: comes to its end", f"{kind.__name__}: {error}\nline {_.tb_lineno}")
            return True
        return False

    def sql(self, text):
        return self.server.sql(text, self.name)

    def session(self):
        return self.server.session(database=self.name)

    def sync(self):
        """Returns when the replica has all that was committed until now."""
        self.marks += 1
        self.sql(f"INSERT INTO mark VALUES ({self.marks}, 0)")
        self.service.until(f"SELECT count(*) FROM mark WHERE n = {self.marks}", 1, f"{self.name}: mark {self.marks}")

    def ok(self, condition, name, shown=None):
        return self.t.ok(condition, f"{self.name}: {name}", shown)

    def equal(self, got, wanted, name, shown=""):
        return self.t.equal(got, wanted, f"{self.name}: {name}", shown)

    def same(self, name="the replica is what the source is"):
        """After sync: by every row, by both checks, without a surprise."""
        other = differences(self.server, self.replica, self.shapes, self.name)
        inside, outside = desk("check", "--replica", self.replica), desk("check", "--against-source", "--replica", self.replica)
        surprises = ask(self.replica, "SELECT * FROM td_anomaly LIMIT 5")
        return self.ok(not other and inside.status == 0 and outside.status == 0 and not surprises, name,
                       "\n".join([*other[:20], str(inside), str(outside), f"anomalies {surprises}", self.service.said()[-1500:]]))

    def column(self, sql):
        return [row[0] for row in ask(self.replica, sql) or []]

    def ended(self, table, where="1"):
        """How the closed versions of an entity ended, in order."""
        words = ("", "update", "delete", "truncate", "key_change", "cascade", "resync", "repair")
        rows = ask(self.replica, f"SELECT ended_by FROM {table}_versions WHERE ended_by IS NOT NULL AND {where} ORDER BY valid_to, seq")
        return [r[0] if isinstance(r[0], str) else words[r[0]] for r in rows or []]

    def refused(self, name, *words):
        """The service says that a person must decide, why and what to do; --once ends with 8."""
        self.service.until_state("refused")
        shown = status(self.replica)
        text = f"{shown['sources'][0]['error']} {shown['sources'][0]['hint']}"
        missing = [w for w in words if not re.search(w, text, re.I)]
        self.ok(not missing and shown["sources"][0]["hint"], f"{name}: refused, with why and what to do", f"missing {missing} in: {text}")
        self.service.terminate()
        done = once(self.url, self.replica)
        return self.ok(done.status == 8 and "hint:" in done.err, f"{name}: a batch ends with 8", done)

    def mended(self, *more):
        """resync, and it follows again."""
        done = desk("resync", "--replica", self.replica, "--source", self.url, *more, "--json")
        self.ok(done.status == 0, "a resync mends it", done)
        self.service.start()
        self.service.until_live()
        self.sync()


def play(t, server, scenarios):
    """One that does not come to its beginning is told, and the next begins."""
    for scenario in scenarios:
        try:
            begun = time.monotonic()
            scenario(t, server)
            print(f"# {scenario.__name__}: {time.monotonic() - begun:.1f} s", flush=True)
        except (TimeoutError, RuntimeError, *server.errors) as error:
            t.ok(False, f"{scenario.__name__}: begins", error)
