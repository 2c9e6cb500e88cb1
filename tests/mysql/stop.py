#!/usr/bin/python3
"""SIGTERM ends a service at once, whatever it is waiting for: tests/server/stopping.py on MariaDB.

    stop.py [--tries N]
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from stopping import stopping  # noqa: E402

(TRIES,) = numbers(tries=3)

with tap() as t:
    if need(t):
        with Server("stop", tcp=True) as server, Proxy(("127.0.0.1", server.port)) as proxy:
            server.sql(BANK_TABLES + "INSERT INTO customer_info (cif, name, address, city) SELECT seq, CONCAT('Name ', seq), REPEAT('a', 100), 'City' FROM seq_1_to_60000", "bank")
            stopping(t, server, proxy, TRIES)
