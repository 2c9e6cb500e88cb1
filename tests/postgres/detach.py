#!/usr/bin/python3
"""Retiring a console: its slot is dropped and nothing else, whatever stands in the way is said, and a later one begins anew with a gap."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403


def slot_of(replica):
    position = value(replica, "SELECT position FROM td_source")
    return position.partition(" slot=")[2].partition(" ")[0]


def said(t, name, result, exit_, *words):
    missing = [w for w in words if w not in result.err + result.out]
    t.ok(result.status == exit_ and not missing, name, f"{result}\nmissing: {missing}")


def held(t, s, url, replica):
    """While somebody follows, the lock says who."""
    with follow(url, replica) as service:
        service.until_live()
        slot = slot_of(replica)
        service.wait(lambda: (status(replica) or {"sources": [{}]})["sources"][0].get("details", {}).get("behind_bytes") == 0, "what the server tells at the end of its log")
        told = desk("status", "--replica", replica, "--json")
        details = told.json()["sources"][0]["details"]
        t.ok(not schema_errors("status", told.json()), "status has the shape it should", schema_errors("status", told.json()))
        t.equal((details["slot"], details["slot_state"], details["slot_active"]), (slot, "reserved", 1), "and tells of the slot")
        text = desk("status", "--replica", replica).out
        t.ok(f"{slot}, reserved" in text and "without a limit" in text and "shape=" not in text, "in words too, without the position's machinery", text)
        s.noise(3)
        said(t, "a replica somebody writes is not detached", desk("detach", "--replica", replica), 5, f"process {service.pid} writes it")
        busy = s.slots()[slot]["active_pid"]
        said(t, "a slot in use is not dropped by name either", desk("detach", "--source", url, "--slot", slot), 8, slot, f"process {busy}", "pg_terminate_backend")
    t.equal(list(s.slots()), [slot], "it is still there")
    return slot


def retired(t, s, replica, slot):
    s.noise(2)
    before = desk("lookup", "1", "--replica", replica, "--json").json()["customer"]
    done = desk("detach", "--replica", replica, "--json")
    answer = done.json() if done.status == 0 else {}
    t.ok(not schema_errors("detach", answer), "the answer has the shape it should", done)
    t.ok(answer["slot"] == slot and answer["dropped"] and 2 << 20 <= answer["freed_bytes"] < 200 << 20, "it tells what was dropped and how much log goes with it", answer)
    t.equal(s.slots(), {}, "the slot is gone")
    after = desk("lookup", "1", "--replica", replica, "--json")
    t.ok(after.status == 0 and after.json()["customer"] == before, "the replica can be read as before", after)
    told = desk("status", "--replica", replica, "--json").json()
    source = told["sources"][0]
    t.ok(source["state"] == "detached" and "not followed" in source["error"] and "details" not in source, "and says that it is not followed", source)
    t.equal(told["freshness"]["state"], "offline", "its age is told as that of one nobody feeds")
    again = desk("detach", "--replica", replica)
    said(t, "a slot that is not there is said, and is success", again, 0, f"has no slot {slot}")
    t.equal(desk("detach", "--replica", replica, "--format", "csv").out.splitlines()[0], "slot,server,dropped,freed_bytes", "as CSV")


def followed_again(t, s, url, replica, slot):
    """A new slot, all rows compared, and the gap noted."""
    s.sql("UPDATE customer_info SET name = 'While nobody looked' WHERE cif = 1; DELETE FROM customer_info WHERE cif = 2")
    must(once(url, replica))
    t.equal(list(s.slots()), [slot], "a later ingest has a slot again")
    t.equal(value(replica, "SELECT name FROM customer WHERE cif = 1"), "While nobody looked", "what changed meanwhile is there")
    t.equal(ask(replica, "SELECT reason FROM td_gap"), [("purged",)], "and the gap")
    whole(t, replica, "nothing differs from the source", s, BANK)
    t.equal(desk("status", "--replica", replica, "--json").json()["sources"][0]["error"], None, "it is followed again")
    must(desk("detach", "--replica", replica))
    said(t, "as often as a person wants it, within an hour too", once(url, replica), 0)
    t.equal(value(replica, "SELECT count(*) FROM td_gap"), 2, "each time with a gap")


def without_a_replica(t, s, url):
    gone_ = fresh("gone.db")
    must(once(url, gone_))
    slot = slot_of(gone_)
    fresh("gone.db")
    said(t, "without a replica the slot is asked for", desk("detach", "--source", url, "--replica", gone_), 5, "gone.db", "--slot NAME")
    said(t, "a name that cannot be one", desk("detach", "--source", url, "--slot", "Robert'; DROP"), 2, "Robert", "1 to 63")
    said(t, "it is dropped by its name", desk("detach", "--source", url, "--replica", gone_, "--slot", slot), 0, f"Dropped slot {slot} of server teller@")
    t.ok(slot not in s.slots(), "and gone")


def not_ours(t, s, url):
    s.database("other")
    s.sql("SELECT pg_create_logical_replication_slot('elsewhere', 'pgoutput')", "other")
    s.sql("SELECT pg_create_logical_replication_slot('decoded', 'test_decoding'); SELECT pg_create_physical_replication_slot('standby')")
    for name in ("elsewhere", "decoded", "standby"):
        said(t, f"slot {name} is not ours", desk("detach", "--source", url, "--slot", name), 8, name, "not ours")
    t.ok({"elsewhere", "decoded", "standby"} <= set(s.slots()), "none of them was dropped")


def another_server(t, s, url, replica):
    """The same address, another machine behind it: a slot of our name there is not ours."""
    slot = slot_of(replica)
    with Server("alien", alien=True) as other:
        other.sql(f"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')")
        said(t, "another server's slot is left alone", desk("detach", "--replica", replica, "--source", other.url()), 8, "not the one the replica was built from")
        t.equal(list(other.slots()), [slot], "it is still there")
    t.ok(slot in s.slots(), "and ours is")
    s.stop()
    said(t, "a server that does not answer is told", desk("detach", "--replica", replica), 6, "could not")
    s.start()
    said(t, "and nothing was noted meanwhile", desk("detach", "--replica", replica), 0, f"Dropped slot {slot}")


def lost(t, s, url):
    """One that was given up is dropped too."""
    replica = fresh("lost.db")
    must(once(url, replica))
    slot = slot_of(replica)
    s.restart(max_slot_wal_keep_size="1MB")
    s.lose_slot(slot)
    said(t, "a lost slot is dropped", desk("detach", "--replica", replica), 0, f"Dropped slot {slot}", "0 bytes")
    t.ok(slot not in s.slots(), "and gone")


def main():
    with tap() as t:
        if not need(t):
            return
        with Server() as s:
            s.bank("bank")
            s.sql("INSERT INTO customer_info (cif, name) VALUES (1, 'Ada'), (2, 'Bo')")
            url, replica = s.url(), fresh("r.db")
            slot = held(t, s, url, replica)
            retired(t, s, replica, slot)
            followed_again(t, s, url, replica, slot)
            without_a_replica(t, s, url)
            not_ours(t, s, url)
            another_server(t, s, url, replica)
            lost(t, s, url)


if __name__ == "__main__":
    main()
