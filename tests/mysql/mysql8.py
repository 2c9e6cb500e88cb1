#!/usr/bin/python3
"""What MySQL 8 does otherwise than MariaDB, against a server that says what MySQL would: logins, its log, its sets of transactions.

The server is fake.py, and every byte of its log is made by events.py. What is wrong in
both the program and these two files nobody finds here; what the program only believes
about MySQL fails here as soon as the documentation says otherwise.
"""

import datetime
import decimal
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
import events as ev  # noqa: E402
from events import Column, GtidSet  # noqa: E402
from fake import PURGED_57, SAME_ID, Delete, Event, Fake, Insert, Keys, Query, Update  # noqa: E402

CUSTOMER = entity("customer", "customer", "cif", {"cif": "integer", "name": "text", "profile": "text", "tier": "text", "seen": "datetime", "visits": "integer"},
                  kind="customer", name="name")
ACCOUNT = entity("account", "account", "id", {"id": "integer", "cif": "integer", "balance": "decimal(2)", "opened": "date", "touched": "instant"}, cif="cif")
CUSTOMERS = [Column("cif", "bigint", null=False), Column("name", "varchar(80)", null=False), Column("profile", "json"), Column("tier", "enum('basic','gold')"),
             Column("seen", "datetime(6)"), Column("visits", "int unsigned", default="3000000000")]
ACCOUNTS = [Column("id", "bigint", null=False), Column("cif", "bigint"), Column("balance", "decimal(12,2)"), Column("opened", "date"), Column("touched", "timestamp(3)")]
DOCUMENT = {"none": None, "yes": True, "no": False, "small": -5, "more": 40000, "much": 2 ** 40, "long": -(2 ** 62), "half": 2.5, "text": "Zoë \"Ångström\"\n",
            "deep": [[], {}, [1, {"x": "y" * 200}]], "exact": decimal.Decimal("12.340")}
MODEL = write_model("mysql8.model", CUSTOMER, ACCOUNT)
PASSWORD = "open-sesame-8"


def customer(cif, name=None, profile=None, tier="basic", seen="2024-02-29 23:59:59.000001", visits=4000000000):
    return (cif, name or f"Name {cif}", profile, tier, seen, visits)


def account(number, cif, balance="0.00", opened="1999-12-31", touched="2024-02-29 23:59:59.001"):
    return (number, cif, balance, opened, touched)


def server(version="8.0.36", **how):
    s = Fake(version, **how)
    s.table("customer", CUSTOMERS, ("cif",))
    s.table("account", ACCOUNTS, ("id",))
    return s


def filled(version="8.0.36", **how):
    s = server(version, **how)
    s.commit(Insert("customer", *(customer(i) for i in range(1, 6))), Insert("account", *(account(i, 1 + i % 5, f"-{i}.05") for i in range(1, 11))))
    return s


# ---- looking ----

def unlike(s, replica):
    """Rows that the fake and the replica do not share."""
    found = []
    for name in ("customer", "account"):
        wanted = {json.dumps(str(r[0])): [plain(v) for v in r] for r in s.rows(name)}
        got = {k: [plain(v[c.name]) for c in s.tables[name].columns] for k, v in exported(replica, name).items()}
        found += [f"{name} {k}: source {wanted.get(k)}, replica {got.get(k)}" for k in sorted(set(wanted) | set(got))
                  if list(map(str, wanted.get(k, []))) != list(map(str, got.get(k, [])))]
    return found


def same(t, s, replica, name):
    """Row by row, by the replica's own check, by that against the source; and the fake was asked for nothing it does not know."""
    other, inside, outside = unlike(s, replica), desk("check", "--replica", replica), desk("check", "--against-source", "--replica", replica)
    surprises = ask(replica, "SELECT * FROM td_anomaly LIMIT 5")
    return t.ok(not other and inside.status == 0 and outside.status == 0 and not surprises and not s.unknown and not s.broken, name,
                "\n".join([*other[:20], str(inside), str(outside), f"anomalies {surprises}", f"unknown {s.unknown}", f"broken {s.broken}"]))


