#!/usr/bin/python3
"""What happens under a screen while somebody works on it: the source goes and comes, rows change, windows too, floods of keys.

    events.py [--seed N] [--resizes N]
"""

import random
import re
import shlex
import sys

from banks import CIF, make
from desk import *  # noqa: F403
from eyes import faults
from play import Script

SEED, RESIZES = numbers(seed=1, resizes=200)
LEAST = ((60, 16), (80, 24), (120, 40), (200, 60))


def shot_faults(screens):
    return "\n".join(f"{screen}\n{fault}" for screen in screens.values() for fault in faults(screen))


def sql(bank, *statements):
    """A line of a script that changes the bank."""
    return f"run sqlite3 -cmd '.timeout 10000' {bank} {shlex.quote(' '.join(statements))}"


def lines(text):
    """Rows of a table: the key of the selected one, and all keys."""
    table = text.table()
    first = next(iter(sorted(table.columns.items(), key=lambda c: c[1])))[0]
    keys = {y: re.sub(r" ! .*", "", text.cell(table, y, first)) for y in table.rows}  # without what is said of a row
    return keys.get(table.selected), list(keys.values())


# ---- the source stops and comes back ----

def writer_stops(t):
    """Another process writes the replica; it ends, and starts again."""
    bank, replica = make_bank("stops.bank", 20), path("stops.db")
    ingest(bank, replica)
    cif = read_bank(bank, "SELECT min(cif) FROM customer_info")[0][0]
    start = f'run "$TELLERDESK" ingest --source bank:{bank} --replica {replica} >/dev/null 2>&1 & echo $! >{path("pid")}'
    script = Script().add(start).wait("LIVE").keys(f"{cif} Enter", "g2 12").shot("live")
    script.run(f"kill $(cat {path('pid')})").wait("OFFLINE since").shot("offline")
    script.keys("34").shot("typed").add(start).wait("LIVE").shot("again").keys("Ctrl-F g1").shot("after")
    script.run(f"kill $(cat {path('pid')})").wait("OFFLINE since")
    screens, done = script.play("--no-ingest", replica=replica)
    if not t.ok(done.status == 0, "a writer that ends and starts again: LIVE, OFFLINE since, LIVE", done):
        return
    live, offline, typed, again, after = (screens[n] for n in ("live", "offline", "typed", "again", "after"))
    t.ok(live.age.startswith("LIVE") and again.age.startswith("LIVE"), "live before and after", f"{live}\n{again}")
    t.ok(re.fullmatch(r"OFFLINE since \d\d:\d\d", offline.age) and "OFFLINE" in offline.rows[0][:30], "in between it says since when, in the title too", offline)
    t.ok("12__" in offline.rows[1] and "1234__" in typed.rows[1] and "1234__" in again.rows[1], "what was typed stays", typed)
    t.equal([s.body for s in (offline, typed, again)], [live.body] * 3, "so do customer and tab")
    t.ok(after.code == "CIF" and after.says("Gender") and "CIF ==> ____" in after.rows[1], "and the next keys work", after)
    t.equal(shot_faults(screens), "", "nothing is wrong on any of the screens")


def source_goes(t):
    """The console ingests itself; the bank's file goes away and comes back."""
    bank, replica = make_bank("goes.bank", 20), path("goes.db")
    ingest(bank, replica)
    cif = read_bank(bank, "SELECT min(cif) FROM customer_info")[0][0]
    script = Script().wait("LIVE").keys(f"{cif} Enter").shot("live")
    script.run(f"mv {bank} {bank}.away").wait("OFFLINE").shot("offline").keys("F2 lag Enter").idle().wait("could not").shot("lag").keys("Esc")
    script.run(f"mv {bank}.away {bank}").live(replica).shot("again")
    script.add(sql(bank, f"UPDATE customer_info SET phone = '555-4711' WHERE cif = {cif}")).wait("555-4711").shot("changed")
    screens, done = script.play("--source", f"bank:{bank}", replica=replica)
    if not t.ok(done.status == 0, "a source that goes away and comes back", done):
        return
    t.ok(screens["offline"].age.startswith("OFFLINE"), "offline while it is away", screens["offline"])
    t.equal(screens["offline"].body[:8], screens["live"].body[:8], "the customer stays on the screen")
    t.ok(screens["lag"].says("Last error     could not") and screens["lag"].says("tried"), "the source's screen says why, and that it is tried again",
         screens["lag"])
    t.ok(screens["again"].code == "CIF", "live again on the same screen", screens["again"])
    t.ok(screens["changed"].says("555-4711"), "and changes come again", screens["changed"])


