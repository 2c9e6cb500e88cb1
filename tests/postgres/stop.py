#!/usr/bin/python3
"""SIGTERM ends a service at once, whatever it is waiting for: tests/server/stopping.py on PostgreSQL, and what only PostgreSQL waits for.

    stop.py [--tries N]
"""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from stopping import ALL, States, stopping  # noqa: E402

(TRIES,) = numbers(tries=3)


class More(States):
    def start(self, url, live=False):
        for name in self.server.slots():  # of the turns before
            self.server.drop_slot(name)
        return super().start(url, live)

    def in_the_making_of_a_slot(self):
        """It takes as long as the longest transaction under way."""
        long = self.server.connect()
        long.run("BEGIN; UPDATE customer_info SET city = 'Elsewhere' WHERE cif = 1")
        self.start(self.server.url())
        self.service.wait(self.server.slots, "a slot that is being made")
        time.sleep(0.1)

        def clean():
            long.close()
            self.service.process.wait(timeout=60)
            wait_for(lambda: not self.server.walsenders(), "the server to see that nobody waits")
        return clean

    def while_a_table_is_locked(self):
        """A copy that reads waits for whoever has it for himself."""
        locker = self.server.connect()
        locker.run("BEGIN; LOCK TABLE customer_info")
        self.start(self.server.url())
        self.service.wait(lambda: self.server.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'teller' AND wait_event_type = 'Lock'"), "a reader that waits")
        return locker.close


def what_is_left(t, server):
    """A slot whose making was given up is none."""
    long = server.connect()
    long.run("BEGIN; UPDATE customer_info SET city = 'Elsewhere' WHERE cif = 2")
    for name in server.slots():
        server.drop_slot(name)
    service = Service(server.url(), fresh("left.db"))
    service.wait(server.slots, "a slot that is being made")
    service.terminate()
    wait_for(lambda: not server.walsenders() and not server.slots(), "the slot to go with whom it was made for")
    t.ok(True, "no slot is left of a copy that was told to end before it began")
    long.close()


with tap() as t:
    if need(t):
        with Server("stop", tcp=True) as server, Proxy(("127.0.0.1", server.port)) as proxy:
            server.bank()
            server.sql("INSERT INTO customer_info (cif, name, address, city) SELECT n, 'Name ' || n, repeat('a', 100), 'City' FROM generate_series(1, 60000) n")
            stopping(t, server, proxy, TRIES, More, (*ALL, More.in_the_making_of_a_slot, More.while_a_table_is_locked))
            what_is_left(t, server)