def runs(t, s, replica, name, *more, status_=0):
    done = once(s.url(), replica, MODEL, *more)
    return t.ok(done.status == status_, name, f"{done}\nunknown {s.unknown}\nbroken {s.broken}")


def source(replica):
    return status(replica)["sources"][0]


def stored(replica):
    """(file, offset, set) of the stored position."""
    place, _, gtid = source(replica)["position"].partition(" gtid=")
    file, _, pos = place.partition("@")[0].rpartition(":")
    return file, int(pos), gtid


def micro(text):
    t = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (t - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)


# ---- logins ----

def option_file(name, password):
    with open(path(name), "w", encoding="ascii") as file:
        file.write(f"[client]\npassword={password}\n")
    return path(name)


def logins(t, keys):
    good, bad = option_file("good.cnf", PASSWORD), option_file("bad.cnf", "no-sesame-8")

    def try_in(s, file=good, **parameters):
        return desk("check-source", "--source", s.url(defaults_file=file, **parameters), "--model", MODEL, "--json")
    with server(keys=keys, accounts={"teller": PASSWORD}) as s:
        for mode in ("required", "verify-ca", "verify-identity"):
            result = try_in(s, ssl_mode=mode, ssl_ca=keys.certificate)
            t.ok(result.status == 8 and "TLS" in result.err and not s.bare and not s.logins, f"a server without TLS, {mode}: refused before the password", result)
        for name, parameters in (("not told", {}), ("preferred", {"ssl_mode": "preferred", "ssl_ca": keys.certificate}), ("disabled", {"ssl_mode": "disabled"})):
            s.cached.clear()
            s.logins.clear()
            result = try_in(s, **parameters)
            t.equal((result.status, s.logins, s.bare), (0, [("teller", "rsa"), ("teller", "fast")], []),
                    f"a server without TLS, {name}: the password goes under its key, then never again", f"{result}\n{s.broken}")
        s.hasty = True
        s.cached.clear()
        result = desk("check-source", "--source", s.url(defaults_file=good), "--model", MODEL)
        t.ok(not s.bare and s.logins[-2:] == [("teller", "rsa"), ("teller", "fast")] and PASSWORD not in result.out + result.err, "one that asks for it before it may: the same", f"{result}\n{s.bare}\n{s.logins}")
        for name in ("by proof", "by the password itself"):
            result = try_in(s, bad)
            t.ok(result.status == 3 and "(1045)" in result.err and "sesame" not in result.out + result.err and not s.bare, f"a wrong password, {name}: denied, and not shown", result)
            s.cached.clear()
    with server(keys=keys, tls=True, accounts={"teller": PASSWORD}) as s:
        for mode in ("preferred", "required", "verify-ca", "verify-identity"):
            s.cached.clear()
            s.logins.clear()
            result = try_in(s, ssl_mode=mode, ssl_ca=keys.certificate)
            t.ok(result.status == 0 and s.logins == [("teller", "tls"), ("teller", "fast")] and "TLS" not in result.out, f"TLS, {mode}: let in, nothing is said of it", f"{result}\n{s.logins}")
        s.commit(Insert("customer", customer(1)))
        url = s.url(defaults_file=good, ssl_mode="verify-identity", ssl_ca=keys.certificate)
        must(once(url, fresh("tls.db"), MODEL))
        told = source(path("tls.db"))["details"]
        t.ok(told["tls"].startswith("TLS_") and told["transport"] == "tcp" and told["server"] == "MySQL 8.0.36", "status tells the cipher", told)


# ---- check-source ----

