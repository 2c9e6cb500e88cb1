#!/usr/bin/python3
"""What may happen to a server's log, and to the slot that keeps it, while it is followed and while it is not.

    log.py [--only N]       of the scenarios, in order

Where the log goes on, the replica goes on; where the same server lost what was kept for us, the replica reads the tables again and
says which time nobody saw; where it is another log, or another stood in our place, a person must decide. Nothing keeps the bank's
log for longer than it must, and no statement of the bank waits for us.
"""

import sqlite3
import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from place import Place, ROWS  # noqa: E402

(ONLY,) = numbers(only=0)

MEGABYTE = 1 << 20


class SlotPlace(Place):
    def __init__(self, t, name, proxied=False, **options):
        super().__init__(t, Server(name, tcp=proxied, **options), proxied)

    def slot(self):
        """Its row of pg_replication_slots; there is exactly one."""
        slots = list(self.server.slots().values())
        return slots[0] if len(slots) == 1 else None

    def retained(self):
        return self.server.lsn() - number(self.slot()["restart_lsn"])


def copy_replica(source, target):
    """As a backup copies it, its log of writes included."""
    with contextlib.closing(sqlite3.connect(source)) as a, contextlib.closing(sqlite3.connect(target)) as b:
        a.backup(b)


def while_away(p):
    """Changes that nobody tells us of."""
    p.sql("DELETE FROM customer_info WHERE cif = 23; INSERT INTO customer_info (cif, name) VALUES (77, 'New'); UPDATE customer_info SET name = 'Other' WHERE cif = 24")


def history_of_a_gap(p, name):
    """What happened unseen is known from the reconciliation on, and said so."""
    ended = value(p.replica, "SELECT ended_by FROM customer_versions WHERE cif = 23")
    origin = value(p.replica, "SELECT origin FROM customer_versions WHERE cif = 24 AND is_current")
    p.equal((ended, origin), ("resync", "resync"), f"{name}: what nobody saw is of origin resync")
    gap = desk("history", "23", "--replica", p.replica, "--json")
    p.ok(gap.status == 0 and gap.json()["gaps"], f"{name}: its history shows the gap", gap)


# ---- the log goes on ----

def idle(t):
    """A week in which others write, an hour's checkpoint after the other: nothing of ours changes."""
    with SlotPlace(t, "idle", max_slot_wal_keep_size="32MB") as p:
        most = 0
        for hour in range(7 * 24):
            p.server.noise(1)
            p.server.checkpoint()
            if hour % 24 == 0:
                p.server.database(f"day{hour // 24}", "CREATE TABLE t (a INT); INSERT INTO t SELECT generate_series(1, 1000)")
            most = max(most, p.retained())
            if p.retained() > 12 * MEGABYTE:
                p.service.wait(lambda: p.server.checkpoint() or p.retained() < 8 * MEGABYTE, "log that is let go of while nothing of ours changes")
        p.service.wait(lambda: p.server.checkpoint() or p.retained() < 4 * MEGABYTE, "log that is let go of at the end")
        p.ok(most < 32 * MEGABYTE and p.slot()["wal_status"] == "reserved", f"170 MB of log passed, at most {most / MEGABYTE:.0f} MB were kept", p.slot())
        p.sync()
        p.same()


def restarted(t):
    with SlotPlace(t, "restarted", fsync="on") as p:
        for end, words in ((p.server.stop, "stopped"), (p.server.kill9, "killed")):
            p.sync()
            end()
            p.service.until_state("offline")
            p.server.start()
            p.service.until_live()
            p.sync(f"after the server was {words}")
        p.service.kill9()
        p.change()
        p.service.start()
        p.sync("after the program was killed")
        p.same()


