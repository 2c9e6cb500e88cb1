#!/usr/bin/python3
"""What may happen to a server's log while it is followed, and while it is not.

    log.py [--only N]       of the scenarios, in order

Where the log goes on, the replica goes on; where it lost something on the same server, the replica reads the tables again and
says which time nobody saw; where it is another log, a person must decide.
"""

import shutil
import struct
import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from place import Place  # noqa: E402

(ONLY,) = numbers(only=0)


class Bank(Place):
    def __init__(self, t, name, proxied=False, **options):
        super().__init__(t, Server(name, tcp=proxied, **options), proxied)


# ---- the log goes on ----

def rotated(t):
    with Bank(t, "rotated", max_binlog_size=4096) as b:
        for words in ("FLUSH LOGS", "SET GLOBAL binlog_checksum = NONE", "FLUSH BINARY LOGS", "SET GLOBAL binlog_checksum = CRC32", "SET GLOBAL log_bin_compress = 1",
                      "SET GLOBAL binlog_row_metadata = NO_LOG", "SET GLOBAL binlog_row_image = MINIMAL"):
            b.change()
            b.sql(words)
            b.sync(words)
        for _ in range(40):
            b.change()
        b.sync("after many files")
        b.ok(len(b.server.logs()) > 8, "there were many files", b.server.logs())
        b.sql("FLUSH LOGS; FLUSH LOGS; FLUSH LOGS")
        b.same("rotations, checksums, compression and metadata that change on the way")
        b.service.restart()
        b.sync("after a start")
        b.same("and from there after a start")


def restarted(t):
    with Bank(t, "restarted", sync_binlog=1, innodb_flush_log_at_trx_commit=1) as b:
        for end, words in ((b.server.stop, "stopped"), (b.server.kill9, "killed")):
            b.sync()
            end()
            b.service.until_state("offline")
            b.ok(desk("lookup", "1", "--replica", b.replica).status in (0, 4), f"{words}: questions are answered, the state is offline")
            b.server.start()
            b.service.until_live()
            b.sync(f"after the server was {words}")
            b.same(f"the server {words} and started again")
        b.service.terminate()
        b.server.restart()
        b.change()
        b.service.start()
        b.sync("started again meanwhile")
        b.same("a server that was started again while nobody followed")
        b.sql("BEGIN; UPDATE customer_info SET phone = 'x' WHERE cif = 3; ROLLBACK; FLUSH TABLES")
        with b.server.session() as open_:
            open_.run("BEGIN; UPDATE customer_info SET phone = 'never' WHERE cif = 4")
            b.server.kill9()
        b.server.start()
        b.sync()
        b.same("with a transaction open as it died")


def idle(t):
    with Bank(t, "idle") as b:
        first = value(b.replica, "SELECT complete_to FROM td_source")
        b.service.wait(lambda: value(b.replica, "SELECT complete_to FROM td_source") > first + 2_000_000, "an idle source that proves progress")
        b.ok(True, "an idle server proves progress")
        b.sql("CREATE DATABASE other; CREATE TABLE other.t (a INT PRIMARY KEY, b VARCHAR(2000)); INSERT INTO other.t SELECT seq, REPEAT('x', 1000) FROM seq_1_to_2000")
        before = status(b.replica)["sources"][0]["position"]
        b.service.wait(lambda: status(b.replica)["sources"][0]["position"] != before, "a position that moves with tables of others")
        b.ok(True, "the position moves with tables of others")
        b.sql("FLUSH LOGS")
        b.service.wait(lambda: b.server.logs()[-1] in status(b.replica)["sources"][0]["position"], "a position in the new file")
        b.service.wait(lambda: not value(b.replica, "SELECT count(*) FROM td_source WHERE complete_to < ?", int(time.time() * 1e6) - 2_000_000), "completeness")
        b.service.terminate()
        b.server.end_followers()
        b.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1; CREATE TABLE other.u (a INT) ENGINE = InnoDB; DROP TABLE other.u")
        must(once(b.url, b.replica))
        b.server.end_followers()
        b.sql("PURGE BINARY LOGS TO " + wire.quote(b.server.logs()[-1]))
        b.service.start()
        b.sync()
        b.same("a log purged up to where we stand loses nothing")


