#!/usr/bin/python3
"""Calm in trouble: whatever becomes of source, replica, disk and clock, the screen says it in words, nothing of the session
is lost, and it goes on by itself when it is over.
"""

import os
import re
import resource
import signal
import sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), folder) for folder in ("screen", "cli")]
from desk import *  # noqa: E402,F403
from eyes import AGE, faults  # noqa: E402
from play import Script  # noqa: E402

STARTED = []  # processes that scripts started, by the file that holds their id


def begin(words, name):
    """A line of a script that starts the program in the background."""
    STARTED.append(name)
    return f'run "$TELLERDESK" {words} >/dev/null 2>&1 & echo $! >{path(name)}'


def finish(name):
    return f"run kill $(cat {path(name)})"


def change(bank, statement):
    """A line that changes the bank; what limits the console does not limit it."""
    return f'run prlimit --fsize=unlimited sqlite3 -cmd ".timeout 10000" {bank} "{statement}"'


def first(bank):
    return read_bank(bank, "SELECT min(cif) FROM customer_info")[0][0]


def copied(name, customers=20):
    bank, replica = make_bank(f"{name}.bank", customers), path(f"{name}.db")
    ingest(bank, replica)
    return bank, replica, first(bank)


def played(t, name, script, *arguments, replica, **more):
    """The screens of a script that must run to its end, without a fault on any."""
    screens, done = script.play(*arguments, replica=replica, **more)
    t.ok(done.status == 0 and len(screens) == len(script.sizes), name, done)
    wrong = [f"{screen}\n{fault}" for screen in screens.values() for fault in faults(screen)]
    t.equal("\n".join(wrong), "", f"{name}: nothing is wrong on its screens")
    return screens if len(screens) == len(script.sizes) else None


def says(t, screen, words, name):
    """Words may be broken over rows of a message."""
    text = " ".join(" ".join(screen.rows).split())
    t.ok(re.search(words, text), name, f"{screen}\nwanted: {words}")


def whole(t, replica, name):
    found = desk("check", "--replica", replica)
    t.ok(found.status == 0, f"{name}: check finds nothing in the replica", found)


# ---- the source ----

def source_down_at_start(t):
    """A replica of yesterday, and a source that is not there: everything can be looked up; then the source comes."""
    bank, replica, cif = copied("down")
    os.rename(bank, bank + ".away")
    script = Script().wait("OFFLINE").keys(f"{cif} Enter g2 1").wait("could not").shot("customer").keys("F2 lag Enter").wait("What helps").shot("lag").keys("Esc Esc 2")
    script.run(f"mv {bank}.away {bank}").live(replica).shot("there")
    if screens := played(t, "source down at the start", script, "--source", f"bank:{bank}", replica=replica):
        says(t, screens["customer"], r"OFFLINE.*Status.*could not.*:lag says more", "source down: the customer, the word, why, and where more is said")
        says(t, screens["lag"], r"Last error could not.*What helps", "source down: the source's screen has the error, and what helps")
        t.ok(screens["there"].code == "CIF" and "12__" in screens["there"].rows[1], "source there: the same screen, what was typed too", screens["there"])
        t.ok(not screens["there"].says("could not"), "source there: the trouble is no longer told", screens["there"])


def nothing_at_start(t):
    """Neither a replica nor a source."""
    bank, replica = path("later.bank"), path("later.db")
    script = Script().wait("could not").shot("nothing").keys("123 Enter").shot("sent").keys("4")
    script.run(f'"$TELLERDESK" generate --to bank:{bank} --customers 20 --delay 0s >/dev/null 2>&1').live(replica).shot("there")
    if screens := played(t, "neither replica nor source", script, "--source", f"bank:{bank}", replica=replica):
        says(t, screens["nothing"], r"(OFFLINE|NO DATA).*CIF ==> _.*could not", "nothing there: it says why")
        says(t, screens["sent"], r"123 is not copied yet, or does not exist|no replica to read yet", "nothing there: a lookup is answered with what is known")
        t.ok("4___" in screens["there"].rows[1] and not screens["there"].says("could not"), "the source comes: what was typed still stands", screens["there"])