# ---- rows change under the selection ----

def rows_change(t):
    bank, replica = make_bank("rows.bank", 3), path("rows.db")
    write_bank(bank, "DELETE FROM bank_product", *[
        f"INSERT INTO bank_product VALUES ({n}, (SELECT min(cif) FROM customer_info), 'SAVINGS', '2009-03-11', 'ACTIVE')" for n in range(50, 60)])
    ingest(bank, replica)
    cif = read_bank(bank, "SELECT min(cif) FROM customer_info")[0][0]
    script = Script().wait("LIVE").keys(f"{cif} Enter g2", "Down Down Down Down").shot("before")
    script.add(sql(bank, "UPDATE bank_product SET status = 'FROZEN' WHERE productid = 54")).wait("FROZEN").shot("updated")
    script.add(sql(bank, f"INSERT INTO bank_product VALUES (7, {cif}, 'LOAN', '2026-11-20', 'FRESH')")).wait("FRESH").shot("inserted")
    script.add(sql(bank, "UPDATE bank_product SET status = 'MARKED' WHERE productid = 59; DELETE FROM bank_product WHERE productid IN (50, 51)"))
    script.wait("MARKED").wait(" of 9").shot("deleted above")
    script.add(sql(bank, "DELETE FROM bank_product WHERE productid = 54")).wait("was deleted").shot("deleted")
    script.keys("Down Enter").idle().shot("opened")
    screens, done = script.play("--source", f"bank:{bank}", replica=replica)
    if not t.ok(done.status == 0, "rows change while one of them is selected", done):
        return
    t.equal(lines(screens["before"])[0], "54", "the fifth is selected")
    for what in ("updated", "inserted", "deleted above"):
        t.equal(lines(screens[what])[0], "54", f"{what}: the selection stays on its row", screens[what])
        t.equal(screens[what].cursor[0], screens[what].table().selected, f"{what}: so does the cursor", screens[what])
    t.equal(screens["updated"].table().selected, screens["before"].table().selected, "it did not move on the screen")
    t.equal(screens["inserted"].place(), (6, 11), "the place counts the row above it", screens["inserted"])
    t.equal(lines(screens["deleted"])[0], "54", "deleted: it is still what is looked at, and it is said", screens["deleted"])
    t.ok(screens["opened"].says("Product no.  . 55"), "the next one is the next one", screens["opened"])
    t.equal(shot_faults(screens), "", "nothing is wrong on any of the screens")


def list_changes(t):
    """The list of a search: somebody above is born, changes their name, and dies."""
    bank, replica = make_bank("list.bank", 1), path("list.db")
    write_bank(bank, "DELETE FROM bank_product", "DELETE FROM customer_asset", "DELETE FROM customer_info", *[
        f"INSERT INTO customer_info (cif, name) VALUES ({n}, 'Zeta {chr(65 + n)}')" for n in range(1, 11)])
    ingest(bank, replica)
    script = Script().wait("LIVE").keys("zeta").idle().keys("Down Down Down").shot("before")
    script.add(sql(bank, "INSERT INTO customer_info (cif, name) VALUES (90, 'Zeta AA')")).wait("Zeta AA").shot("born")
    script.add(sql(bank, "UPDATE customer_info SET name = 'Zeta EE' WHERE cif = 4")).wait("Zeta EE").shot("renamed")
    script.add(sql(bank, "DELETE FROM customer_info WHERE cif IN (1, 2)")).wait("9 found").shot("dead")
    screens, done = script.play("--source", f"bank:{bank}", replica=replica)
    if not t.ok(done.status == 0, "a list changes while a customer in it is selected", done):
        return
    for what in ("before", "born", "renamed", "dead"):
        t.equal(lines(screens[what])[0], "4", f"{what}: the selection stays on the customer", screens[what])