def positions(t):
    """--until, --once and --wait: what generate, status and SHOW MASTER STATUS say."""
    with Bank(t, "positions") as b:
        b.service.terminate()
        b.change()
        must(once(b.url, b.replica))
        here = status(b.replica)["sources"][0]["position"]
        b.change()
        b.sql("UPDATE customer_info SET email = 'later' WHERE cif = 30")
        done = desk("ingest", "--until", here, "--source", b.url, "--replica", b.replica)
        b.ok(done.status == 0 and value(b.replica, "SELECT email FROM customer WHERE cif = 30") is None, "--until a position that was reached ends at once", done)
        must(once(b.url, b.replica))
        b.equal(value(b.replica, "SELECT email FROM customer WHERE cif = 30"), "later", "--once ends with all there was")
        b.equal(desk("lookup", "30", "--wait", here, "--replica", b.replica).status, 0, "--wait for a position that was reached")


# ---- the same server, and something is gone ----

def purged(t):
    with Bank(t, "purged") as b:
        b.sync()
        b.service.terminate()
        b.sql("DELETE FROM customer_info WHERE cif IN (7, 8); UPDATE customer_info SET phone = 'unseen' WHERE cif = 9; INSERT INTO customer_info (cif, name) VALUES (900, 'Unseen')")
        b.server.purge()
        b.service.start()
        b.service.until_live()
        b.sync("after the log was purged")
        b.same("log purged while away: read again by itself", gaps=1)
        rows = ask(b.replica, "SELECT cif, ended_by FROM customer_versions WHERE cif IN (7, 8, 10) AND is_current = 0 OR cif IN (7, 8) ORDER BY cif")
        b.equal([r[0] for r in rows if r[0] in (7, 8)], [7, 8], "exactly what died is closed", rows)
        b.equal([v["origin"] for v in versions(b.replica, 9)], ["snapshot", "resync"], "what changed is a version of origin resync")
        b.equal(len(versions(b.replica, 12)), 1, "what did not change has none")
        gap = must(desk("history", "9", "--replica", b.replica, "--json")).json()["gaps"]
        b.ok(len(gap) == 1 and gap[0]["from"] < gap[0]["to"], "the history shows the gap", gap)


def lost(t):
    """The power failed: the server came back without its last transactions, which we have."""
    for name, writes in (("lost_end", 0), ("lost_end_and_went_on", 4)):
        with Bank(t, name) as b:
            b.sync()
            b.server.stop()
            shutil.copytree(b.server.data, path(name + ".before"))
            b.server.start()
            b.service.until_live()
            b.sync("the transaction that will be lost")
            b.service.terminate()
            time.sleep(1.1)  # a log that was begun in the same second cannot be told from another
            b.server.kill9()
            shutil.rmtree(b.server.data)
            shutil.move(path(name + ".before"), b.server.data)
            b.server.start()
            for _ in range(writes):
                b.sql(f"UPDATE customer_info SET name = CONCAT(name, '.') WHERE cif = 5")
            b.service.start()
            b.refused("transactions we have are lost" + (", others have their numbers" if writes else ""), "log|position|ahead|lost|diverged|server", "accept-server|resync")
            b.same("then nothing differs", gaps=1)


def shortened(t):
    """A log file lost its end, the tables did not: refused by its cause, or nothing is missing."""
    for name, inside in (("short_at_an_event", 0), ("short_inside_an_event", 11)):
        with Bank(t, name) as b:
            b.sync()
            file, at = b.server.log_path(), [e for e in b.server.events() if e[1] == "Gtid"][-1][0]
            b.service.terminate()
            b.server.stop()
            os.truncate(file, at + inside)
            b.server.start()
            b.change()
            b.service.start()
            b.service.until_state("refused", "live")
            b.service.wait(lambda: state(b.replica) == "refused" or value(b.replica, f"SELECT count(*) FROM customer WHERE phone = 'turn {b.turn}'"), "a refusal, or the change")
            if state(b.replica) == "refused":
                b.refused("a file that lost its end", "log|position|truncated|lost", "resync")
            else:
                b.same("a file that lost its end after we had read it: nothing is missing")


