"""The program killed, the server killed, the network cut and stalled, while a bank is written: nothing is lost and nothing twice.

    chaos(t, server, kills=12, servers=3, cuts=6, seed=1)
    chaos(..., before=lambda number: True)      done before each life; whether the log has whole images in it

A writer with a book of its own (oracle.py) commits all the time. Each life of a replica begins with its first copy and has some
ten such events; at its end rows, versions and registrations must be those of the book, and the source's row by row. The writer
meets no error but the loss of its connection when the server is killed.
"""

import random
import threading

from stage import *  # noqa: F403
from oracle import Book, ServerBank, Writer, judge

EVENTS = 10  # a life has


class Pen(threading.Thread):
    """Writes until told to stop; what broke it is told at the end."""

    def __init__(self, writer):
        super().__init__(daemon=True)
        self.writer, self.ended, self.broke = writer, threading.Event(), None
        self.start()

    def run(self):
        try:
            while not self.ended.is_set():
                self.writer.step()
                time.sleep(0.002)
        except BaseException as error:  # noqa: B902: told in stop
            self.broke = error

    def stop(self):
        self.ended.set()
        self.join(120)
        if self.is_alive() or self.broke:
            raise RuntimeError(f"the writer: {self.broke or 'does not end'}") from self.broke


def quiet_check(replica, wrong, what):
    """Killed anywhere, what is there is in order; one that was killed while it made its file has left none that can be read."""
    result = desk("check", "--replica", replica)
    young = ("is empty", "No such file", "left in the middle of a write")
    if result.status not in (0, 5) or (result.status == 5 and not any(words in result.err for words in young)):
        wrong.append(f"{what}: {result}")


class Life:
    def __init__(self, t, number, server, proxy, writer, dice, seed, whole):
        self.t, self.number, self.server, self.proxy, self.writer, self.dice, self.seed, self.images = t, number, server, proxy, writer, dice, seed, whole
        self.replica, self.wrong, self.told = fresh(f"life{number}.db"), [], []
        self.url = server.tcp_url(proxy.port)

    def pause(self, most):
        """A random moment: short ones hit the first copy, the long ones what follows."""
        moment = self.dice.random() ** 2 * most
        self.told.append(f"after {moment:.3f} s")
        time.sleep(moment)

    def kill(self):
        self.service.kill9()
        quiet_check(self.replica, self.wrong, f"killed, event {len(self.told)}")
        self.pause(0.2)
        self.service.start()

    def server_dies(self):
        self.server.kill9()
        self.pause(0.3)
        self.server.start()

    def cut(self):
        how = self.dice.choice(("cut", "cut_after", "stall", "half_close", "refuse", "trickle", "delay"))
        self.told.append(how)
        if how == "cut_after":
            self.proxy.cut_after(self.dice.randrange(1, 30000))
            self.pause(0.5)
        elif how == "trickle":
            self.proxy.trickle(self.dice.randrange(1, 200), 0.001)
            self.pause(0.5)
        elif how == "delay":
            self.proxy.delay(self.dice.random() * 0.2)
            self.pause(0.5)
        else:
            getattr(self.proxy, how)()
            self.pause(1.0)
            if how == "refuse":
                self.proxy.cut()
                self.pause(0.3)
        self.proxy.flow()

    def live(self, events):
        pen = Pen(self.writer)
        self.service = Service(self.url, self.replica)
        try:
            for event in events:
                self.told.append(event.__name__)
                self.pause(0.5)
                event(self)
                if not self.service.alive:
                    self.wrong.append(f"the service ended: {self.service.said()[-500:]}")
                    self.service.start()
            pen.stop()
            self.finish()
        finally:
            pen.ended.set()
            if self.service.alive:
                self.service.kill9()

    def finish(self):
        name = f"life {self.number}"
        story = f"seed {self.seed}: {'; '.join(self.told)}\nit said: {self.service.said(True)[-3000:]}"
        self.t.equal(self.wrong, [], f"{name}: {len(self.told)} blows and pauses, in order after each", story)
        self.service.until_state("live", "refused")
        self.t.equal(state(self.replica), "live", f"{name}: it follows again", story)
        self.t.equal(self.service.terminate()[0], 0, f"{name}: it ends as it should", story)
        done = once(self.url, self.replica)
        self.t.equal(done.status, 0, f"{name}: the next batch goes on to the end", f"{done}\n{story}")
        if not judge(self.t, self.replica, self.writer.book, name, self.images):
            print(f"# {story}")
        whole(self.t, self.replica, f"{name}: nothing differs from the source", self.server, BANK)
        self.t.equal((counts(self.replica, "gaps"), counts(self.replica, "anomalies")), (0, 0), f"{name}: no gap, no surprise", ask(self.replica, "SELECT * FROM td_anomaly LIMIT 5"))


def plan(dice, kills, servers, cuts):
    events = [Life.kill] * kills + [Life.server_dies] * servers + [Life.cut] * cuts
    dice.shuffle(events)
    return [events[i:i + EVENTS] for i in range(0, len(events), EVENTS)]


def chaos(t, server, kills, servers, cuts, seed, before=lambda number: True):
    """On a server with tcp, whose commits outlive it."""
    dice = random.Random(seed)
    target = ServerBank(server)
    target.prepare()
    writer = Writer(target, Book(), seed)
    writer.fill(1500)
    with Proxy(("127.0.0.1", server.port)) as proxy:
        for number, events in enumerate(plan(dice, kills, servers, cuts), 1):
            Life(t, number, server, proxy, writer, dice, seed, before(number)).live(events)
    print(f"# seed {seed}: {writer.book.commits} transactions committed")