# ---- floods ----

def ten(t):
    """Ten CIFs typed without waiting while changes rush in: each is looked up, in order."""
    bank, replica = make_bank("ten.bank", 200), path("ten.db")
    ingest(bank, replica)
    cifs = [str(row[0]) for row in read_bank(bank, "SELECT cif FROM customer_info ORDER BY cif LIMIT 10")]
    rush = f'run "$TELLERDESK" generate --to bank:{bank} --customers 200 --changes 2000/s --for 20s >/dev/null 2>&1 & echo $! >{path("rush")}'
    script = Script().wait("LIVE").add(rush).keys(" ".join(f"{cif} Enter" for cif in cifs)).shot("last").keys("F6").shot("recent")
    script.run(f"kill $(cat {path('rush')}) 2>/dev/null || true")
    begun = time.monotonic()
    screens, done = script.play("--source", f"bank:{bank}", replica=replica)
    if not t.ok(done.status == 0, "ten lookups typed without waiting", done):
        return
    t.ok(cifs[-1] in screens["last"].rows[1], "the last of them is shown", screens["last"])
    t.equal(lines(screens["recent"])[1], cifs[::-1], f"all ten in the list of the last customers, newest first ({time.monotonic() - begun:.1f} s)",
            screens["recent"])


def pastes(t):
    """A megabyte into each field that takes text."""
    bank = make("ascii", "one")
    for name, keys, wanted in (("the CIF field", "c", "FIND"), ("the name field", "F4", "FIND"), ("the command line", "F2", "FIND")):
        script = Script().idle().keys(keys).add("paste 1000000").shot("pasted").keys("Esc Ctrl-F", "F2 lag Enter").idle().shot("after")
        begun = time.monotonic()
        screens, done = script.play("--no-ingest", replica=bank.replica)
        took = time.monotonic() - begun
        if not t.ok(done.status == 0, f"a megabyte into {name}", done):
            continue
        t.ok(screens["pasted"].code == wanted and took < 5, f"{name}: nothing is done by it, in {took:.1f} s", screens["pasted"])
        t.ok(screens["after"].code == "LAG", f"{name}: the next command is taken", screens["after"])
        t.equal(shot_faults(screens), "", f"{name}: nothing is wrong on the screens")
    script = Script().idle().keys("F2").add('paste "quit"').shot("command").keys("Esc F4").add('paste "1001"').shot("name").add('paste ":quit"').shot("words")
    screens, done = script.play("--no-ingest", replica=bank.replica)
    t.ok(done.status == 0 and "words" in screens and "quit" in screens["words"].rows[3], "a command that is pasted is text", done)


# ---- resizes ----

# Ways through the console of which every table fits its screen: what stands there depends on the keys alone.
WAYS = ("F4 z e t a Down Enter g2 Down Enter Esc g3 g4 Down".split(), "1 0 0 1 Enter g4 Down Enter u Esc g1 v v F9".split(),
        "F2 s t o r Enter v v + - s Enter Esc".split(), "F2 lag Enter ? Esc 1001 Enter F6 Esc F3 n".split())


