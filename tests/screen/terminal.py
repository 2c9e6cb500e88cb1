#!/usr/bin/python3
"""The console in a real terminal: started on any, resized, suspended, flooded, and always given back."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403

LEAVE = b"\x1b[?1049l"     # xterm's way back from the full screen
PASTE_ON, PASTE_OFF = b"\x1b[?2004h", b"\x1b[?2004l"
F3 = b"\x1bOR"


class Terminal:
    """The console on a pseudo terminal of its own."""

    def __init__(self, term="xterm-256color", rows=24, columns=80, environment=None, arguments=()):
        self.master, self.slave = pty.openpty()
        self.size(rows, columns)
        self.modes = termios.tcgetattr(self.slave)
        self.seen = b""
        # The terminal library itself leaks when it does not know a terminal.
        env = dict(ENVIRONMENT, TERM=term, ASAN_OPTIONS="detect_leaks=0", **(environment or {}))
        self.process = subprocess.Popen(
            [PROGRAM, "console", "--no-ingest", "--replica", path("r.db"), *arguments], env=env, cwd=FOLDER,
            stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def size(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds=0.02):
        if select.select([self.master], [], [], seconds)[0]:
            with contextlib.suppress(OSError):
                self.seen += os.read(self.master, 1 << 16)

    def wait(self, pattern, what):
        """Reads until the pattern has come; forgets what came before it."""
        end = time.monotonic() + BOUND
        while not (found := re.search(pattern, self.seen)):
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: {self.seen[-2000:]!r}")
            self.read()
        self.seen = self.seen[found.end():]

    def keys(self, text):
        """Writes all of it, reading what comes back so that neither side blocks."""
        os.set_blocking(self.master, False)
        while text:
            self.read(0)
            with contextlib.suppress(BlockingIOError):
                text = text[os.write(self.master, text):]
        os.set_blocking(self.master, True)

    def end(self):
        """Its exit status, once it ended by itself."""
        end = time.monotonic() + BOUND
        while self.process.poll() is None and time.monotonic() < end:
            self.read()
        self.read(0)
        return self.process.returncode

    def given_back(self):
        now = termios.tcgetattr(self.slave)
        return now == self.modes

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@contextlib.contextmanager
def terminal(*arguments, **named):
    t = Terminal(*arguments, **named)
    try:
        yield t
    finally:
        t.close()


def restored(t, tty, name):
    t.ok(LEAVE in tty.seen and PASTE_OFF in tty.seen, f"{name}: the full screen and the marked pastes are left", tty.seen[-300:])
    t.ok(tty.given_back(), f"{name}: the terminal has its modes again")


def leaving(t):
    with terminal() as tty:
        tty.wait(re.escape(PASTE_ON), "marked pastes")
        tty.wait(rb"TELLERDESK", "the first screen")
        tty.keys(F3)
        tty.wait(rb"Leave tellerdesk", "the question")
        tty.keys(b"y")
        t.equal(tty.end(), 0, "F3 and y: exit 0")
        restored(t, tty, "F3 and y")
    with terminal() as tty:
        tty.wait(rb"TELLERDESK", "the first screen")
        tty.keys(b":quit\r")
        t.equal(tty.end(), 0, ":quit: exit 0")
        restored(t, tty, ":quit")


def signals(t):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGSEGV, signal.SIGABRT):
        with terminal() as tty:
            tty.wait(rb"F12", "the whole first screen")
            tty.process.send_signal(number)
            status = tty.end()
            if number in (signal.SIGSEGV, signal.SIGABRT):
                # A sanitizer, where there is one, has the last word.
                t.ok(status in (-number, 1), f"{number.name}: a crash stays a crash", status)
            else:
                t.equal(status, 0, f"{number.name}: exit 0")
            restored(t, tty, number.name)


def slips(t):
    """Ctrl-C and Ctrl-backslash are slips of a hand that copies."""
    with terminal() as tty:
        tty.wait(rb"F12", "the whole first screen")
        tty.keys(b"\x1c\x03")
        tty.wait(rb"leaves at once", "what Ctrl-C is answered")
        t.ok(tty.process.poll() is None, "Ctrl-C does not end it")


def terminals(t):
    for term in ("xterm", "screen", "linux", "vt100", "vt220", "tmux-256color"):
        with terminal(term=term) as tty:
            with contextlib.suppress(TimeoutError):
                tty.wait(rb"TELLERDESK", term)
                tty.keys(b":quit\r")
            t.equal(tty.end(), 0, f"TERM={term}: starts and leaves")
    for term in ("dumb", "no-such-terminal", ""):
        with terminal(term=term) as tty:
            tty.wait(rb"taken for a vt220", f"TERM={term}: says what it does")
            tty.keys(b":quit\r")
            t.equal(tty.end(), 0, f"TERM={term or '(empty)'}: works as a vt220, and says so")
            t.ok(tty.given_back(), f"TERM={term or '(empty)'}: the terminal has its modes again")


def sizes(t):
    with terminal(environment={"LINES": "10", "COLUMNS": "20"}) as tty:
        tty.wait(rb"TELLERDESK", "the first screen")
        tty.wait(rb"F12", "its last row")
        t.ok(True, "LINES and COLUMNS of the environment do not count")
        tty.size(12, 50)
        tty.wait(rb"The window is 50 x 12", "what a small window says")
        t.ok(True, "a window too small says so")
        tty.size(40, 120)
        tty.wait(rb"TELLERDESK", "the screen again")
        t.ok(True, "and all is there again when it grows")


def suspending(t):
    """Ctrl-Z and fg, under a shell that controls jobs."""
    socket = f"t{os.getpid()}"

    def tmux(*words):
        return subprocess.run(["tmux", "-L", socket, "-f", "/dev/null", *words], env=dict(ENVIRONMENT, TERM="xterm"),
                              capture_output=True, text=True, check=False).stdout

    def screen(text, what):
        wait_for(lambda: text in tmux("capture-pane", "-p"), what)

    tmux("new-session", "-d", "-x", "80", "-y", "24", "PS1='ready> ' sh")
    try:
        screen("ready>", "a shell")
        tmux("send-keys", "-l", f"{PROGRAM} console --no-ingest --replica {path('r.db')}")
        tmux("send-keys", "Enter")
        screen("TELLERDESK > FIND", "the console")
        tmux("send-keys", "-l", "1234")
        screen("CIF ==> 1234_", "what was typed")
        tmux("send-keys", "C-z")
        screen("ready>", "the shell again")
        t.ok("TELLERDESK" not in tmux("capture-pane", "-p"), "Ctrl-Z gives the terminal to the shell")
        tmux("send-keys", "-l", "fg")
        tmux("send-keys", "Enter")
        screen("CIF ==> 1234_", "the console as it was")
        t.ok(True, "fg shows it as it was")
        tmux("send-keys", "F2")
        screen("Command ==>", "F2 as tmux sends it")
        tmux("send-keys", "-l", "quit")
        tmux("send-keys", "Enter")
        wait_for(lambda: tmux("capture-pane", "-p").rstrip().endswith("ready>"), "the shell at last")
        t.ok("TELLERDESK" not in tmux("capture-pane", "-p"), "the shell's own screen is back")
    finally:
        tmux("kill-server")


def floods(t):
    with terminal() as tty:
        tty.wait(rb"F12", "the whole first screen")
        tty.keys(b"\x1b[200~" + b"7" * 1_000_000 + b"\x1b[201~")
        tty.wait(rb"777", "the paste in the field")
        tty.keys(b"\x06" + b"4711\r")
        tty.wait(rb"no customer 4711", "the lookup after it")
        t.ok(True, "a marked paste of a megabyte is one field's worth, and the next lookup works")
        tty.keys(b"8" * 1_000_000)
        tty.keys(b"\x06" + b"4712\r")
        tty.wait(rb"customer 4712|4712", "the lookup after it")
        t.ok(True, "so is an unmarked one")
        # What is sent is what differs from the screen before: four other digits each.
        digits = b"1234567890"
        tty.keys(b"".join(b"%c%c%c%c\r" % (d, d, d, d) for d in digits))
        for d in digits:
            tty.wait(b"%c%c%c%c" % (d, d, d, d), f"customer {chr(d) * 4} of ten")
        t.ok(tty.process.poll() is None, "ten lookups typed without waiting, each is painted, in order")


with tap() as t:
    bank = make_bank("bank.db", 20)
    made = desk("ingest", "--once", "-q", "--source", f"bank:{bank}", "--replica", path("r.db"))
    t.ok(made.status == 0, "a replica to look at", made)
    for test in (leaving, signals, slips, terminals, sizes, suspending, floods):
        try:
            test(t)
        except TimeoutError as error:
            t.ok(False, f"{test.__name__}: {error}")
