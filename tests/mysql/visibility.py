#!/usr/bin/python3
"""Commits that are in the log, and were sent to whoever follows it, before any reader may see them.

    visibility.py [--seed N] [--rows N]

A semi-synchronous server that waits after the sync (rpl_semi_sync_master_wait_point =
AFTER_SYNC) for a replica it does not have holds each commit there for as long as the test
likes. Whoever takes the end of its log for what reads show loses what is held; whoever
reads a table then, and believes it, takes back what the log has told already.
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from held import Case, at_random, checks, first_copy, play, resync  # noqa: E402

SEED, ROWS = numbers(seed=1, rows=20000)
TABLES = """CREATE TABLE customer (cif BIGINT PRIMARY KEY, name VARCHAR(80), note VARCHAR(80));
CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2));
INSERT INTO customer SELECT seq, CONCAT('name ', seq), 'first' FROM seq_1_to_{rows};
INSERT INTO account SELECT seq, seq, seq FROM seq_1_to_{rows};"""


def fresh_resync(t, server):
    """The log is gone, and what is held is in the new one."""
    c = Case(t, server, "fresh", TABLES, ROWS)
    must(once(c.url, c.replica, c.model))
    server.sql("UPDATE customer SET note = 'gone' WHERE cif = 100; FLUSH LOGS; FLUSH LOGS; PURGE BINARY LOGS TO " + wire.quote(server.logs()[-1]), c.name)
    server.sql("FLUSH LOGS; PURGE BINARY LOGS TO " + wire.quote(server.logs()[-1]), c.name)
    with c.held("held"):
        done = once(c.url, c.replica, c.model)
        c.ok(done.status == 0, "read anew while a commit is held", done)
        c.told("held")
    c.same("nothing differs")


with tap() as t:
    if need(t):
        with Server("visibility", innodb_buffer_pool_size="64M", innodb_log_file_size="64M") as server:
            play(t, server, (("first copy", lambda: first_copy(t, server, TABLES, ROWS)), ("resync", lambda: resync(t, server, TABLES, ROWS)),
                             ("fresh resync", lambda: fresh_resync(t, server)), ("checks", lambda: checks(t, server, TABLES, ROWS)),
                             ("at random", lambda: at_random(t, server, TABLES, ROWS, SEED))))
