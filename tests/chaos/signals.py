#!/usr/bin/python3
"""Signals at random moments of the first copy, of its indexes, of the search index, and at rest.

    signals.py [--rounds N] [--seed N]

Whatever the moment: the end is quick and has the status that was promised, nobody
holds the replica afterwards, and the next start goes on to the same end.
"""

import random
import sys
import os

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403

ROUNDS, SEED = numbers(rounds=8, seed=1)
LIVES = 4  # starts a replica may need to be whole: then another is begun
QUICK = 1.0  # what an end may take on a machine that does other things too; 0.2 is promised


def ask(replica, sql):
    try:
        with contextlib.closing(sqlite3.connect(f"file:{replica}?mode=ro", uri=True, timeout=BOUND)) as db:
            return db.execute(sql).fetchone()[0]
    except sqlite3.Error:
        return None


def whole(replica):
    return (ask(replica, "SELECT state FROM td_status") == "live" and
            ask(replica, "SELECT value FROM td_meta WHERE name = 'search'") == "ready")


def fresh(name):
    for suffix in ("", "-wal", "-shm", ".lock"):
        if os.path.exists(path(name) + suffix):
            os.unlink(path(name) + suffix)
    return path(name)


def stage(replica):
    """What it was about, for whoever reads of a failure."""
    return [ask(replica, "SELECT state FROM td_status"), ask(replica, "SELECT count(*) FROM td_copy"),
            ask(replica, "SELECT value FROM td_meta WHERE name = 'search'")]


def listens(process):
    """Whether it has said what is to happen at SIGTERM; before that it ends as any program."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            caught = next(line for line in file if line.startswith("SigCgt"))
    except (OSError, StopIteration):
        return False
    return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1 == 1


def end_at(words, moment, number):
    """Starts the program, signals it `moment` seconds after it listens: exit status, seconds to its end, what it said."""
    process = subprocess.Popen([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=ENVIRONMENT, cwd=FOLDER)
    wait_for(lambda: process.poll() is not None or listens(process), "a process that listens", pause=0.001)
    try:
        process.wait(timeout=moment)
    except subprocess.TimeoutExpired:
        pass
    return terminate(process, number) if process.poll() is None else (process.returncode, 0.0, process.communicate()[1].decode())


def measured(bank):
    """How long an undisturbed first copy takes, search index included."""
    replica = fresh("undisturbed.db")
    begun = time.monotonic()
    with running("ingest", "--source", f"bank:{bank}", "--replica", replica) as service:
        wait_for(lambda: whole(replica), "a whole replica")
        took = time.monotonic() - begun
        terminate(service)
    return took


def terminated(t, bank, took):
    """SIGTERM, SIGINT and SIGHUP to a service: exit 0 each time."""
    dice = random.Random(SEED)
    slow, odd, held, ends = [], [], [], []
    for round_ in range(ROUNDS):
        if round_ % LIVES == 0:
            replica = fresh("signalled.db")
        number = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[round_ % 3]
        moment = dice.random() * took
        status, seconds, err = end_at(("ingest", "--source", f"bank:{bank}", "--replica", replica), moment, number)
        ends.append(seconds)
        at = f"round {round_}, {moment:.3f} s, {number.name}: {status} after {seconds:.3f} s, {stage(replica)}: {err}"
        if status != 0:
            odd.append(at)
        if seconds > QUICK:
            slow.append(at)
        answer = desk("status", "--replica", replica, "--json")
        if answer.status == 0 and answer.json()["replica"]["writer"] is not None:
            held.append(at)
        if round_ % LIVES == LIVES - 1:
            finish(t, bank, replica, f"ended {LIVES} times, it goes on to the end")
    ends.sort()
    print(f"# seed {SEED}: ended in {ends[0] * 1000:.0f} ms at best, {ends[len(ends) // 2] * 1000:.0f} in the middle, {ends[-1] * 1000:.0f} at worst")
    t.equal(odd, [], "a signal ends a service with exit 0")
    t.equal(slow, [], "at once")
    t.equal(held, [], "and nobody holds the replica")


def finish(t, bank, replica, name):
    done = desk("ingest", "--once", "--source", f"bank:{bank}", "--replica", replica)
    found = desk("check", "--against-source", "--replica", replica)
    t.ok(done.status == 0 and found.status == 0, name, f"{done}\n{found}")


def once(t, bank, took):
    """A batch that is told to end before its end has not done what it was to do: exit 7."""
    dice = random.Random(SEED + 1)
    wrong = []
    interrupted = 0
    for round_ in range(6):
        replica = fresh("once.db")
        status, seconds, err = end_at(("ingest", "--once", "--source", f"bank:{bank}", "--replica", replica),
                                      dice.random() * took * 0.6 if round_ else 0, signal.SIGTERM)
        interrupted += status == 7
        if status not in (0, 7) or seconds > QUICK or (status == 7 and "could not" not in err):
            wrong.append(f"round {round_}: {status} after {seconds:.3f} s: {err}")
    t.equal(wrong, [], "a batch ends with exit 7")
    t.ok(interrupted, "and some were in the middle", interrupted)
    finish(t, bank, replica, "the next batch goes on from there")


def killed(t, bank, took):
    """kill -9: nothing to repair, nobody to wait for."""
    dice = random.Random(SEED + 2)
    replica, broken = fresh("killed.db"), []
    for _ in range(5):
        end_at(("ingest", "--source", f"bank:{bank}", "--replica", replica), dice.random() * took * 0.6, signal.SIGKILL)
        write_bank(bank, f"UPDATE customer_info SET phone = '{dice.randrange(1000)}' WHERE cif % 50 = {dice.randrange(50)}")
        found = desk("check", "--replica", replica)
        if found.status not in (0, 5) or (found.status == 5 and "is empty" not in found.err and "No such file" not in found.err):
            broken.append(str(found))
    t.equal(broken, [], "killed in the middle, each row there is in order")
    finish(t, bank, replica, "killed five times, it goes on to the end")


def console(t, bank):
    """A console that is killed while it reads, writes and shows."""
    replica, script = fresh("console.db"), path("script")
    ingest(bank, replica)
    write_bank(bank, "UPDATE customer_info SET phone = '4711' WHERE cif < 10005000")
    with open(script, "w", encoding="utf-8") as file:
        file.write("size 80 24\nwait text LIVE\nkeys 1000 <Enter>\nwait text nothing that is ever there\n")
    shown = subprocess.Popen([PROGRAM, "console", "--script", script, "--replica", replica, "--source", f"bank:{bank}"], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, cwd=FOLDER)
    wait_for(lambda: shown.poll() is not None or desk("status", "--replica", replica, "--json").json()["replica"]["writer"] == shown.pid, "a console that writes")
    shown.kill()
    out, err = shown.communicate()
    t.equal(shown.returncode, -signal.SIGKILL, "a console is killed", (out, err))
    t.equal(desk("check", "--replica", replica).status, 0, "there is nothing to repair")
    finish(t, bank, replica, "and the next one goes on")


with tap() as t:
    bank = make_bank("signals.bank", 10000)
    took = measured(bank)
    print(f"# a first copy takes {took:.2f} s")
    terminated(t, bank, took)
    once(t, bank, took)
    killed(t, bank, took)
    console(t, bank)
