#!/usr/bin/python3
"""Each exit status, and each wrong use: one line that says what, one that says what to do."""

import sqlite3
import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import *  # noqa: E402,F403

# An hour after the last change of any test: data of that age is stale, and no clock is waited for.
LATER = {"TELLERDESK_NOW": "2099-01-01T00:00:00Z"}


def fails(t, name, result, status, *words):
    """One line `tellerdesk: could not ...`, at most one hint, nothing on stdout, and words that must stand in them."""
    lines = result.err.splitlines()
    told = bool(lines) and lines[0].startswith("tellerdesk: could not ") and not lines[0].endswith(".")
    told = told and all(line.startswith("hint: ") for line in lines[1:]) and len(lines) <= 2
    missing = [w for w in words if w.lower() not in result.err.lower()]
    t.ok(result.status == status and told and not missing and result.out == "",
         f"{name}: exit {status}, said in a line", f"{result}\nmissing: {missing}")


def usage(t, bank, replica):
    ask = ("--replica", replica)
    fails(t, "bad CIF", desk("lookup", "abc", *ask), 2, '"abc"', "search")
    fails(t, "bad CIF in history", desk("history", "12x", *ask), 2, '"12x"')
    fails(t, "empty CIF", desk("lookup", "", *ask), 2)
    fails(t, "no CIF", desk("lookup", *ask), 2, "missing", "lookup CIF")
    fails(t, "two CIFs", desk("lookup", "1", "2", *ask), 2, "lookup CIF")
    fails(t, "bad time", desk("lookup", "1", "--as-of", "2026-13-01", *ask), 2, "2026-13-01")
    fails(t, "time that is no time", desk("history", "1", "--from", "tea", *ask), 2, '"tea"')
    fails(t, "time the clock skipped", desk("lookup", "1", "--as-of", "2026-03-29 02:30", "--zone", "Europe/Berlin", *ask), 2,
          "2026-03-29 02:30")
    fails(t, "period the wrong way round", desk("history", "1", "--from", "2026-02-01", "--to", "2026-01-01", *ask), 2, "--from")
    fails(t, "unknown zone", desk("lookup", "1", "--zone", "Mars/Olympus", *ask), 2, "Mars/Olympus")
    fails(t, "unknown option", desk("lookup", "1", "--as-off", "now", *ask), 2, "--as-off", "--as-of")
    fails(t, "option of another command", desk("status", "--repair", *ask), 2, "--repair")
    fails(t, "option without its value", desk("lookup", "1", "--replica"), 2, "--replica")
    fails(t, "unknown command", desk("lokup", "1"), 2, '"lokup"', "lookup")
    fails(t, "unknown format", desk("status", "--format", "xml", *ask), 2, "xml")
    fails(t, "unknown entity", desk("history", "1", "--entity", "shoes", *ask), 2, "shoes", "customer")
    fails(t, "bad limit", desk("search", "a", "--limit", "0", *ask), 2, "limit")
    fails(t, "bad window", desk("stores", "--window", "7s", *ask), 2)
    fails(t, "window without length", desk("stores", "--window", "0s", *ask), 2, "--window")
    fails(t, "slide that does not divide", desk("stores", "--window", "1h", "--slide", "7m", *ask), 2)
    fails(t, "CSV of several tables", desk("export", "--format", "csv", *ask), 2, "--entity")
    fails(t, "flat and entity", desk("export", "--flat", "--entity", "customer", *ask), 2)
    fails(t, "dump as CSV", desk("dump", "--format", "csv", *ask), 2, "JSON")
    fails(t, "config without a verb it knows", desk("config", "polish"), 2, "show", "validate")
    fails(t, "no source", desk("ingest", "--replica", path("none.db")), 2, "source", "demo")
    fails(t, "unknown kind of source", desk("ingest", "--source", "oracle://x", "--replica", path("none.db")), 2, "oracle")
    fails(t, "password in a URL", desk("ingest", "--source", "mysql://teller:secret@host/db", "--replica", path("none.db")), 2)
    t.ok("secret" not in desk("ingest", "--source", "mysql://teller:secret@host/db").err, "a password is not repeated")
    fails(t, "model that is not there", desk("ingest", "--source", f"bank:{bank}", "--model", "atlantis", "--replica",
                                             path("none.db")), 2, "atlantis")
    fails(t, "nothing to detach from", desk("detach", *ask), 2, "keeps nothing", "postgresql://")
    fails(t, "slot of another command", desk("resync", "--slot", "x", *ask), 2, "--slot")
    fails(t, "adopt no model", desk("resync", "--adopt-model", *ask), 2, "--model")
    fails(t, "console without a terminal", desk("console", *ask), 2, "terminal")
    differing = desk("ingest", "--once", "--source", f"bank:{bank}", "--model", "sakila", *ask)
    t.ok(differing.status == 2 and 'could not use model "sakila": the replica was built with "demography"\n' in differing.err and "--replica" not in differing.err
         and "name another replica" in differing.err, "another model than the replica's is refused", differing)
    with open(os.path.join(SRCDIR, "data", "models", "demography.model"), encoding="utf-8") as f, open(path("other.model"), "w", encoding="utf-8") as g:
        g.write(f.read().replace("[model]", "[model]\ntitle = Else", 1).replace("title = Customer demography", "", 1).replace("Asia/Jakarta", "Europe/Paris"))
    differing = desk("ingest", "--once", "--source", f"bank:{bank}", "--model", path("other.model"), *ask)
    t.ok(differing.status == 2 and 'is "Else"; the model: the zone was "Asia/Jakarta", is "Europe/Paris"\n' in differing.err, "one of the same name by what differs, on one line", differing)