def acknowledged(t):
    """What is told to be held is held: the slot never stands past the replica's own position."""
    with SlotPlace(t, "acknowledged") as p:
        for turn in range(30):
            p.sync()
            confirmed = number(p.slot()["confirmed_flush_lsn"])
            position = number(value(p.replica, "SELECT position FROM td_source").split(" ")[0])
            if confirmed > position:
                p.ok(False, f"turn {turn}: the slot stands past the replica", (p.slot(), position))
                return
        p.service.wait(lambda: number(p.slot()["confirmed_flush_lsn"]) == number(value(p.replica, "SELECT position FROM td_source").split(" ")[0]),
                       "the slot to stand where the replica stands")
        p.ok(True, "the slot follows, and never leads")
        p.service.terminate()
        p.equal(number(p.slot()["confirmed_flush_lsn"]) <= number(value(p.replica, "SELECT position FROM td_source").split(" ")[0]), True, "after the end too", p.slot())


def looked_at(t):
    """Questions make nothing at the server."""
    with SlotPlace(t, "looked") as p:
        p.sync()
        name = p.slot()["slot_name"]
        with p.server.session() as other:
            other.run("BEGIN; UPDATE store SET city = 'held' WHERE store_id = 'S2'")
            for words in (("check", "--against-source"), ("check-source", "--source", p.url), ("status",), ("check", "--against-source", "--repair")):
                done = desk(*words, "--replica", p.replica)
                p.ok(done.status in (0, 1, 5), f"{' '.join(words[:3:2])}: answers beside the service and a writer that takes long", done)
                p.equal([s["slot_name"] for s in p.server.slots().values()], [name], f"{words[0]}: there is one slot, as before")
        p.service.terminate()
        must(desk("check", "--against-source", "--replica", p.replica))
        p.equal([s["slot_name"] for s in p.server.slots().values()], [name], "and without a service")


def begun_anew(t):
    """A program that was ended after it made its slot and before it noted it finds it again; so does a replica that was removed."""
    with SlotPlace(t, "anew") as p:
        name = p.slot()["slot_name"]
        p.ok(name.startswith("tellerdesk_") and re.fullmatch("[a-z0-9_]+_[0-9a-f]{8}", name), "the slot is named after the console", name)
        p.service.terminate()
        fresh("anew.db")
        p.service.start()
        p.service.until_live()
        p.equal([s["slot_name"] for s in p.server.slots().values()], [name], "there is one slot, the same")
        p.sync()
        p.same()


def anothers_slot(t):
    """A slot that a person named, and that is there already, may be another program's: its place in the log is not taken from it."""
    with SlotPlace(t, "others") as p:
        p.server.sql("SELECT pg_create_logical_replication_slot('warehouse', 'pgoutput')")
        before = p.server.slots()["warehouse"]
        done = once(p.server.url(slot="warehouse"), fresh("mine.db"))
        p.ok(done.status == 8 and "may be another program's" in done.err and "detach --slot warehouse" in done.err, "another's slot is refused", done)
        p.equal(p.server.slots()["warehouse"], before, "and stays as it is")
        must(desk("detach", "--slot", "warehouse", "--source", p.server.url(), "--replica", path("mine.db")))
        done = once(p.server.url(slot="warehouse"), path("mine.db"))
        p.equal(done.status, 0, "dropped by a person, the name is free", done)


# ---- what was kept for us is gone ----

def lost(t):
    with SlotPlace(t, "lost", max_slot_wal_keep_size="1MB") as p:
        name = p.slot()["slot_name"]
        p.service.terminate()
        while_away(p)
        p.server.lose_slot(name)
        done = desk("check-source", "--source", p.url, "--replica", p.replica, "--json")
        p.ok(any(name in f["object"] + f["detail"] for f in done.json()["findings"]), "preflight names the slot that was given up", done)
        p.service.start()
        p.service.until_live()
        p.ok("given up" in p.service.said(), "it says that the slot was given up", p.service.said())
        p.sync("after a slot that was lost")
        p.same("a slot that was lost: reconciled", gaps=1)
        history_of_a_gap(p, "lost")
        p.equal((p.slot() or {}).get("wal_status"), "reserved", "one slot, made anew", p.server.slots())
        p.service.terminate()
        p.server.lose_slot(name)
        p.service.start()
        p.refused("a second time within the hour", "given up", "second time within an hour", mend=())
        p.same("and reconciled by a person", gaps=2)


