#!/usr/bin/python3
"""One stream of changes into the embedded bank and into MariaDB: both replicas tell the same, byte for byte (tests/server/alike.py).

    same.py [--streams N] [--steps N] [--seed N]
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from alike import generated, stream  # noqa: E402

STREAMS, STEPS, SEED = numbers(streams=3, steps=150, seed=1)

with tap() as t:
    if need(t):
        with Server("same") as server:
            for seed in range(SEED, SEED + STREAMS):
                stream(t, server, seed, STEPS)
            server.followed("made")
            server.sql("GRANT ALL ON made.* TO writer@localhost IDENTIFIED BY ''; GRANT BINLOG MONITOR ON *.* TO writer@localhost")
            generated(t, server, "made")
