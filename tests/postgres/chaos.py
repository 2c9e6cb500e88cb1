#!/usr/bin/python3
"""The program killed, the server killed, the network cut and stalled, while a bank is written: tests/server/lives.py on PostgreSQL.

    chaos.py [--kills N] [--servers N] [--cuts N] [--seed N]

A killed program leaves a connection that the server takes for alive; the slot is busy until it is found dead. In every other life the
log has whole images of what was (REPLICA IDENTITY FULL), in the others of deletions no more than the key.
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from lives import chaos  # noqa: E402

KILLS, SERVERS, CUTS, SEED = numbers(kills=12, servers=3, cuts=6, seed=1)



def identity(server):
    def before(number_):
        for table, _, _ in BANK.values():
            server.sql(f"ALTER TABLE {table} REPLICA IDENTITY {'FULL' if number_ % 2 else 'DEFAULT'}")
        return number_ % 2 == 1
    return before


with tap() as t:
    if need(t):
        with Server("chaos", tcp=True, wal_sender_timeout="5s", max_replication_slots=60, max_wal_senders=60) as server:
            chaos(t, server, KILLS, SERVERS, CUTS, SEED, identity(server))
            t.equal(len(server.slots()), (KILLS + SERVERS + CUTS + 9) // 10, "one slot a replica is left, none more")