def missing(t):
    with SlotPlace(t, "missing") as p:
        name = p.slot()["slot_name"]
        p.service.terminate()
        while_away(p)
        p.server.drop_slot(name)
        p.service.start()
        p.service.until_live()
        p.ok("not there any more" in p.service.said(), "it says that the slot is gone", p.service.said())
        p.sync("after a slot that was dropped")
        p.same("a slot that was dropped: reconciled", gaps=1)
        history_of_a_gap(p, "missing")


def dropped_under_us(t):
    """While it is in use a slot cannot be dropped, but its reader can be ended first."""
    with SlotPlace(t, "under") as p:
        p.sync()
        p.server.drop_slot(p.slot()["slot_name"])
        p.service.wait(lambda: "not there any more" in p.service.said(), "a slot that went away under us")
        p.service.until_live()
        p.sync()
        p.same("dropped under us: reconciled", gaps=1)


# ---- another reader ----

def busy(t):
    """A copy of a replica reads from the same slot: one of the two is told, the other goes on."""
    with SlotPlace(t, "busy", wal_sender_timeout="2s") as p:
        p.sync()
        copy = fresh("copy.db")
        p.service.terminate()
        copy_replica(p.replica, copy)
        p.service.start()
        p.service.until_live()
        done = once(p.url, copy)
        p.ok(done.status == 6 and re.search(r"process \d+ of it reads from our slot", done.err), "a batch of the copy: unreachable, with the process", done)
        with follow(p.url, copy) as other:
            other.until_state("refused", bound=60)
            text = status(copy)["sources"][0]
            p.ok("another program reads from our slot" in text["error"] and "--accept-server" in text["hint"], "a service of the copy is refused in the end", text)
        p.sync("the first goes on")
        done = desk("resync", "--replica", copy, "--source", p.url, "--accept-server", "--json")
        p.ok(done.status == 0, "the copy gets a slot of its own", done)
        p.equal(len(p.server.slots()), 2, "there are two slots", p.server.slots())
        p.sync("and the first still goes on")
        p.same()


def half_open(t):
    """A connection that was cut off without a word: the server holds the slot until it notices."""
    with SlotPlace(t, "halfopen", proxied=True, wal_sender_timeout="3s") as p:
        p.sync()
        p.proxy.stall()
        p.service.kill9()
        p.proxy.flow()
        p.service.start()
        p.sync("after the server has let go of the old connection")
        p.same()


# ---- another log, another place ----

def restored_replica(t):
    with SlotPlace(t, "restored") as p:
        p.sync()
        p.service.terminate()
        old = path("old.db")
        copy_replica(p.replica, old)
        p.service.start()
        p.sync()
        p.service.wait(lambda: number(p.slot()["confirmed_flush_lsn"]) >= number(value(p.replica, "SELECT position FROM td_source").split(" ")[0]), "the slot to follow")
        p.service.terminate()
        fresh("restored.db")
        copy_replica(old, p.replica)
        p.service.start()
        p.refused("a restored replica", "stands at .*, past our", "restored")
        p.same("a restored replica: reconciled", gaps=1)


def restored_server(t):
    with SlotPlace(t, "backup", proxied=True) as p:
        p.sync()
        p.service.until_live()
        backup = p.server.twin("backup-old")
        p.others.append(backup)
        for _ in range(5):
            p.sync()
        p.server.noise(1)
        p.sync()
        p.server.stop()
        backup.start()
        p.proxy.upstream = ("127.0.0.1", backup.port)
        p.proxy.cut()
        p.server, p.others = backup, [p.server]
        p.refused("a server restored from a backup", "its log ends at .*, before our", "--accept-server")
        p.same("a restored server: taken as it is", gaps=1)


def another_server(t):
    with SlotPlace(t, "another", proxied=True) as p:
        p.sync()
        other = Server("alien", tcp=True, alien=True)
        p.others.append(other)
        other.bank()
        other.sql(ROWS + "UPDATE customer_info SET name = upper(name)")
        p.proxy.upstream = ("127.0.0.1", other.port)
        p.proxy.cut()
        p.server, p.others = other, [p.server]
        p.refused("another server behind the name", "another|not the one|other", "--accept-server")
        p.same("another server: accepted", gaps=1)


