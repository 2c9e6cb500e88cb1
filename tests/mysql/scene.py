"""What the scenarios of MariaDB share: the stage of all servers (tests/server), and what is MariaDB's own.

    from scene import *              brings stage.py, server.py and wire.py along
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "server"))
from stage import *  # noqa: E402,F403
import wire  # noqa: E402,F401
from server import BANK_TABLES, Server, available  # noqa: E402,F401


def supported():
    """Whether this program follows such a source at all."""
    done = desk("check-source", "--source", f"mysql://nobody@localhost/bank?socket={path('nowhere')}", "--json")
    return done.status == 6


def need(t):
    """Tests of a source this program does not have say so, and fail."""
    if not available():
        t.skip("a server's log", "there is no mariadbd here")
        return False
    return t.ok(supported(), "the program knows mysql://", desk("check-source", "--source", "mysql://u@localhost/bank?socket=/nowhere"))
