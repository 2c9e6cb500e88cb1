#!/usr/bin/python3
"""One stream of changes into the embedded bank and into PostgreSQL: both replicas tell the same, byte for byte (tests/server/alike.py).

    same.py [--streams N] [--steps N] [--seed N]
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from alike import generated, stream  # noqa: E402

STREAMS, STEPS, SEED = numbers(streams=3, steps=150, seed=1)


def made(t, server):
    """The generator makes its tables itself; publishing them is the DBA's."""
    server.database("made")
    server.sql("CREATE ROLE writer LOGIN; GRANT ALL ON SCHEMA public TO writer; GRANT CREATE ON DATABASE made TO writer; "
               "ALTER DEFAULT PRIVILEGES FOR ROLE writer GRANT SELECT ON TABLES TO teller; ALTER DEFAULT PRIVILEGES FOR ROLE writer GRANT USAGE ON SCHEMAS TO teller", "made")
    generated(t, server, "made", ready=lambda: server.followed("made"))


with tap() as t:
    if need(t):
        with Server("same") as server:
            for seed in range(SEED, SEED + STREAMS):
                stream(t, server, seed, STEPS)
            made(t, server)
