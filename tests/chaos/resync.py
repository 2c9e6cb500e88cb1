#!/usr/bin/python3
"""Resync by a process of its own and by request, new models and new columns, repair after damage."""

import sys
import os

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403

ENTITIES = ("customer", "product", "asset", "store")
NOTHING = {"inserted": 0, "updated": 0, "closed": 0}


def state(replica):
    answer = desk("status", "--replica", replica, "--json")
    return answer.json()["freshness"]["state"] if answer.status == 0 else None


def model(name, *changes):
    """The shipped model with texts replaced."""
    with open(os.path.join(SRCDIR, "data", "models", "demography.model"), encoding="utf-8") as file:
        text = file.read()
    for before, after in changes:
        if before not in text:
            raise RuntimeError(before)
        text = text.replace(before, after)
    with open(path(name), "w", encoding="utf-8") as file:
        file.write(text)
    return path(name)


WITHOUT_EMAIL = (("country, email, phone", "country, phone"), ("column.email = E-mail | text | pii search\n", ""))
WITHOUT_CITY = (("column.city = City | text\ncolumn.country", "column.country"),)


def spoil(replica, *statements):
    with contextlib.closing(sqlite3.connect(replica, timeout=BOUND)) as db:
        with db:
            for statement in statements:
                db.execute(statement)


def look(replica, cif):
    return desk("lookup", str(cif), "--replica", replica, "--json").json()["customer"]


def versions(replica, cif):
    return desk("history", str(cif), "--entity", "customer", "--replica", replica, "--json").json()["versions"]


def whole(t, replica, name):
    """Nothing is wrong inside, and nothing differs from the bank."""
    result = desk("check", "--against-source", "--replica", replica)
    t.equal(result.status, 0, name, result)