# ---- failover ----

def fail_over(p, standby, slot=None):
    """The first server dies; the standby takes its place, with the slot's files where they are kept along (as those who manage standbys before 17 do)."""
    p.server.kill9()
    if slot:
        standby.stop()
        place = os.path.join(standby.data, "pg_replslot", slot)
        subprocess.run(["cp", "-a", os.path.join(p.server.data, "pg_replslot", slot), place], check=True)
        standby.start()
    standby.promote()
    p.proxy.upstream = ("127.0.0.1", standby.port)
    p.proxy.cut()
    p.server, p.others = standby, [p.server]


def received(p, standby):
    """All of the first server's log is on the standby's disk and applied."""
    wanted = p.server.cell("SELECT pg_current_wal_flush_lsn()")
    p.service.wait(lambda: number(standby.cell("SELECT pg_last_wal_replay_lsn()", "postgres")) >= number(wanted), "a standby that has all")


def failover_with_slot(t):
    with SlotPlace(t, "failover", proxied=True) as p:
        standby = p.server.standby("second")
        p.others.append(standby)
        p.sync()
        name = p.slot()["slot_name"]
        p.server.checkpoint()
        p.sync()
        received(p, standby)
        fail_over(p, standby, name)
        p.sync("at the promoted standby")
        p.same("a failover with its slot: nothing is missed")
        position = value(p.replica, "SELECT position FROM td_source")
        p.ok("timeline=2" in position, "the position is of the new timeline", position)
        p.service.restart()
        p.sync("after a start there")
        p.same()


def failover_without_slot(t):
    with SlotPlace(t, "noslot", proxied=True) as p:
        standby = p.server.standby("second-noslot")
        p.others.append(standby)
        p.sync()
        received(p, standby)
        fail_over(p, standby)
        p.service.wait(lambda: "did not come along" in p.service.said(), "a slot that did not come along")
        p.service.until_live()
        p.sync("at the promoted standby")
        p.same("a failover without its slot: reconciled", gaps=1)


def failover_that_lost(t):
    """The replica has what the first server committed and the standby never got."""
    with SlotPlace(t, "parted", proxied=True) as p:
        standby = p.server.standby("second-parted")
        p.others.append(standby)
        p.sync()
        received(p, standby)
        name = p.slot()["slot_name"]
        standby.stop()
        p.server.noise(1)
        p.sync("what the standby does not get")
        p.server.kill9()
        standby.options["primary_conninfo"] = ""
        standby.start()
        fail_over(p, standby, name)
        p.refused("a failover that lost commits", "lacks what that had committed", "--accept-server")
        p.same("taken as it is", gaps=1)


# ---- the bank never waits for us ----

def never_waited_for(t):
    with SlotPlace(t, "standbys") as p:
        p.sync()
        p.server.reload(synchronous_standby_names="*")
        p.service.until_state("refused")
        p.ok("synchronous_standby_names" in p.error(), "taken for a synchronous standby, it leaves", p.error())
        p.service.terminate()
        p.server.reload(synchronous_standby_names="")
        done = once(p.url, p.replica)
        p.equal(done.status, 0, "named no more, it follows again", done)
        p.server.reload(synchronous_standby_names="FIRST 1 (*)")
        done = once(p.url, p.replica)
        p.ok(done.status == 8 and "synchronous_standby_names" in done.err + done.out, "and does not come near while it would be", done)
        p.equal(p.server.walsenders(), [], "no connection of ours is there to wait for")


SCENARIOS = (idle, restarted, acknowledged, looked_at, begun_anew, anothers_slot, lost, missing, dropped_under_us, busy, half_open, restored_replica, restored_server, another_server,
             failover_with_slot, failover_without_slot, failover_that_lost, never_waited_for)

with tap() as t:
    if need(t):
        for i, scenario in enumerate(SCENARIOS, 1):
            if ONLY in (0, i):
                scenario(t)