def resizes(t):
    """A window that changes its size after every key shows what a new one of that size shows after these keys."""
    bank = make("cjk", "one")
    dice, wrong, count = random.Random(SEED), [], 0
    environment = {"TELLERDESK_NOW": bank.now}
    for way in WAYS:
        sizes = [dice.choice(LEAST)] + [(dice.randrange(60, 220), dice.randrange(16, 70)) for _ in range(RESIZES // 50)]
        script, shots = Script().idle(), {}
        for n, key in enumerate(way):
            script.keys(key).idle()
            for size in dice.sample(sizes, RESIZES // 50):
                script.resize(dice.randrange(10, 60), dice.randrange(5, 16)).resize(*size).idle().shot(f"{n} {size}")
                shots[f"{n} {size}"] = size
        screens, done = script.play("--no-ingest", replica=bank.replica, environment=environment)
        if not t.ok(done.status == 0 and len(screens) == len(shots), f"seed {SEED}: {len(shots)} sizes on the way {' '.join(way)}", done):
            continue
        wrong += [f"{screen}\n{fault}" for screen in screens.values() for fault in faults(screen)]
        count += len(shots)
        for size in sizes:
            fresh = Script(*size).idle()
            for n, key in enumerate(way):
                fresh.keys(key).idle().shot(f"{n} {size}")
            others, done = fresh.play("--no-ingest", replica=bank.replica, environment=environment)
            wrong += [f"{screens[name]}\nbut afresh, after {' '.join(way[:int(name.split()[0]) + 1])}:\n{others.get(name, done)}"
                      for name in shots if shots[name] == size and (name not in others or others[name].still != screens[name].still)]
    t.equal("\n".join(wrong[:3]), "", f"{len(wrong)} of {count} sizes show what a console of that size does not")


def selection_stays(t):
    """In a table that overflows, the selected row is the same one and in sight at every size."""
    bank = make("long", "overflow")
    dice = random.Random(SEED)
    script = Script().idle().keys(f"{CIF} Enter g2").idle().keys(" ".join(["F8"] * 6)).shot("before")
    for n in range(40):
        script.resize(dice.randrange(60, 220), dice.randrange(16, 70)).shot(str(n))
        if n % 10 == 9:
            script.resize(40, 10).keys("Down" if n % 20 == 9 else "Up").shot(f"small {n}")
    script.resize(80, 24).shot("after")
    screens, done = script.play("--no-ingest", replica=bank.replica, environment={"TELLERDESK_NOW": bank.now})
    if not t.ok(done.status == 0, "a table that overflows, at 40 sizes", done):
        return
    t.equal(shot_faults(screens), "", "nothing is wrong on any of them")
    places = {n: s.place() for n, s in screens.items() if not n.startswith("small") and n.isdigit() and (int(n) // 10) % 2 == 0}
    t.equal(set(places.values()), {screens["before"].place()}, "the same row is selected")
    t.equal(lines(screens["after"])[0], lines(screens["before"])[0], "and at the size it was before")


# ---- ends ----

def killed(t):
    """Killed while it reads, writes and shows: the promised end, and a replica that is whole."""
    bank = make_bank("killed.bank", 2000)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV, signal.SIGKILL):
        replica, script = path(f"killed-{number}.db"), path("killed.script")
        with open(script, "w", encoding="utf-8") as file:
            file.write("size 80 24\nwait text LIVE\nkeys 1000 Enter\nwait text what is never there\n")
        process = subprocess.Popen([PROGRAM, "console", "--script", script, "--replica", replica, "--source", f"bank:{bank}"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=FOLDER,
                                   env=dict(ENVIRONMENT, ASAN_OPTIONS="handle_segv=0"))
        wait_for(lambda: process.poll() is not None or desk("status", "--replica", replica, "--json").status == 0, "a console that writes")
        status, seconds, err = terminate(process, number)
        wanted = (0,) if number in (signal.SIGTERM, signal.SIGHUP) else (-number,)
        t.ok(status in wanted and seconds < 5, f"{number.name}: {status} after {seconds:.1f} s", err)
        found = desk("check", "--replica", replica)
        t.ok(found.status == 0, f"{number.name}: check finds nothing in the replica", found)
        answer = desk("status", "--replica", replica, "--json")
        t.ok(answer.status == 0 and answer.json()["replica"]["writer"] is None, f"{number.name}: nobody holds it", answer)


def stop_left():
    """What a script started and a failure left."""
    for name in ("pid", "rush"):
        with contextlib.suppress(OSError, ValueError):
            with open(path(name), encoding="ascii") as file:
                os.kill(int(file.read()), signal.SIGTERM)


with tap() as t:
    try:
        for test in (writer_stops, source_goes, rows_change, list_changes, ten, pastes, resizes, selection_stays, killed):
            begun = time.monotonic()
            test(t)
            print(f"# {test.__name__}: {time.monotonic() - begun:.1f} s")
    finally:
        stop_left()