def by_request(t):
    bank, replica = make_bank("request.bank", 300), path("request.db")
    ask = ("--replica", replica)
    with running("ingest", "--source", f"bank:{bank}", *ask) as service:
        wait_for(lambda: state(replica) == "live", "a live replica")
        spoil(replica, "UPDATE customer SET phone = '0' WHERE cif = 10000003", "DELETE FROM product WHERE productid IN (SELECT max(productid) FROM product)")
        result = desk("resync", *ask, "--json")
        counts = result.json()["entities"] if result.status == 0 else None
        t.equal(counts, {"customer": dict(NOTHING, updated=1), "product": dict(NOTHING, inserted=1), "asset": NOTHING, "store": NOTHING},
                "the writer counts what a requested resync changed", result)
        t.equal(result.json()["gap"], None, "no gap: the stream ran on")
        others = [subprocess.Popen([PROGRAM, "resync", *ask, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
                  for _ in range(4)]
        ends = [other.communicate(timeout=BOUND) for other in others]
        t.ok(all(other.returncode == 0 for other in others), "requests that meet are all answered", ends)
        result = desk("resync", *ask, "--adopt-model", "--model", model("types.model", ("decimal(2)", "decimal(4)")))
        t.ok(result.status == 2 and "could not adopt" in result.err and "hint:" in result.err,
             "a model that cannot be adopted is refused by the writer", result)
        t.equal(service.poll(), None, "which goes on")
        write_bank(bank, "UPDATE customer_info SET phone = '77' WHERE cif = 10000004")
        wait_for(lambda: look(replica, 10000004)["phone"] == "77", "the change")
        t.equal(terminate(service)[0], 0, "and ends as it should")
    whole(t, replica, "nothing differs after the requests")


def adopt(t, served):
    """A model gains a column, and loses another: with or without a process that writes the replica."""
    words = "by request" if served else "here"
    bank, replica = make_bank(f"adopt-{served}.bank", 300), path(f"adopt-{served}.db")
    ask = ("--replica", replica)
    old, new = model("old.model", *WITHOUT_EMAIL), model("new.model", *WITHOUT_CITY, ("Customer\n", "Client\n"))
    done = desk("ingest", "--once", "--source", f"bank:{bank}", "--model", old, *ask)
    if done.status != 0:
        raise RuntimeError(str(done))
    write_bank(bank, "UPDATE customer_info SET city = 'Elsewhere' WHERE cif = 10000001")
    if desk("ingest", "--once", *ask).status != 0:
        raise RuntimeError("ingest")
    # A row changes before the new model is known, or, read after it, with all the bank's log tells.
    write_bank(bank, "UPDATE customer_info SET phone = '5', email = 'new@bank' WHERE cif = 10000002")
    with contextlib.ExitStack() as stack:
        service = None
        if served:
            service = stack.enter_context(running("ingest", "--source", f"bank:{bank}", *ask))
            wait_for(lambda: state(replica) == "live", "a live replica")
        result = desk("resync", "--adopt-model", "--model", new, *ask, "--json")
        t.equal(result.json()["entities"] if result.status == 0 else None, {e: NOTHING for e in ENTITIES},
                f"{words}: a model with a new column is adopted; nothing counts as changed", result)
        customer = look(replica, 10000005)
        mail = read_bank(bank, "SELECT email FROM customer_info WHERE cif = 10000005")[0][0]
        t.equal((customer.get("email"), "city" in customer), (mail, False), f"{words}: its values are there, a removed column is not", customer)
        t.equal(len(versions(replica, 10000005)), 1, f"{words}: without a version")
        got = versions(replica, 10000002)
        t.equal([v["changed"] for v in got], [["phone"] if served else ["email", "phone"], []], f"{words}: a change lists what changed", got)
        found = desk("search", customer["email"], *ask, "--json")
        t.ok(found.status == 0 and found.json()["total"] == 1, f"{words}: the new column is found by search", found)
        write_bank(bank, "UPDATE customer_info SET email = 'x@y' WHERE cif = 10000005")
        if not served and desk("ingest", "--once", *ask).status != 0:
            raise RuntimeError("ingest")
        wait_for(lambda: look(replica, 10000005)["email"] == "x@y", "the change")
        t.equal(versions(replica, 10000005)[0]["changed"], ["email"], f"{words}: what changes from then on is a version")
        if service:
            t.equal(terminate(service)[0], 0, f"{words}: the writer goes on and ends as it should")
    whole(t, replica, f"{words}: nothing differs")
    # And back: the column that was removed returns, and knows nothing of the time in between.
    result = desk("resync", "--adopt-model", "--model", model("all.model"), *ask, "--json")
    t.equal(result.json()["entities"]["customer"] if result.status == 0 else None, NOTHING, f"{words}: a column that returns", result)
    t.equal((look(replica, 10000001)["city"], len(versions(replica, 10000001))), ("Elsewhere", 2), f"{words}: has its values, and its history")
    whole(t, replica, f"{words}: nothing differs then")


def among_changes(t):
    """Models come and go while the bank is written, the columns in question too."""
    bank, replica = make_bank("among.bank", 3000), path("among.db")
    ask = ("--replica", replica)
    models = (model("among.old.model", *WITHOUT_EMAIL), model("among.new.model", *WITHOUT_CITY), model("among.all.model"))
    wrong = []
    with running("ingest", "--source", f"bank:{bank}", "--model", models[0], *ask) as service:
        wait_for(lambda: state(replica) == "live", "a live replica")
        writer = subprocess.Popen([PROGRAM, "generate", "--to", f"bank:{bank}", "--customers", "3500", "--batch", "5", "--delay", "20ms", "--changes", "300/s"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        try:
            for turn in range(6):
                write_bank(bank, f"UPDATE customer_info SET email = 'e{turn}@bank', city = 'C{turn}' WHERE cif % 3 = {turn % 3}")
                result = desk("resync", "--adopt-model", "--model", models[(turn + 1) % 3], *ask, "--json")
                if result.status != 0:
                    wrong.append(str(result))
        finally:
            writer.terminate()
            writer.wait(timeout=BOUND)
        t.equal(wrong, [], "models are adopted among changes")
        t.equal(terminate(service)[0], 0, "the writer goes on and ends as it should")
    if desk("ingest", "--once", *ask).status != 0:
        raise RuntimeError("ingest")
    whole(t, replica, "nothing differs after it")


def folder(t):
    """A drop folder has no tables to read again: the next batch brings what a new column holds."""
    drop, replica = path("drop"), path("drop.db")
    ask = ("--replica", replica)
    os.mkdir(drop)

    def batch(stamp, text):
        with open(os.path.join(drop, "new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(os.path.join(drop, "new"), os.path.join(drop, f"customer_info_{stamp}.csv"))

    batch("20260101000000", "cif,name,phone,email\n1,Ada,5,a@b\n2,Bob,6,\n")
    with running("ingest", "--source", f"csv:{drop}", "--model", model("drop.model", *WITHOUT_EMAIL), *ask) as service:
        wait_for(lambda: desk("lookup", "1", *ask).status == 0, "the batch")
        result = desk("resync", "--adopt-model", "--model", model("drop.all.model"), *ask, "--json")
        t.ok(result.status == 0 and result.json()["entities"]["customer"] == NOTHING, "a drop folder: a model is adopted by request", result)
        batch("20260102000000", "cif,name,phone,email\n1,Ada,5,a@b\n2,Bob,7,b@c\n")
        wait_for(lambda: look(replica, 2)["phone"] == "7", "the next batch")
        t.equal((look(replica, 1)["email"], len(versions(replica, 1))), ("a@b", 1), "the next batch fills the new column in")
        t.equal(versions(replica, 2)[0]["changed"], ["phone"], "beside a change it is none")
        batch("20260103000000", "cif,name,phone,email\n1,Ada,5,z@z\n")
        wait_for(lambda: look(replica, 1)["email"] == "z@z", "the third batch")
        t.equal(versions(replica, 1)[0]["changed"], ["email"], "what changes from then on is a version")
        t.equal(terminate(service)[0], 0, "and it goes on")
    t.equal(desk("check", *ask).status, 0, "nothing is wrong", desk("check", *ask))


def gained(t):
    """The bank gains a column the model has as optional, stores at that: rows are filled, registrations told anew."""
    bank, replica = make_bank("gained.bank", 200), path("gained.db")
    ask = ("--replica", replica)
    wide = model("wide.model", ("registered_at, changed_by", "registered_at, changed_by, tier"),
                 ("column.changed_by = Changed by | text", "column.changed_by = Changed by | text\ncolumn.tier = Tier | text"))
    done = desk("ingest", "--once", "--source", f"bank:{bank}", "--model", wide, *ask)
    if done.status != 0:
        raise RuntimeError(str(done))
    before = len(versions(replica, 10000001))
    write_bank(bank, "ALTER TABLE customer_info ADD COLUMN tier TEXT DEFAULT 'gold'")
    refused = desk("ingest", "--once", *ask)
    t.ok(refused.status == 8 and "hint:" in refused.err, "a column that the bank gained, and does not log: refused", refused)
    logged = desk("generate", "--to", f"bank:{bank}", "--customers", "0", "--delay", "0s")  # what check-source says to do
    done = desk("ingest", "--once", *ask)
    t.ok(logged.status == 0 and done.status == 0, "once it is logged the replica takes it", done)
    t.equal((look(replica, 10000001).get("tier"), len(versions(replica, 10000001))), ("gold", before), "is filled in without a version")
    whole(t, replica, "nothing differs with it")
    write_bank(bank, "UPDATE customer_info SET tier = 'tin' WHERE cif = 10000001")
    desk("ingest", "--once", *ask)
    t.equal(versions(replica, 10000001)[0]["changed"], ["tier"], "what changes from then on is a version")


def repaired(t):
    bank, replica = make_bank("repair.bank", 100), path("repair.db")
    ask = ("--replica", replica)
    ingest(bank, replica)
    spoil(replica, "UPDATE customer SET phone = '0' WHERE cif = 10000003", "DELETE FROM product WHERE productid = (SELECT min(productid) FROM product)",
          "INSERT INTO asset SELECT 999, cif, assettype, assetvalue, valuation_date, 1, _valid_from, _seq_from, _origin, NULL FROM asset LIMIT 1",
          "DELETE FROM td_registrations_events WHERE key = 10000009", "UPDATE td_registrations_counts SET n = n + 1 WHERE grain = 2")
    found = desk("check", "--against-source", *ask, "--json")
    rules = {(v["entity"], v["rule"]) for v in found.json()["violations"]}
    t.ok(found.status == 1 and {("customer", "differs"), ("product", "missing"), ("asset", "extra"), ("customer", "registration")} <= rules,
         "damage of each kind is found", found)
    fixed = desk("check", "--against-source", "--repair", *ask, "--json")
    t.equal(fixed.status, 1, "repair tells what it found", fixed)
    whole(t, replica, "and nothing is left")
    dump = [l for l in desk("dump", *ask).lines() if l.get("entity") == "asset"]
    t.ok(dump, "history is kept")


def accepted(t):
    """Another bank under a running service: refused, a plain resync too, until a person accepts it."""
    bank, replica = make_bank("accepted.bank", 50), path("accepted.db")
    ask = ("--replica", replica)
    with running("ingest", "--source", f"bank:{bank}", *ask) as service:
        wait_for(lambda: state(replica) == "live", "a live replica")
        other = make_bank("other.bank", 60, seed=11)
        for rest in ("-wal", "-shm"):
            if os.path.exists(bank + rest):
                os.unlink(bank + rest)
        os.rename(other, bank)
        wait_for(lambda: state(replica) == "refused", "a refused bank")
        result = desk("resync", *ask)
        t.ok(result.status == 8 and "--accept-server" in result.err, "a resync that is refused is answered", result)
        t.equal(desk("lookup", "10000001", *ask).status, 0, "the replica answers")
        result = desk("resync", "--accept-server", *ask, "--json")
        t.ok(result.status == 0 and result.json()["gap"] and result.json()["gap"]["reason"] == "server accepted",
             "accepted, with a gap", result)
        wait_for(lambda: state(replica) == "live", "a live replica")
        write_bank(bank, "UPDATE customer_info SET phone = '9' WHERE cif = 10000001")
        wait_for(lambda: look(replica, 10000001)["phone"] == "9", "the change")
        t.equal(terminate(service)[0], 0, "and it goes on")
    whole(t, replica, "nothing differs from the new bank")


with tap() as t:
    by_request(t)
    adopt(t, False)
    adopt(t, True)
    among_changes(t)
    folder(t)
    gained(t)
    repaired(t)
    accepted(t)
