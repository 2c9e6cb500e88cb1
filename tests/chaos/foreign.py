#!/usr/bin/python3
"""Files and banks that are not what they should be: each command ends with a line that says so, none crashes.

    foreign.py [--turns N] [--seed N]      of replicas in which bytes are flipped
"""

import random
import shutil
import sys
import os

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403

TURNS, SEED = numbers(turns=16, seed=1)

# Everything that reads a replica, and what writes one.
READERS = (("status",), ("lookup", "10000001"), ("search", "a"), ("history", "10000001"), ("stores",), ("dump",),
           ("export", "--entity", "customer", "--format", "csv"), ("check",))


def sane(result, statuses, words=()):
    """Ended by itself, with one of these statuses, and where it failed one line that says what and one what to do."""
    lines = result.err.splitlines()
    if result.status not in statuses:
        return False
    if result.status in (0, 1):
        return True
    told = bool(lines) and lines[0].startswith("tellerdesk: could not ") and len(lines) <= 2
    return told and all(line.startswith("hint: ") for line in lines[1:]) and all(w in result.err for w in words)


def everything(replica, bank, statuses, words=(), prefix=(), writers=True):
    """The commands whose end is not sane."""
    wrong = []
    commands = list(READERS)
    if writers:
        commands += [("ingest", "--once", "--source", f"bank:{bank}"), ("resync", "--source", f"bank:{bank}")]
    for words_of in commands:
        result = desk(*words_of, "--replica", replica, prefix=prefix)
        if not sane(result, statuses, words):
            wrong.append(f"{' '.join(words_of)}: {result}")
    return wrong


def shell(database, sql):
    done = subprocess.run(["sqlite3", "-bail", database], input=sql, capture_output=True, text=True, timeout=BOUND, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"sqlite3: {sql}: {done.stderr}")


def copied(replica, name):
    remove(path(name))
    shutil.copy(replica, path(name))
    return path(name)


def remove(name):
    for suffix in ("", "-wal", "-shm", ".lock", ".request"):
        if os.path.isdir(name + suffix) and not suffix:
            os.rmdir(name)
        elif os.path.lexists(name + suffix):
            os.unlink(name + suffix)


# ---- replicas ----

def foreign_files(t, bank, replica):
    os.mkdir(path("folder"))
    t.equal(everything(path("folder"), bank, (5,)), [], "a directory for a replica: exit 5")
    os.mkfifo(path("fifo"), 0o600)
    t.equal(everything(path("fifo"), bank, (5,)), [], "a FIFO for a replica: exit 5, and nobody waits for it")
    with open(path("text"), "w", encoding="utf-8") as file:
        file.write("customers of 2026\n" * 1000)
    t.equal(everything(path("text"), bank, (5,)), [], "a text file for a replica: exit 5")
    with open(path("text"), encoding="utf-8") as file:
        t.equal(file.read(18), "customers of 2026\n", "and it is left alone")
    os.symlink(path("text"), path("link"))
    t.equal(everything(path("link"), bank, (5,)), [], "a link to one: exit 5")
    newer = copied(replica, "newer.db")
    shell(newer, "PRAGMA user_version = 99;")
    t.equal(everything(newer, bank, (5,), ("99",)), [], "a replica of a newer version: exit 5, named")
    other = copied(replica, "other.db")
    shell(other, "PRAGMA application_id = 42;")
    t.equal(everything(other, bank, (5,)), [], "a database of another program: exit 5")
    plain = path("plain.db")
    shell(plain, "CREATE TABLE customer (cif INTEGER PRIMARY KEY);")
    t.equal(everything(plain, bank, (5,)), [], "a database nobody marked: exit 5")
    t.equal(everything(bank, bank, (5,)), [], "the bank itself for a replica: exit 5")
    t.equal(everything(path("nowhere/r.db"), bank, (5,)), [], "a folder that is not there: exit 5")
    prefix = without_privileges()
    if prefix is None:
        t.skip("permissions", "setpriv is not here")
        return
    locked = copied(replica, "locked.db")
    os.chmod(locked, 0)
    t.equal(everything(locked, bank, (3,), prefix=prefix), [], "a replica without permission: exit 3")
    os.chmod(locked, 0o600)


