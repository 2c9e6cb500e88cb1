"""What the scenarios of PostgreSQL share: the stage of all servers (tests/server), and what is PostgreSQL's own.

    from scene import *              brings stage.py and server.py along
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "server"))
from stage import *  # noqa: E402,F403
import server as server_  # noqa: E402,F401
from server import BANK_TABLES, Failure, Server, available, number, quote  # noqa: E402,F401


def need(t):
    """Tests of a source this program does not have say so, and fail."""
    if not available():
        t.skip("a server's log", "there is no PostgreSQL or no psycopg2 here")
        return False
    done = desk("check-source", "--source", f"postgresql://nobody@/bank?host={path('nowhere')}", "--json")
    return t.equal(done.status, 6, "the program knows postgresql://", done)