def checks(t):
    for version in ("8.0.36", "8.4.2"):
        with server(version, metadata="FULL") as s:
            s.changes["binlog_row_value_options"] = "PARTIAL_JSON"
            result = desk("check-source", "--source", s.url(), "--model", MODEL, "--json")
            found = {f["object"]: f["severity"] for f in result.json()["findings"]}
            t.equal((result.status, found, s.unknown, s.broken), (8, {"binlog_row_value_options": "refuse", "TLS": "warn"}, [], []), f"{version}: what is in the way is told", result)
            s.changes.clear()
            result = desk("check-source", "--source", s.url(), "--model", MODEL)
            t.equal((result.status, s.unknown, s.broken), (0, [], []), f"{version}: and nothing else", result)
            t.ok(s.registered[-1][1] == "tellerdesk" and s.registered[-1][0] >= 1 << 31, f"{version}: who reads the log has a name and a number of its own", s.registered)
    with server(gtid=False) as s:
        result = desk("check-source", "--source", s.url(), "--model", MODEL, "--json")
        t.ok(result.status == 0 and "gtid_mode" in [f["object"] for f in result.json()["findings"]], "gtid_mode OFF: warned of", result)


# ---- the stream ----

def changes(s):
    """One of everything. Returns [(cif, commit time)] of updates, to be found in the history."""
    times = []

    def update(before, after, *more, minimal=False, **how):
        times.append((after[0], s.commit(Update("customer", (before, after), minimal=minimal), *more, **how).at))
    one, two, three, four = customer(1), customer(2), customer(3), customer(4)
    s.commit(Event(ev.ROWS_QUERY, ev.rows_query_body("INSERT INTO customer ..."), ev.IGNORABLE), Insert("customer", customer(6, profile=DOCUMENT), customer(7, "Zoë", [], None, None, None)))
    update(one, customer(1, "One", {"a": [1, 2]}, "gold"))
    update(two, customer(2, "Two", seen=None), minimal=True)
    update(three, customer(3, "Three", visits=1), packed=True, original=1700000000000001)
    update(four, customer(4, "Four"), Insert("account", account(20, 4, "9999999999.99", None, None)), Delete("account", account(1, 2, "-1.05")), packed=True)
    s.commit(Update("account", (account(2, 3, "-2.05"), account(2, 3, "0.07", "2024-02-29", "1970-01-01 00:00:01.000"))), end=(ev.QUERY, ev.query_body("COMMIT"), 0))
    s.commit(Update("account", (account(3, 4, "-3.05"), account(33, 4, "-3.05"))))
    s.commit(Delete("customer", customer(5)), Event(99, b"of a later server", ev.IGNORABLE))
    s.group([(ev.QUERY, ev.query_body("CREATE USER somebody"), 0)], [])
    s.rotate()
    if s.number >= [8, 3] and s.gtid:
        update(customer(1, "One", {"a": [1, 2]}, "gold"), customer(1, "One again"), tag="payroll", number=1)
        s.commit(Insert("account", account(40, 1)), tag="payroll", number=2, original=1700000000000001)
    s.statement("DROP TABLE `account` /* generated by server */", lambda f: f.db.execute("DELETE FROM bank.account"))
    s.commit(Query("CREATE TABLE `account` (\n  `id` bigint NOT NULL,\n  PRIMARY KEY (`id`)\n) START TRANSACTION"), Insert("account", account(50, 1, "5.00"), account(51, 2, "6.00")))
    s.statement("TRUNCATE TABLE account", lambda f: f.db.execute("DELETE FROM bank.account"))
    s.commit(Insert("account", *(account(i, 1, f"{i}.10") for i in range(60, 70))))
    return times