# ---- another log ----

def reset(t):
    with Bank(t, "reset") as b:
        b.sync()
        b.sql("RESET MASTER")
        b.change()
        b.refused("RESET MASTER under a follower", "log|reset|position|ahead|lost|server", "accept-server")
        b.same("then nothing differs", gaps=1)
    with Bank(t, "reset_away") as b:
        b.sync()
        b.service.terminate()
        b.sql("RESET MASTER")
        for _ in range(60):
            b.change()
        b.service.start()
        b.refused("RESET MASTER while nobody followed, and a log that is longer than it was", "log|reset|position|server", "accept-server")


def replaced(t):
    """Another server behind the address: of its own, or a backup of the same that went its own way."""
    for name, options, words in (("another_server", {"server_id": 77}, "server|identity"), ("restored_backup", {}, "log|position|diverged|ahead|lost|server")):
        with Bank(t, name, proxied=True) as b:
            other = b.server.twin(name + "_2", **options)
            b.service.until_live()
            b.sync()
            time.sleep(1.1)  # as above
            other.start()
            for turn in range(3):
                other.sql(f"UPDATE bank.customer_info SET phone = 'elsewhere {turn}' WHERE cif = 2")
            b.proxy.upstream = ("127.0.0.1", other.port)
            b.proxy.cut()
            own, b.server = b.server, other
            own.stop()
            b.refused(name.replace("_", " "), words, "accept-server")
            b.same("accepted, nothing differs", gaps=1)
            own.remove()


# ---- two that follow ----

def followers(server):
    """{server id: host} as a DBA sees them."""
    return {int(r[0]): r[1] for r in server.sql("SHOW SLAVE HOSTS")}


def kick(server, number):
    """Follows the log under a number that another one uses."""
    c = server.connect()
    c.run("SET @master_binlog_checksum = @@global.binlog_checksum, @mariadb_slave_capability = 4")
    name, at, _ = server.position()
    c.packets.number = 0
    c.packets.write(bytes([wire.COM_BINLOG_DUMP]) + struct.pack("<IHI", at, 0, number) + name.encode())
    c.answer()
    return c


def doubled(t):
    with Bank(t, "doubled") as b:
        seen = followers(b.server)
        b.ok(len(seen) == 1 and all(n > 2**31 for n in seen), "a DBA sees who follows, under a number of its own", seen)
        number = next(iter(seen))
        b.service.restart()
        b.service.until_live()
        b.sync()
        b.ok(number in followers(b.server), "which stays the same", followers(b.server))
        second = fresh("second.db")
        with follow(b.url, second, environment={"XDG_STATE_HOME": path("state2")}) as other:
            other.until_live()
            b.sync()
            other.until(f"SELECT count(*) FROM customer WHERE phone = 'turn {b.turn}'", 1, "the change in the other replica")
            b.ok(b.service.alive and len(followers(b.server)) == 2, "two replicas follow one server", followers(b.server))
        first = kick(b.server, number)
        b.sync("after one was mistaken for us")
        first.drop()
        kicks = []
        try:
            for _ in range(8):
                if state(b.replica) == "refused":
                    break
                kicks.append(kick(b.server, number))
                b.service.wait(lambda: state(b.replica) == "refused" or len(b.server.dump_threads()) >= 1 and number in followers(b.server), "a follower")
                time.sleep(0.2)
        finally:
            for c in kicks:
                c.drop()
        b.refused("another program under our number, again and again", "server.id|same|other", mend=None, batch=False)


SCENARIOS = [rotated, restarted, idle, positions, purged, lost, shortened, reset, replaced, doubled]

with tap() as t:
    if need(t):
        for scenario in SCENARIOS[ONLY - 1:ONLY] if ONLY else SCENARIOS:
            try:
                scenario(t)
            except (TimeoutError, RuntimeError, OSError, wire.ServerError) as error:
                t.ok(False, f"{scenario.__name__}: begins", error)
