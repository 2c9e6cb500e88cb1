"""Commits that are in the log, and were sent to whoever follows it, before any reader may see them.

A server that waits for a replica it does not have holds each commit there for as long as a test likes:

    with server.hold("BEGIN; ...; COMMIT", database) as held:     returns when it is in the log
        held.release()                                            or at the end of the block

Whoever takes the end of its log for what reads show loses what is held; whoever reads a table then, and believes it, takes back what the
log has told already. Each scenario has a database of its own, with tables(rows) of so many customers and accounts.
"""

import random
import threading

from stage import *  # noqa: F403

CUSTOMER = entity("customer", "customer", "cif", {"cif": "integer", "name": "text", "note": "text"}, kind="customer", name="name")
ACCOUNT = entity("account", "account", "id", {"id": "integer", "cif": "integer", "balance": "decimal(2)"}, cif="cif")
SHAPES = {"customer": ("customer", "cif", ("cif", "name", "note")), "account": ("account", "id", ("id", "cif", "balance"))}

# Every kind of change, in one transaction: keys {a} to {a}+8, and new ones.
EVERY = """BEGIN;
INSERT INTO customer VALUES ({n}, 'new', '{mark}'), ({n} + 1, 'new, and gone', '{mark}');
DELETE FROM customer WHERE cif = {n} + 1;
UPDATE customer SET note = '{mark}' WHERE cif IN ({a}, {a} + 1);
DELETE FROM customer WHERE cif IN ({a} + 2, {a} + 3);
INSERT INTO customer VALUES ({a} + 3, 'the key again', '{mark}');
UPDATE customer SET cif = {n} + 2, note = '{mark}' WHERE cif = {a} + 4;
UPDATE customer SET name = 'twice' WHERE cif = {a} + 5;
UPDATE customer SET note = '{mark}' WHERE cif = {a} + 5;
UPDATE account SET balance = balance + 1 WHERE id BETWEEN {a} AND {a} + 3;
DELETE FROM account WHERE id = {a} + 4;
UPDATE account SET id = -id WHERE id = {a} + 5;
COMMIT"""


class Case:
    def __init__(self, t, server, name, tables, rows):
        self.t, self.server, self.name = t, server, name
        server.followed(name, tables.format(rows=rows))
        self.model = write_model(f"{name}.model", CUSTOMER, ACCOUNT)
        self.replica, self.url = fresh(f"{name}.db"), server.url(database=name)

    def held(self, mark, a=10, n=10**6):
        return self.server.hold(EVERY.format(mark=mark, a=a, n=n), self.name)

    def ok(self, condition, name, shown=None):
        return self.t.ok(condition, f"{self.name}: {name}", shown)

    def equal(self, got, wanted, name, shown=""):
        return self.t.equal(got, wanted, f"{self.name}: {name}", shown)

    def unlike(self):
        return differences(self.server, self.replica, SHAPES, self.name)

    def same(self, name):
        other, inside = self.unlike(), desk("check", "--replica", self.replica)
        anomalies = status(self.replica)["replica"]["anomalies"]
        return self.ok(not other and inside.status == 0 and not anomalies, name, "\n".join([*other[:20], str(inside), f"anomalies {anomalies}"]))

    def told(self, mark):
        """Whether the replica has what the log said of the first transaction, and nothing of what it took back."""
        rows = dict(ask(self.replica, "SELECT cif, note FROM customer WHERE cif IN (10, 11, 12, 13, 14, 15, 1000000, 1000001, 1000002)"))
        return self.equal(rows, {10: mark, 11: mark, 13: mark, 15: mark, 1000000: mark, 1000002: mark}, f"what the log says of {mark} counts, before any reader may see it")


def first_copy(t, server, tables, rows):
    c = Case(t, server, "first_copy", tables, rows)
    with c.held("held"):
        c.equal(server.sql("SELECT note FROM customer WHERE cif = 10", c.name), [["first"]], "a commit is logged that no reader sees")
        c.ok(once(c.url, c.replica, c.model).status == 0, "a batch comes to its end meanwhile")
        c.told("held")
    c.same("then nothing differs")
    for key, wanted in ((10, ["first", "held"]), (13, ["first", "held"]), (15, ["first", "first", "held"]), (1000000, ["held"])):
        c.equal([v["values"]["note"] for v in versions(c.replica, key)], wanted, f"and nothing of the history of {key} is missing")
    must(desk("check", "--against-source", "--replica", c.replica))