def model_errors(t, bank):
    file = path("broken.model")
    with open(file, "w", encoding="utf-8") as f:
        f.write("[model]\nname = broken\n\n[entity customer]\nkind = emperor\ntable = t\nnonsense = 1\n")
    result = desk("ingest", "--source", f"bank:{bank}", "--model", file, "--replica", path("none.db"))
    lines = [line for line in result.err.splitlines() if line.startswith(file + ":")]
    t.ok(result.status == 2 and len(lines) >= 2, "a broken model: every error with file and line", result)


def configuration(t, replica):
    missing = path("missing.conf")
    fails(t, "configuration that is not there", desk("status", "--config", missing, "--replica", replica), 2, missing)
    broken = path("broken.conf")
    with open(broken, "w", encoding="utf-8") as f:
        f.write("[tellerdesk]\ncolour = blue\n")
    fails(t, "unknown key in a file", desk("status", "--config", broken, "--replica", replica), 2, f"{broken}:2", "colour")
    result = desk("config", "validate", "--config", broken)
    t.ok(result.status == 2 and f"{broken}:2" in result.out, "config validate names file and line", result)
    t.equal(desk("config", "validate").status, 0, "config validate of nothing is fine")
    shown = desk("config", "show", "--replica", "/x.db")
    t.ok(shown.status == 0 and "/x.db" in shown.out and "command line" in shown.out, "config show tells where from", shown)
    fails(t, "bad value in the environment", desk("status", "--replica", replica, environment={"TELLERDESK_FORMAT": "xml"}), 2,
          "TELLERDESK_FORMAT")
    prefix = without_privileges()
    if prefix is None:
        t.skip("configuration that may not be read", "permissions cannot be dropped here")
        return
    closed = path("closed.conf")
    with open(closed, "w", encoding="utf-8") as f:
        f.write("\n")
    os.chmod(closed, 0)
    result = desk("status", "--config", closed, "--replica", replica, prefix=prefix)
    t.ok(result.status in (2, 3) and closed in result.err and "could not" in result.err,
         "configuration that may not be read says so", result)


def permissions(t):
    prefix = without_privileges()
    if prefix is None:
        t.skip("permission denied: exit 3", "permissions cannot be dropped here")
        return
    closed = path("closed")
    os.mkdir(closed)
    with open(os.path.join(closed, "replica.db"), "wb"):
        pass
    os.chmod(closed, 0)
    fails(t, "replica in a closed folder", desk("status", "--replica", os.path.join(closed, "replica.db"), prefix=prefix), 3,
          "permission denied")
    os.chmod(closed, 0o700)


def age(t, bank, replica):
    ask = ("--replica", replica)
    cif = str(read_bank(bank, "SELECT min(cif) FROM customer_info")[0][0])
    result = desk("lookup", cif, "--max-age", "10s", "--json", *ask, environment=LATER)
    t.ok(result.status == 4 and result.json()["customer"] and "10s" in result.err, "older than --max-age: the answer, exit 4", result)
    result = desk("lookup", "999", "--max-age", "10s", "--json", *ask, environment=LATER)
    t.equal(result.status, 4, "4 wins over 1")
    t.equal(desk("lookup", cif, "--max-age", "9000d", *ask).status, 0, "young enough: exit 0")
    t.equal(desk("status", *ask, environment=LATER).status, 0, "status is 0 however old the data")
    result = desk("lookup", cif, "--wait", "999999999", "--timeout", "100ms", "--json", *ask)
    if result.status == 2:
        result = desk("lookup", cif, "--wait", "999999999", "--timeout", "1s", "--json", *ask)
    t.ok(result.status == 4 and result.json()["customer"], "a wait that ran out: the answer, exit 4", result)
    t.equal(desk("lookup", cif, "--wait", "1", *ask).status, 0, "a position already reached is not waited for")