def streams(t):
    for version, gtid, metadata in (("8.0.36", True, "MINIMAL"), ("8.4.2", True, "FULL"), ("8.0.25", False, "FULL"), ("8.0.25", True, "FULL")):
        name, replica = f"{version}, gtid_mode {'ON' if gtid else 'OFF'}, {metadata}", fresh(f"stream-{version}-{gtid}.db")
        with filled(version, gtid=gtid, metadata=metadata) as s:
            s.rotate()
            s.commit(Update("customer", (customer(4, "Name 4"), customer(4))))
            runs(t, s, replica, f"{name}: copied")
            same(t, s, replica, f"{name}: the copy is what the source is")
            before = stored(replica)
            t.equal((before[:2], GtidSet(before[2])), ((s.files[-1].name, s.files[-1].size), s.executed), f"{name}: the position is the end of the log", before)
            times = changes(s)
            runs(t, s, replica, f"{name}: followed")
            asked = s.dumps[-1]
            same(t, s, replica, f"{name}: what was followed is what the source is")
            after = stored(replica)
            if gtid:
                t.equal((asked.command, asked.set), (30, before[2]), f"{name}: asked for by the set that was stored", before)
            else:
                t.equal((asked.command, asked.file, asked.pos), (18, *before[:2]), f"{name}: asked for by the place that was stored", before)
            t.equal((after[:2], GtidSet(after[2])), ((s.files[-1].name, s.files[-1].size), s.executed), f"{name}: the position is the new end", after)
            s.commit(Insert("customer", customer(11)))
            runs(t, s, replica, f"{name}: followed again")
            t.equal((s.dumps[-1].set or GtidSet(), exported(replica, "customer").keys()), (after[2], {json.dumps(str(r[0])) for r in s.rows("customer")}),
                    f"{name}: by the set as it then was, tags and all", s.dumps[-1].set)
            found = [(cif, micro(v["valid_from"])) for cif, at in times for v in versions(replica, cif) if micro(v["valid_from"]) == at]
            t.equal((found, source(replica)["time_precision"]), (times, "us"), f"{name}: commit times are whole, to the microsecond", [versions(replica, cif) for cif, _ in times])


def beside(t):
    """The stream runs while the tables are copied, restarts, and rests."""
    with filled() as s:
        replica = fresh("beside.db")
        with follow(s.url(), replica, MODEL) as service:
            service.until_live()
            for i in range(10, 40):
                s.commit(Insert("customer", customer(i)), packed=i % 2)
            service.until("SELECT count(*) FROM customer", 35)
            s.drop()
            s.commit(Insert("customer", customer(40)))
            service.until("SELECT count(*) FROM customer", 36, "to come back after the connections broke")
            last = service.terminate()[0]
        t.equal((last, s.broken), (0, []), "a service follows, loses its connections, and comes back", service.said())
        same(t, s, replica, "with all that was committed meanwhile")
        before = stored(replica)[2]
        runs(t, s, replica, "started again with nothing to do")
        t.equal((s.dumps[-1].set, stored(replica)[2]), (before, before), "it asks by its set, and the set stays", s.dumps[-1])


# ---- logged first, visible later ----

def late(t):
    for when in ("after the copy", "before the first chunk is read", "between the bound and the clock"):
        replica = fresh("late.db")
        with filled() as s:
            behind = s.commit(Insert("customer", customer(100)), Update("customer", (customer(1), customer(1, "Late"))), Delete("account", account(1, 2, "-1.05")), visible=False)
            s.commit(Insert("customer", customer(101)))
            bound = str(s.executed)
            show = {"before the first chunk is read": "SELECT `cif`", "between the bound and the clock": "SELECT CAST(UNIX_TIMESTAMP"}.get(when)
            if when == "between the bound and the clock":
                s.hooks.append(("gtid_executed", lambda s=s, b=behind, q=show: s.hooks.append((q, lambda: s.show(b)))))
            elif show:
                s.hooks.append((show, lambda s=s, b=behind: s.show(b)))
            runs(t, s, replica, f"late, {when}: copied")
            if not show:
                s.show(behind)
            t.equal((s.dumps[-1].set, GtidSet(stored(replica)[2])), (bound, s.executed), f"late, {when}: it was asked for, and is counted", stored(replica))
            same(t, s, replica, f"late, {when}: what was not visible at the bound came from the log")
            t.equal([v["values"]["name"] for v in versions(replica, 1)], ["Name 1", "Late"], f"late, {when}: its history has both", versions(replica, 1))