def cut_files(t, bank, replica):
    size = os.path.getsize(replica)
    wrong = []
    for cut in (1, 15, 16, 99, 100, 512, 4095, 4096, 5000, 8192, size // 4, size // 2, size - 4096, size - 1):
        name = copied(replica, "cut.db")
        os.truncate(name, cut)
        wrong += [f"{cut} bytes: {w}" for w in everything(name, bank, (0, 1, 5))]
    t.equal(wrong, [], "a replica cut short, at fourteen places")
    empty = copied(replica, "cut.db")
    os.truncate(empty, 0)
    t.equal(everything(empty, bank, (5,), writers=False), [], "an empty file: nothing to ask")
    half = copied(replica, "cut.db")
    os.truncate(half, size // 2)
    found = desk("check", "--replica", half)
    t.ok(found.status in (1, 5), "check sees that half of it is gone", found)


def flipped_files(t, bank, replica):
    """A byte in every few pages says something else."""
    dice = random.Random(SEED)
    with open(replica, "rb") as file:
        whole = bytearray(file.read())
    wrong, unseen = [], 0
    for turn in range(TURNS):
        bytes_ = bytearray(whole)
        for page in range(0, len(whole) // 4096, 1 + turn % 4):
            bytes_[page * 4096 + dice.randrange(100 if page == 0 else 0, 4096)] ^= 1 << dice.randrange(8)
        name = copied(replica, "flip.db")
        with open(name, "wb") as file:
            file.write(bytes_)
        found = desk("check", "--replica", name)
        unseen += found.status == 0
        wrong += [f"seed {SEED}, turn {turn}: {w}" for w in everything(name, bank, (0, 1, 5, 8), writers=turn % 4 == 0)]
    t.equal(wrong, [], "bytes flipped all over a replica")
    # A byte in unused room of a page, or a letter of an address, breaks no promise: now and then all the flips are such.
    t.ok(unseen <= max(1, TURNS // 50), "check sees it nearly each time", f"{unseen} of {TURNS} unseen")


def foreign_sources(t, replica):
    """What is named as a bank or a drop folder and is none: unreachable or refused."""
    newer = copied(path("sound.bank"), "newer.bank")
    shell(newer, "UPDATE bank_meta SET version = 99;")
    for name in ("folder", "fifo", "text", "link", "newer.bank", "sound.db", "plain.db", "nowhere.bank", "nowhere/x.bank"):
        results = [desk("ingest", "--once", "--source", f"bank:{path(name)}", "--replica", path("none.db")),
                   desk("ingest", "--once", "--source", f"bank:{path(name)}", "--replica", replica)]
        t.ok(all(sane(r, (3, 6, 8)) for r in results), f"a bank that is {name}", [str(r) for r in results])
        remove(path("none.db"))
    for name in ("fifo", "text", "nowhere"):
        result = desk("ingest", "--once", "--source", f"csv:{path(name)}", "--replica", path("none.db"))
        t.ok(sane(result, (3, 6, 8)), f"a drop folder that is {name}", result)
        remove(path("none.db"))
    t.equal(desk("check", "--replica", replica).status, 0, "the replica is as it was")


# ---- a replica whose folder goes ----

def vanished(t, bank):
    folder = path("vanishing")
    os.mkdir(folder)
    replica = os.path.join(folder, "r.db")
    with running("ingest", "--source", f"bank:{bank}", "--replica", replica) as service:
        wait_for(lambda: desk("status", "--replica", replica).status == 0, "a replica")
        shutil.rmtree(folder)
        wait_for(lambda: service.poll() is not None, "the end")
        err = service.communicate()[1].decode()
    t.ok(service.returncode == 5 and "was removed" in err, "a replica whose folder vanishes under ingest: exit 5", (service.returncode, err))
    result = desk("ingest", "--once", "--source", f"bank:{bank}", "--replica", path("requests.db"))
    with running("ingest", "--source", f"bank:{bank}", "--replica", path("requests.db")) as service:
        live(path("requests.db"))
        for text in ("", "{", "[1, 2]", '{"id": 7}', '{"id": "a", "entity": "shoes", "adopt_model": true}', "\0" * 70000):
            with open(path("requests.new"), "w", encoding="utf-8") as file:
                file.write(text)
            os.rename(path("requests.new"), path("requests.db.request"))
            wait_for(lambda: not os.path.exists(path("requests.db.request")), "a request that was taken")
        os.mkfifo(path("requests.db.request"))
        result = desk("resync", "--replica", path("requests.db"), "--json")
        t.ok(result.status == 0, "requests that are none: the next one is answered", result)
        t.equal(terminate(service)[0], 0, "and ingest goes on")


# ---- banks ----

def state(replica):
    answer = desk("status", "--replica", replica, "--json")
    return answer.json()["sources"][0] if answer.status == 0 and answer.json()["sources"] else {}


def moved(bank, name):
    for rest in ("-wal", "-shm"):
        if os.path.exists(bank + rest):
            os.unlink(bank + rest)
    os.rename(bank, name)


def live(replica):
    wait_for(lambda: state(replica).get("state") == "live", "a live replica")


def older_copy(t):
    """The bank is restored from yesterday's copy: the replica is ahead of it."""
    bank, replica = make_bank("restored.bank", 30), path("restored.db")
    ingest(bank, replica)
    shell(bank, "PRAGMA wal_checkpoint(TRUNCATE);")
    shutil.copy(bank, path("restored.old"))
    write_bank(bank, "UPDATE customer_info SET phone = 'lost' WHERE cif = 10000002")
    ingest(bank, replica)
    moved(bank, path("restored.new"))
    shutil.copy(path("restored.old"), bank)
    result = desk("ingest", "--once", "--replica", replica)
    t.ok(result.status == 8 and "hint:" in result.err, "a bank restored from an older copy is refused", result)
    # Its own life goes on, past the position of the replica.
    for i in range(5):
        write_bank(bank, f"UPDATE customer_info SET phone = 'other {i}' WHERE cif = 10000003")
    result = desk("ingest", "--once", "--replica", replica)
    t.equal(result.status, 8, "even when it has gone on past it", result)
    result = desk("resync", "--accept-server", "--replica", replica, "--json")
    t.ok(result.status == 0 and result.json()["gap"], "accepted, with a gap", result)
    t.equal(desk("check", "--against-source", "--replica", replica).status, 0, "and nothing differs")


def remade(t):
    """Deleted and made again under a service: unreachable, then another bank."""
    bank, replica = make_bank("remade.bank", 20), path("remade.db")
    with running("ingest", "--source", f"bank:{bank}", "--replica", replica) as service:
        live(replica)
        moved(bank, path("remade.gone"))
        wait_for(lambda: state(replica).get("state") in ("offline", "refused"), "offline")
        t.equal(state(replica)["state"], "offline", "a bank that is gone: offline", state(replica))
        t.equal(desk("lookup", "10000001", "--replica", replica).status, 0, "the replica answers")
        os.rename(path("remade.gone"), bank)
        live(replica)
        t.ok(True, "it comes back: live")
        moved(bank, path("remade.gone"))
        make_bank("remade.bank", 25, seed=3)
        wait_for(lambda: state(replica).get("state") == "refused", "refused")
        t.ok("accept-server" in state(replica)["hint"], "made again: refused, with what to do", state(replica))
        t.equal(terminate(service)[0], 0, "and it ends when told")


def untriggered(t):
    bank, replica = make_bank("untriggered.bank", 20), path("untriggered.db")
    ingest(bank, replica)
    with contextlib.closing(sqlite3.connect(bank)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'customer_info'")]
        for name in names:
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute("UPDATE customer_info SET phone = 'unseen' WHERE cif = 10000001")
        db.commit()
    result = desk("ingest", "--once", "--replica", replica)
    t.ok(result.status == 8 and "hint:" in result.err, "a bank without its triggers is refused", result)
    found = desk("check-source", "--replica", replica, "--source", f"bank:{bank}")
    t.ok(found.status != 0 and "customer_info" in found.out, "check-source says which and how to fix it", found)


def pruned(t):
    """The log no longer reaches back: read again by itself, once an hour, with a gap."""
    bank, replica = make_bank("pruned.bank", 30), path("pruned.db")

    def prune():
        newest = read_bank(bank, "SELECT max(id) FROM bank_change")[0][0]
        write_bank(bank, "UPDATE customer_info SET phone = phone || '1' WHERE cif = 10000004",
                   f"UPDATE bank_meta SET pruned_to = {newest + 1}", f"DELETE FROM bank_change WHERE id <= {newest + 1}",
                   "UPDATE customer_info SET phone = phone || '2' WHERE cif = 10000005")

    ingest(bank, replica)
    prune()
    result = desk("ingest", "--once", "--replica", replica)
    t.equal(result.status, 0, "a log pruned past our position: read again by itself", result)
    gaps = desk("history", "10000004", "--replica", replica, "--json").json()["gaps"]
    t.equal([g["reason"] for g in gaps], ["purged"], "with a gap")
    t.equal(desk("check", "--against-source", "--replica", replica).status, 0, "nothing differs")
    prune()
    result = desk("ingest", "--once", "--replica", replica)
    t.ok(result.status == 8 and "within an hour" in result.err, "a second time within the hour: refused", result)
    result = desk("resync", "--replica", replica, "--json")
    t.ok(result.status == 0 and result.json()["gap"], "a person may ask for it all the same", result)
    t.equal(desk("check", "--against-source", "--replica", replica).status, 0, "and nothing differs")
    prune()
    with running("ingest", "--replica", replica) as service:
        wait_for(lambda: state(replica).get("state") == "refused", "refused")
        result = desk("resync", "--replica", replica, "--json")
        t.ok(result.status == 0 and result.json()["gap"], "by request too", result)
        live(replica)
        t.equal(terminate(service)[0], 0, "and it goes on")


def reshaped(t):
    """The model and the bank's tables part."""
    bank, replica = make_bank("reshaped.bank", 20), path("reshaped.db")
    with open(os.path.join(SRCDIR, "data", "models", "demography.model"), encoding="utf-8") as file:
        text = file.read().replace("column.gender = Gender | text", "column.gender = Gender | text\ncolumn.shoe_size = Shoes | integer\ncolumn.hat = Hat | text")
    with open(path("shoes.model"), "w", encoding="utf-8") as file:
        file.write(text)
    result = desk("ingest", "--once", "--source", f"bank:{bank}", "--model", path("shoes.model"), "--replica", path("shoes.db"))
    t.ok(result.status == 8 and "shoe_size" in result.err and "hat" in result.err, "columns the bank lacks are named, all of them", result)
    with running("ingest", "--source", f"bank:{bank}", "--replica", replica) as service:
        live(replica)
        write_bank(bank, "ALTER TABLE bank_product RENAME TO bank_product_old")
        write_bank(bank, "UPDATE customer_info SET phone = 'x' WHERE cif = 10000001")
        wait_for(lambda: state(replica).get("state") in ("refused", "offline"), "refused")
        t.ok("bank_product" in (state(replica)["error"] or ""), "a table renamed under the stream is named", state(replica))
        t.equal(desk("lookup", "10000001", "--replica", replica).status, 0, "the replica answers")
        write_bank(bank, "ALTER TABLE bank_product_old RENAME TO bank_product")
        result = desk("resync", "--replica", replica)
        t.equal(result.status, 0, "renamed back: a resync takes it up", result)
        live(replica)
        t.equal(terminate(service)[0], 0, "and it goes on")
    t.equal(desk("check", "--against-source", "--replica", replica).status, 0, "nothing differs")


with tap() as t:
    print(f"# seed {SEED}")
    bank, replica = make_bank("sound.bank", 40), path("sound.db")
    ingest(bank, replica)
    for round_ in range(3):
        write_bank(bank, f"UPDATE customer_info SET phone = '{round_}' WHERE cif < 10000020", f"DELETE FROM customer_asset WHERE cif = {10000020 + round_}")
        ingest(bank, replica)
    shell(replica, "PRAGMA wal_checkpoint(TRUNCATE);")
    foreign_files(t, bank, replica)
    cut_files(t, bank, replica)
    flipped_files(t, bank, replica)
    foreign_sources(t, replica)
    vanished(t, bank)
    older_copy(t)
    remade(t)
    untriggered(t)
    pruned(t)
    reshaped(t)