def broken_replicas(t, bank, replica):
    fails(t, "no replica", desk("lookup", "1", "--replica", path("none.db")), 5, "none.db", "ingest")
    foreign = path("foreign.db")
    with contextlib.closing(sqlite3.connect(foreign)) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
        db.commit()
    fails(t, "foreign SQLite file", desk("status", "--replica", foreign), 5, "foreign.db")
    fails(t, "foreign SQLite file to write", desk("ingest", "--once", "--source", f"bank:{bank}", "--replica", foreign), 5)
    t.equal(read_bank(foreign, "SELECT name FROM sqlite_schema"), [("recipes",)], "a foreign file is left as it was")
    garbage = path("garbage.db")
    with open(garbage, "wb") as f:
        f.write(b"not a database, whatever its name says\n" * 200)
    fails(t, "file that is no database", desk("status", "--replica", garbage), 5, "garbage.db")
    newer = path("newer.db")
    with contextlib.closing(sqlite3.connect(replica)) as db, contextlib.closing(sqlite3.connect(newer)) as copy:
        db.backup(copy)
        version = copy.execute("PRAGMA user_version").fetchone()[0]
        copy.execute(f"PRAGMA user_version = {version + 1000}")
        copy.commit()
    fails(t, "replica of a newer version", desk("status", "--replica", newer), 5)
    with running("ingest", "--source", f"bank:{bank}", "--replica", replica):
        wait_for(lambda: desk("status", "--replica", replica, "--json").json()["replica"]["writer"], "a writer")
        fails(t, "replica another process writes", desk("ingest", "--once", "--source", f"bank:{bank}", "--replica", replica), 5)


def sources(t, bank):
    absent = f"bank:{path('absent.bank')}"
    fails(t, "source that is not there", desk("check-source", "--source", absent), 6, "absent.bank")
    fails(t, "batch of a source that is not there", desk("ingest", "--once", "--source", absent, "--replica", path("s.db")), 6,
          "absent.bank")
    known = path("known.db")
    ingest(bank, known)
    desk("ingest", "--once", "--source", absent, "--replica", known)
    t.equal(desk("status", "--replica", known, "--json").json()["sources"][0]["url"], f"bank:{bank}",
            "a source that was not there is not the replica's source now")
    maimed = make_bank("maimed.bank", 3)
    for (name,) in read_bank(maimed, "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'customer_info'"):
        write_bank(maimed, f'DROP TRIGGER "{name}"')
    result = desk("check-source", "--source", f"bank:{maimed}", "--json")
    refusals = [f for f in result.json()["findings"] if f["severity"] == "refuse"]
    t.ok(result.status == 8 and refusals and refusals[0]["fix"] and not schema_errors("check_source", result.json()),
         "a source that cannot be followed: exit 8, each finding with its fix", result)
    result = desk("ingest", "--once", "--source", f"bank:{maimed}", "--replica", path("m.db"))
    t.ok(result.status == 8 and "could not" in result.err, "ingest of it: exit 8", result)


def damage(t, bank):
    replica = path("damaged.db")
    ingest(bank, replica)
    with contextlib.closing(sqlite3.connect(replica)) as db:
        db.execute("UPDATE customer SET _version = _version + 1 WHERE cif = (SELECT min(cif) FROM customer)")
        db.commit()
    result = desk("check", "--replica", replica, "--json")
    found = result.json()["violations"]
    t.ok(result.status == 1 and found and all(v["rule"] and v["entity"] for v in found) and
         not schema_errors("check", result.json()), "check of a damaged replica: exit 1, entity, key and rule", result)


def stopping(t, bank):
    replica = path("stopped.db")
    log = path("service.log")
    with running("ingest", "--source", f"bank:{bank}", "--replica", replica, "--log", log) as service:
        wait_for(lambda: os.path.exists(log) and "state live" in open(log, encoding="utf-8").read(), "a live replica")
        t.equal(desk("status", "--replica", replica, "--json").json()["freshness"]["state"], "live", "a service keeps it live")
        status, seconds, err = terminate(service)
    t.ok(status == 0 and seconds < 1.0, "SIGTERM ends a service with 0 at once", f"{status} after {seconds:.3f} s\n{err}")
    with open(log, encoding="utf-8") as file:
        t.ok("ingest of" in (lines := file.read()) and "ended" in lines, "a service logs its start and its end", lines)
    with running("ingest", "--until", "999999999", "--source", f"bank:{bank}", "--replica", replica) as batch:
        wait_for(lambda: desk("status", "--replica", replica, "--json").json()["replica"]["writer"] == batch.pid, "the batch")
        status, _, err = terminate(batch)
    t.ok(status == 7 and "could not" in err, "SIGTERM ends a batch with 7", f"{status}\n{err}")


with tap() as t:
    made = make_bank("exits.bank")
    held = path("exits.db")
    ingest(made, held)
    for words in (("--help",), ("lookup", "--help"), ("--version",)):
        shown = desk(*words)
        t.ok(shown.status == 0 and "tellerdesk" in shown.out and not shown.err, f"{' '.join(words)}: exit 0, on stdout", shown)
    t.equal(desk("history", "999", "--replica", held).status, 1, "history of an unknown CIF is exit 1")
    t.equal(desk("search", "zzzzqqqq", "--replica", held).status, 1, "search without hits is exit 1")
    usage(t, made, held)
    model_errors(t, made)
    configuration(t, held)
    permissions(t)
    age(t, made, held)
    broken_replicas(t, made, held)
    sources(t, made)
    damage(t, made)
    stopping(t, made)