def copying(replica):
    """Whether the first copy runs, asked as quickly as can be."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{replica}?mode=ro", uri=True, timeout=BOUND)) as db:
            return db.execute("SELECT state FROM td_status").fetchone()[0] == "snapshot"
    except (sqlite3.Error, TypeError):
        return False


def built(t):
    """The first copy, held in its middle: its share, and customers that are not copied yet; then it goes on."""
    bank, replica = make_bank("built.bank", 30000), path("built.db")
    last = read_bank(bank, "SELECT max(cif) FROM customer_info")[0][0]
    with running("ingest", "--source", f"bank:{bank}", "--replica", replica) as service:
        wait_for(lambda: copying(replica), "a copy that runs", pause=0.001)
        service.send_signal(signal.SIGSTOP)
        script = Script().wait("The first copy runs").shot("home").keys(f"{last} Enter").idle().shot("early").keys("F2 lag Enter").wait("First copy").shot("lag")
        script.run(f"kill -CONT {service.pid}").wait("LIVE").keys(f'F2 ":cif {last}" Enter').idle().shot("done")
        screens = played(t, "a replica that is being built", script, "--no-ingest", replica=replica)
        service.send_signal(signal.SIGCONT)
    if screens:
        home, early = screens["home"], screens["early"]
        t.ok(re.fullmatch(r"SNAPSHOT \d+ ?%", home.age) and "SNAPSHOT" in home.rows[0][:30], "it tells how much is copied", home)
        says(t, home, r"The first copy runs: \d+ %, [\d,]+ rows, [\d,]+ a second", "how fast, and how long it may take")
        says(t, early, r"not copied yet|Gender", "who is not copied yet is not called unknown")
        t.ok(not early.says("There is no customer"), "nor denied", early)
        says(t, screens["lag"], r"First copy .*\d %.* rows, .* a second", "the source's screen has the progress")
        says(t, screens["done"], rf"{last}.*Gender", "and in the end they are there")


# ---- the writer ----

def locked(t):
    """Another process writes: the console says who, reads along, and takes over when that one is gone."""
    bank, replica, cif = copied("locked")
    with running("ingest", "--source", f"bank:{bank}", "--replica", replica) as service:
        wait_for(lambda: desk("status", "--replica", replica, "--json").json()["replica"]["writer"] == service.pid, "a service that writes")
        script = Script().wait("keeps the replica current").shot("told").keys(f"{cif} Enter", "g2 77").wait("LIVE").shot("reading")
        script.run(f"kill -9 {service.pid}").add(change(bank, f"UPDATE bank_product SET status = 'TAKEN' WHERE cif = {cif}")).wait("TAKEN").shot("taken")
        screens = played(t, "a replica that another process writes", script, "--source", f"bank:{bank}", replica=replica)
    if screens:
        says(t, screens["told"], r"process \d+ keeps the replica current", "it says who writes")
        t.ok(screens["reading"].code == "CIF", "and reads along", screens["reading"])
        t.ok("77__" in screens["taken"].rows[1] and screens["taken"].age.startswith("LIVE"), "that one killed, it writes itself; what was typed stays", screens["taken"])
        whole(t, replica, "taken over")


HOLD = """
import os, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA locking_mode = EXCLUSIVE")
db.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(300)
"""


def held(t):
    """A foreign hand holds the file whole: the console does not wait for it, and says what it is."""
    _, replica, cif = copied("held")
    holder = subprocess.Popen([sys.executable, "-c", HOLD, replica], stdout=subprocess.PIPE)
    try:
        holder.stdout.readline()
        begun = time.monotonic()
        done = Script().idle().play("--no-ingest", replica=replica)[1]
        t.ok(done.status == 5 and time.monotonic() - begun < 10, f"held by another program: exit 5 after {time.monotonic() - begun:.1f} s", done)
        t.ok("another program holds it" in done.err and "hint: " in done.err, "and why, and what helps", done.err)
    finally:
        holder.kill()
        holder.communicate()
    screens = played(t, "let go", Script().idle().keys(f"{cif} Enter").idle().shot("after"), "--no-ingest", replica=replica)
    if screens:
        says(t, screens["after"], r"Gender", "let go: lookups are answered")


# ---- the disk ----

def full(t):
    """No room to write: it says that the copy waits; when there is room it goes on. (A limit of the size of files stands for the disk.)"""
    bank, replica, cif = copied("full", 200)
    size = max(os.path.getsize(replica + suffix) for suffix in ("", "-wal") if os.path.exists(replica + suffix))
    flood = f"UPDATE customer_info SET address = address || printf('%4000s', 'x') WHERE cif <> {cif}"
    script = Script(120, 40).wait("LIVE").keys(f"{cif} Enter", "g2 55").shot("before").add(change(bank, flood)).wait("waits").shot("full")
    script.keys("55").shot("typed").run("prlimit --pid $PPID --fsize=unlimited").wait("LIVE").add(
        change(bank, f"UPDATE bank_product SET status = 'AGAIN' WHERE cif = {cif}")).wait("AGAIN").shot("again")
    screens = limited(t, script, size + 200000, "--source", f"bank:{bank}", replica=replica)
    if screens:
        says(t, screens["full"], r"The copy waits: .*It goes on by itself", "full: it says so, and that it goes on by itself")
        t.ok("5555_" in screens["typed"].rows[1] and screens["typed"].code == "CIF", "full: keys are taken", screens["typed"])
        t.ok("5555_" in screens["again"].rows[1] and not screens["again"].says("waits"), "room again: changes come, what was typed stays", screens["again"])
        whole(t, replica, "full disk")


def limited(t, script, size, *arguments, replica):
    """As played; files of the console may not grow beyond a size."""
    before, old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        return played(t, "a disk that is full", script, *arguments, replica=replica)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, before)


def deleted(t):
    """The file is deleted, and put there again."""
    _, replica, cif = copied("deleted")
    script = Script().idle().keys(f"{cif} Enter", "g2 66").idle().shot("before").run(f"mkdir gone && mv {replica}* gone/").wait("is gone").shot("gone")
    script.keys("7").shot("typed").run(f"cp gone/{os.path.basename(replica)} {replica}").wait("was replaced").shot("there")
    if screens := played(t, "a replica that is deleted", script, "--no-ingest", replica=replica):
        says(t, screens["gone"], r"OFFLINE.*is gone: this is what it held last", "deleted: it says so, and what is shown")
        t.equal(screens["gone"].body[1:6], screens["before"].body[1:6], "deleted: the customer is still there to see")
        t.ok("667_" in screens["typed"].rows[1], "deleted: keys are taken", screens["typed"])
        t.ok(screens["there"].code == "CIF" and "667_" in screens["there"].rows[1] and screens["there"].says("Status"), "there again: customer, tab and what was typed",
             screens["there"])


def replaced(t):
    """Another replica is put in its place: the same customer, as that one has them."""
    bank, replica, cif = copied("replaced")
    other = path("other.db")
    write_bank(bank, f"UPDATE customer_info SET city = 'Atlantis' WHERE cif = {cif}")
    ingest(bank, other)
    script = Script().idle().keys(f"{cif} Enter").idle().shot("before").run(f"rm -f {replica}-wal {replica}-shm; mv {other} {replica}").wait("Atlantis").shot("new")
    if screens := played(t, "a replica that is replaced", script, "--no-ingest", replica=replica):
        says(t, screens["new"], r"Atlantis.*was replaced: this is the new one", "replaced: the customer of the new one, and a word")


def cut(t):
    """Truncated, or overwritten with rubbish: an error in words, no crash; a good one in its place is taken."""
    for name, damage in (("truncated", ": >{0}"), ("cut in half", "truncate -s 40960 {0}"), ("rubbish", "head -c 200000 /dev/zero | tr '\\0' x >{0}")):
        _, replica, cif = copied(name.replace(" ", "-"))
        kept = path("kept")
        script = Script().idle().keys(f"{cif} Enter").idle().run(f"cp {replica} {kept}").run(damage.format(replica))
        script.keys("88", "r", "g2", "g1", "F2 stor Enter", "F2 find Enter").shot("damaged").run(f"rm -f {replica}*; mv {kept} {replica}")
        script.wait("was replaced").keys("Ctrl-F", f"F2 find Enter", f'F2 ":cif {cif}" Enter').idle().shot("after")
        if screens := played(t, f"a replica that is {name}", script, "--no-ingest", replica=replica):
            says(t, screens["after"], r"Gender", f"{name}: with a good one in its place all is well")


# ---- permissions ----

def refused(t, name, done):
    """An end before there is a screen: the promised status, and a line that says why."""
    t.ok(done.status == 3 and done.err.startswith("tellerdesk: could not"), f"{name}: exit 3 and the reason", done)
    t.ok(done.err.count("\n") <= 2 and "write replica" not in done.err, f"{name}: and no more than that", done)


def forbidden(t):
    """Not allowed to read: not at the start; while it is open; and another in its place that may not be read."""
    prefix = without_privileges()
    if prefix is None:
        t.skip("a replica that may not be read", "root cannot give up its privileges here (no setpriv)")
        return
    _, replica, cif = copied("forbidden")
    os.chmod(replica, 0)
    refused(t, "not allowed at the start", Script().keys("12").play("--no-ingest", replica=replica, prefix=prefix)[1])
    os.chmod(replica, 0o600)
    script = Script().idle().keys(f"{cif} Enter").idle().run(f"chmod 000 {replica}").keys("g2 9").idle().shot("open")
    script.run(f"cp {replica} other; mv other {replica}") if os.geteuid() else script.run(f"install -m 000 /dev/null other && mv other {replica}")
    script.wait("is gone").shot("gone").keys("9").shot("typed")
    if screens := played(t, "a replica that may be read no more", script, "--no-ingest", replica=replica, prefix=prefix):
        says(t, screens["open"], r"Status", "taken away: what is open is read on")
        says(t, screens["gone"], r"is gone: this is what it held last.*as soon as there is one", "another that may not be read: what it held last, and that")
        t.ok("99_" in screens["typed"].rows[1], "and keys are taken", screens["typed"])


def read_only(t):
    """A folder in which nothing can be made: it is said, and with what helps."""
    prefix = without_privileges()
    if prefix is None:
        t.skip("a folder that is read-only", "root cannot give up its privileges here (no setpriv)")
        return
    bank, replica, cif = copied("readonly")
    folder = path("readonly")
    inside = os.path.join(folder, "r.db")
    os.mkdir(folder)
    os.rename(replica, inside)
    os.chmod(folder, 0o555)
    try:
        for name, words in (("read", ["--no-ingest"]), ("write", ["--source", f"bank:{bank}"])):
            refused(t, f"a read-only folder, to {name}", Script().idle().play(*words, replica=inside, prefix=prefix)[1])
        os.chmod(folder, 0o755)
        with running("ingest", "--source", f"bank:{bank}", "--replica", inside) as service:
            wait_for(lambda: desk("status", "--replica", inside, "--json").json()["replica"]["writer"] == service.pid, "a service that writes")
            os.chmod(folder, 0o555)
            script = Script().wait("LIVE").keys(f"{cif} Enter").idle().shot("customer")
            if screens := played(t, "a read-only folder, beside its writer", script, "--no-ingest", replica=inside, prefix=prefix):
                says(t, screens["customer"], r"LIVE.*Gender", "beside its writer it is read as ever")
    finally:
        os.chmod(folder, 0o755)


# ---- the clock ----

def clock(t):
    """The clock jumps: no age below zero, and nothing that is old looks fresh."""
    bank, replica, cif = copied("clock")
    at = int(time.time())

    def now(hours):
        return "now " + time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at + hours * 3600))

    jumps = (0, 3, -5, 0, 30, -48, 2)
    script = Script().add(now(0)).idle().keys(f"{cif} Enter")
    for n, hours in enumerate(jumps):
        script.add(now(hours)).idle().keys("r").shot(f"{n}")
    if screens := played(t, "a clock that jumps, nobody writing", script, "--no-ingest", replica=replica):
        t.equal([s.age.split()[0] for s in screens.values()], ["OFFLINE"] * len(jumps), "nobody writes: OFFLINE whatever the clock says")
    script = Script().wait("LIVE").keys(f"{cif} Enter")
    for n, hours in enumerate(jumps):
        script.add(now(hours)).keys("r").shot(f"{n}")
    with running("ingest", "--source", f"bank:{bank}", "--replica", replica):
        screens = played(t, "a clock that jumps, somebody writing", script, "--no-ingest", replica=replica)
    if screens:
        for n, hours in enumerate(jumps):
            age = screens[str(n)].age
            t.ok(AGE.fullmatch(age), f"{hours:+d} h: {age}", screens[str(n)])
            if hours > 0:
                t.ok(not age.startswith("LIVE"), f"{hours:+d} h: what was complete so long ago is not live: {age}", screens[str(n)])


# ---- load ----

def rush(t):
    """Ten thousand changes a second while somebody types: every key in its place."""
    bank, replica = make_bank("rush.bank", 500), path("rush.db")
    ingest(bank, replica)
    cifs = [str(row[0]) for row in read_bank(bank, "SELECT cif FROM customer_info ORDER BY cif LIMIT 10")]
    script = Script().wait("LIVE").add(begin(f"generate --to bank:{bank} --customers 500 --changes 10000/s --for 30s", "rush"))
    script.keys("F4", *"maria").keys("Backspace Backspace").shot("name").keys("Esc")
    for cif in cifs:
        script.keys(*cif, "Enter").add("time").shot(cif)
    script.keys("F6").shot("recent").add(finish("rush"))
    screens, done = script.play("--source", f"bank:{bank}", replica=replica)
    if not t.ok(done.status == 0 and "recent" in screens, "typing while changes rush in", done):
        return
    t.ok("mar_" in screens["name"].rows[3], "each letter is there", screens["name"])
    t.equal([c for c in cifs if c not in screens[c].rows[1] or not screens[c].says("Gender")], [], "each CIF is shown at its Enter")
    took = [int(n) for n in re.findall(r"enter_us (\d+)", done.out)]
    t.ok(len(took) == 10 and sorted(took)[5] < 200000, f"in {sorted(took)[5] / 1000:.1f} ms at the median, {max(took) / 1000:.1f} ms at worst", took)
    table = screens["recent"].table("CIF")
    t.equal([screens["recent"].cell(table, y, "CIF") for y in table.rows], cifs[::-1], "all ten in the list, newest first", screens["recent"])


def stop_left():
    """What scripts started and a failure left."""
    for name in STARTED:
        with contextlib.suppress(OSError, ValueError):
            with open(path(name), encoding="ascii") as file:
                os.kill(int(file.read()), signal.SIGKILL)


with tap() as t:
    try:
        for test in (source_down_at_start, nothing_at_start, built, locked, held, full, deleted, replaced, cut, forbidden, read_only, clock, rush):
            begun = time.monotonic()
            test(t)
            print(f"# {test.__name__}: {time.monotonic() - begun:.1f} s")
    finally:
        stop_left()