def begun_empty(t):
    """A server whose sets were reset, as after a restore: nothing is executed, and that is a set too."""
    with server() as s:
        s.put(Insert("customer", customer(1)))
        replica = fresh("empty.db")
        runs(t, s, replica, "nothing was ever executed: copied")
        s.commit(Insert("customer", customer(2)))
        runs(t, s, replica, "nothing was ever executed: followed")
        t.equal((stored(replica)[2], s.dumps[-1].command, str(s.dumps[-1].set)), (str(s.executed), 30, ""), "it is asked for by the empty set, which then grows", stored(replica))
        same(t, s, replica, "nothing was ever executed: what is there is there")
        done = desk("resync", "--replica", replica, "--source", s.url())
        t.equal(done.status, 0, "and read again", done)


def numbered_later(t):
    """gtid_mode was switched on: the position has no set, and a resync waits for the next file of the log, not for ever."""
    with filled(gtid=False) as s:
        replica = fresh("later.db")
        runs(t, s, replica, "not numbered: copied")
        s.gtid = True
        s.commit(Insert("customer", customer(9)))
        runs(t, s, replica, "numbered from now on: followed")
        asked = len(s.dumps)
        with running("resync", "--replica", replica, "--source", s.url()) as process:
            wait_for(lambda: len(s.dumps) > asked, "the log asked for")
            s.rotate()
            t.equal(process.wait(timeout=20), 0, "numbered from now on: read again, behind the next file")
        same(t, s, replica, "numbered from now on: what is there is there")


# ---- XA ----

def prepared(t):
    with filled() as s:
        replica = fresh("xa.db")
        runs(t, s, replica, "XA: copied")
        kept = s.prepare(b"kept", Update("customer", (customer(1), customer(1, "Kept"))), Insert("account", account(70, 1)))
        dropped = s.prepare(b"dropped", Delete("customer", customer(2)))
        s.commit(Insert("customer", customer(8)))
        runs(t, s, replica, "XA: prepared")
        same(t, s, replica, "XA: what is prepared is not there yet")
        at = s.decide(kept).at
        s.decide(dropped, commit=False)
        runs(t, s, replica, "XA: decided, in another run")
        same(t, s, replica, "XA: what was committed is there, what was not is not")
        t.equal([micro(v["valid_from"]) for v in versions(replica, 1)][1:], [at], "XA: since its decision", versions(replica, 1))


# ---- what nobody can follow ----

# (name, what is logged, words of the error and its hint)
REFUSED = [
    ("documents in parts", lambda s: s.commit(Update("customer", (customer(1), customer(1, "Part")), kind=ev.PARTIAL_UPDATE_ROWS)),
     ("PARTIAL_UPDATE_ROWS", "SET GLOBAL binlog_row_value_options = ''")),
    ("an event nobody knows", lambda s: s.commit(Event(99, b"important")), ("event 99", "is not understood")),
    ("an incident", lambda s: s.group([(ev.INCIDENT, ev.incident_body("LOST_EVENTS"), 0)], []), ("INCIDENT", "resync")),
    ("a statement", lambda s: s.commit(Query("UPDATE customer SET name = 'x'")), ("statement format", "binlog_format = ROW")),
    ("rows without a table", lambda s: s.group([(ev.QUERY, ev.query_body("BEGIN"), 0), (ev.DELETE_ROWS, ev.rows_body(s.tables["customer"], 7, [(customer(1), None)]), 0)], []),
     ("not described", "resync")),
]


def refused(t):
    for name, act, words in REFUSED:
        with filled() as s:
            replica = fresh("refused.db")
            must(once(s.url(), replica, MODEL))
            before = stored(replica)
            act(s)
            s.commit(Insert("customer", customer(9)))
            done = once(s.url(), replica)
            t.ok(done.status == 8 and all(w in done.err for w in words) and "hint:" in done.err and source(replica)["state"] == "refused" and stored(replica) == before,
                 f"{name}: refused, by name, with what to do, and no step taken", f"{done}\n{source(replica)}")
            mended = desk("resync", "--replica", replica, "--source", s.url())
            t.ok(mended.status == 0 and not unlike(s, replica), f"{name}: read anew it is what the source is", f"{mended}\n{unlike(s, replica)}")


