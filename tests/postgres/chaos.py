#!/usr/bin/python3
"""The program killed, the server killed, the network cut and stalled, while a bank is written: tests/server/lives.py on PostgreSQL.

    chaos.py [--kills N] [--servers N] [--cuts N] [--seed N]

A killed program leaves a connection that the server takes for alive; the slot is busy until it is found dead.
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from lives import chaos  # noqa: E402

KILLS, SERVERS, CUTS, SEED = numbers(kills=12, servers=3, cuts=6, seed=1)

with tap() as t:
    if need(t):
        with Server("chaos", tcp=True, wal_sender_timeout="5s") as server:
            chaos(t, server, KILLS, SERVERS, CUTS, SEED)
            t.equal(len(server.slots()), (KILLS + SERVERS + CUTS + 9) // 10, "one slot a replica is left, none more")