def resync(t, server, tables, rows):
    c = Case(t, server, "resync", tables, rows)
    with follow(c.url, c.replica, c.model) as service:
        service.until_live()
        with c.held("seen"):
            service.until("SELECT note FROM customer WHERE cif = 10", "seen", "the change in the replica")
            asks = subprocess.Popen([PROGRAM, "resync", "--replica", c.replica, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    env=ENVIRONMENT)
            service.until_state("resync")
            time.sleep(1.5)
            c.ok(asks.poll() is None and state(c.replica) == "resync", "what would be read is older than what is known: it waits", status(c.replica))
            c.told("seen")
        answer = asks.communicate(timeout=60)[0]
        c.equal(asks.returncode, 0, "let go, it comes to its end", answer)
        service.until_live()
        c.equal(value(c.replica, "SELECT count(*) FROM customer_versions WHERE origin = 'resync' OR ended_by = 'resync'"), 0, "and found nothing to mend")
        c.told("seen")
        c.same("nothing differs")
        # While one is held the next comes, and it is read meanwhile.
        asks = subprocess.Popen([PROGRAM, "resync", "--replica", c.replica], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        service.until_state("resync", "live")
        with c.held("again", a=30, n=2 * 10**6):
            time.sleep(0.5)
        asks.communicate(timeout=60)
        service.until("SELECT note FROM customer WHERE cif = 30", "again", "the next change")
        service.until_live()
        c.same("one that is held while the tables are read")


def checks(t, server, tables, rows):
    c = Case(t, server, "checks", tables, rows)
    with follow(c.url, c.replica, c.model) as service:
        service.until_live()
        with c.held("seen") as held:
            service.until("SELECT note FROM customer WHERE cif = 10", "seen", "the change in the replica")
            asks = subprocess.Popen([PROGRAM, "check", "--against-source", "--replica", c.replica], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, env=ENVIRONMENT)
            time.sleep(2)
            c.ok(asks.poll() is None, "a check beside a service waits for what it cannot see yet", asks.stdout.read() if asks.poll() is not None else "")
            held.release()
            said = asks.communicate(timeout=60)[0]
            c.equal(asks.returncode, 0, "and finds nothing", said)
        service.terminate()
    with c.held("alone", a=30, n=2 * 10**6) as held:
        later = threading.Timer(2, held.release)
        later.start()
        done = desk("check", "--against-source", "--replica", c.replica)
        later.join()
        c.equal(done.status, 0, "so does one that has the replica for itself", done)
    c.same("nothing differs")


def at_random(t, server, tables, rows, seed):
    """One commit after the other is held for a moment, while the tables are copied and then read again."""
    random_ = random.Random(seed)
    c = Case(t, server, "at_random", tables, 5 * rows)
    stop, failed, turn = threading.Event(), [], [0]

    def write():
        try:
            while not stop.is_set():
                turn[0] += 1
                a = random_.randrange(1, 5 * rows - 20)
                with c.held(f"turn {turn[0]}", a=a, n=10**6 + 10 * turn[0]):
                    time.sleep(random_.choice((0, 0.05, 0.2)))
        except Exception as error:  # pylint: disable=broad-except
            failed.append(repr(error))

    writer = threading.Thread(target=write)
    writer.start()
    with follow(c.url, c.replica, c.model) as service:
        service.until_live()
        for _ in range(2):
            must(desk("resync", "--replica", c.replica))
            time.sleep(random_.random() / 2)
        copied = turn[0]
        stop.set()
        writer.join()
        last = server.sql(f"SELECT COUNT(*) FROM customer WHERE note = 'turn {turn[0]}'", c.name)[0][0]
        service.until(f"SELECT count(*) FROM customer WHERE note = 'turn {turn[0]}'", int(last), "the last change")
        service.until_live()
        c.ok(copied > 5 and not failed, f"{copied} commits were held meanwhile", failed)
        c.equal(value(c.replica, "SELECT count(*) FROM customer_versions WHERE origin = 'resync' OR ended_by = 'resync'"), 0, "no resync found anything")
        c.same(f"nothing differs (seed {seed})")


def play(t, server, scenarios):
    for name, scenario in scenarios:
        try:
            scenario()
        except (TimeoutError, RuntimeError, KeyError, TypeError, subprocess.TimeoutExpired, *server.errors) as error:
            server.let_go()
            t.ok(False, f"{name}: comes to its end", f"{type(error).__name__}: {error}")