# ---- the log is not there, or not ours ----

def gone(t):
    with filled() as s:
        replica = fresh("gone.db")
        runs(t, s, replica, "purged: copied")

        def lose():
            s.commit(Insert("customer", customer(s.next_number + 200)))
            s.rotate()
            s.purge()
            s.commit(Insert("customer", customer(s.next_number + 300)))
        lose()
        runs(t, s, replica, "purged: read anew by itself")
        same(t, s, replica, "purged: what is there is there")
        t.equal(counts(replica, "gaps"), 1, "purged: the gap is recorded", status(replica))
        lose()
        done = once(s.url(), replica)
        t.ok(done.status == 8 and "purged" in done.err and "second time within an hour: keep logs longer" in done.err and source(replica)["state"] == "refused",
             "purged again within the hour: a person is asked", done)
    with filled() as s:
        replica = fresh("old.db")
        must(once(s.url(), replica, MODEL))
        s.commit(Insert("customer", customer(9)))
        s.errors.append((1236, PURGED_57))
        runs(t, s, replica, "purged, as servers before 8.0 say it: the same")
        t.equal(counts(replica, "gaps"), 1, "purged, as servers before 8.0 say it: the gap is recorded", status(replica))


def diverged(t):
    with filled() as s:
        replica = fresh("diverged.db")
        s.commit(Insert("customer", customer(6)))
        runs(t, s, replica, "diverged: copied")
        s.reset()
        s.commit(Insert("customer", customer(400)), number=1)
        done = once(s.url(), replica)
        t.ok(done.status == 8 and "our position is not in it" in done.err and "has more GTIDs than" in done.err and "--accept-server" in done.err and
             source(replica)["state"] == "refused", "a server that lost the end of its log: refused, with what to do", done)
        done = desk("resync", "--accept-server", "--replica", replica, "--source", s.url())
        t.equal(done.status, 0, "accepted by a person", done)
        same(t, s, replica, "accepted, it is what the source is")
        with filled(uuid="99999999-71ca-11e1-9e33-c80aa9429562") as other:
            done = once(other.url(), replica)
            t.ok(done.status == 8 and "not the one this replica was built from" in done.err and not other.dumps, "another server_uuid behind the name: refused, its log is not asked for", done)


def clash(t):
    with filled() as s, follow(s.url(), fresh("clash.db"), MODEL) as service:
        service.until_live()
        asked = len(s.dumps)
        s.throw(1236, SAME_ID)
        service.wait(lambda: len(s.dumps) > asked and not s.dumps[-1].over, "the log asked for again")
        service.until_live()
        t.equal(s.dumps[-1].server_id, s.dumps[asked - 1].server_id, "thrown out by another of our number once: it comes back")
        s.throw(1236, SAME_ID)
        service.until_state("refused")
        shown = source(path("clash.db"))
        t.ok("throw each other out" in shown["error"] and "mysql-replica-id" in shown["hint"], "a second time: it leaves, and says what to do", shown)
        t.equal(service.terminate()[0], 0, "and ends when told")


with tap() as t:
    if shutil.which("openssl"):
        logins(t, Keys(FOLDER))
    else:
        t.skip("logins by key and by TLS", "there is no openssl here to make a key")
    for scenario in (checks, streams, beside, late, begun_empty, numbered_later, prepared, refused, gone, diverged, clash):
        try:
            scenario(t)
        except (TimeoutError, subprocess.TimeoutExpired, RuntimeError, KeyError, IndexError, ValueError) as error:
            t.ok(False, f"{scenario.__name__}: comes to its end", repr(error))
