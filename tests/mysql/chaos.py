#!/usr/bin/python3
"""The program killed, the server killed, the network cut and stalled, while a bank is written: tests/server/lives.py on MariaDB.

    chaos.py [--kills N] [--servers N] [--cuts N] [--seed N]
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from lives import chaos  # noqa: E402

KILLS, SERVERS, CUTS, SEED = numbers(kills=12, servers=3, cuts=6, seed=1)

with tap() as t:
    if need(t):
        with Server("chaos", tcp=True, innodb_flush_log_at_trx_commit=1, sync_binlog=1) as server:
            chaos(t, server, KILLS, SERVERS, CUTS, SEED)
