#!/usr/bin/python3
"""The console as a teller's hands have it: ten CIFs in one breath while changes come in, and the demo's tour."""

import contextlib
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403


class Tmux:
    """The program in a window of 80x24."""

    def __init__(self, *arguments):
        self.socket = f"teller{os.getpid()}"
        self.call("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", PROGRAM, *arguments)

    def call(self, *words):
        return subprocess.run(["tmux", "-L", self.socket, *words], env=dict(ENVIRONMENT, TERM="xterm-256color"), cwd=FOLDER,
                              capture_output=True, text=True, check=False).stdout

    def screen(self):
        return self.call("capture-pane", "-p")

    def wait(self, text, what):
        try:
            wait_for(lambda: text in self.screen(), what)
        except TimeoutError as error:
            raise TimeoutError(f"{what}:\n{self.screen()}") from error

    def type(self, text):
        self.call("send-keys", "-l", text)

    def keys(self, *names):
        self.call("send-keys", *names)


@contextlib.contextmanager
def tmux(*arguments):
    window = Tmux(*arguments)
    try:
        yield window
        window.keys("Escape")
        window.type(":q\r")
        wait_for(lambda: not window.screen(), "it left")
    finally:
        window.call("kill-server")


def lookups(t):
    bank = make_bank("bank.db", 50)
    ingest(bank, path("r.db"))
    people = read_bank(bank, "SELECT cif, name FROM customer_info ORDER BY cif LIMIT 10")
    with running("generate", "--to", f"bank:{bank}", "--customers", "1000000", "--batch", "200", "--delay", "0s"), \
            tmux("console", "--source", f"bank:{bank}", "--replica", path("r.db")) as window:
        window.wait("Customers: ", "the first screen")
        window.type("".join(f"{cif}\r" for cif, _ in people))
        window.wait(f"CIF ==> {people[-1][0]}_", "the last of ten")
        t.ok(True, "ten CIFs typed in one breath end at the tenth")
        for cif, name in reversed(people):
            window.wait(f"\n {name} ", f"{cif}")
            if cif != people[0][0]:
                window.keys("F12")
        t.ok(True, "each of them was shown, in order: the way back goes through all")
        window.keys("F12")
        window.wait("TELLERDESK > FIND", "home")
        t.ok(True, "and ends where it began")
        window.type("".join(f"{name[:3].lower()}" for _, name in people[:1]))
        window.wait(" found", "a search while changes come in")
        t.ok(True, "a search is answered while changes come in")


def tour(t):
    with tmux("demo", "--customers", "200", "--rate", "5") as window:
        window.wait("F1 ?     a five-minute tour", "the first screen")
        t.ok(True, "the demo's first screen offers the tour")
        window.keys("F1")
        window.wait(" A five-minute tour", "the tour")
        window.wait("  1  Find somebody", "its first step")
        t.ok(True, "F1 begins with it")
        # Its steps, with the keys it names.
        window.keys("F3")
        window.type("ma")
        window.wait(" found", "names as they are typed")
        window.keys("Down", "Enter")
        window.wait("found in", "how long it took")
        window.type("g2")
        window.wait("Product no.", "what the customer holds")
        window.keys("F2")
        window.type("stor\r")
        window.wait("TELLERDESK > STOR", "the stores")
        window.keys("F12")
        window.wait("TELLERDESK > CIF", "back")
        t.ok(True, "its steps lead where it says")


with tap() as t:
    for test in (lookups, tour):
        try:
            test(t)
        except TimeoutError as error:
            t.ok(False, f"{test.__name__}: {error}")
