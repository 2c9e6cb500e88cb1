#!/usr/bin/python3
"""In tmux, as each kind of terminal: its keys lead where they should, and whatever the end, all is given back.

LINES and COLUMNS are exported with wrong values all the time.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tty_desk import *  # noqa: E402,F403

TERMS = ("xterm-256color", "screen-256color", "tmux-256color", "linux", "vt100", "vt220", "dumb", "no-such-terminal")
TAKEN_FOR = {"dumb": "vt220", "no-such-terminal": "vt220"}
NOW = "2026-11-20T07:02:33Z"
# What terminals send for F1 to F12, whatever TERM says: xterm, rxvt and PuTTY, the Linux console.
COMMON = [[b"\x1bOP", b"\x1b[11~", b"\x1b[[A"], [b"\x1bOQ", b"\x1b[12~", b"\x1b[[B"], [b"\x1bOR", b"\x1b[13~", b"\x1b[[C"],
          [b"\x1bOS", b"\x1b[14~", b"\x1b[[D"], [b"\x1b[15~", b"\x1b[[E"], [b"\x1b[17~"], [b"\x1b[18~"], [b"\x1b[19~"], [b"\x1b[20~"],
          [b"\x1b[21~"], [b"\x1b[23~"], [b"\x1b[24~"]]


def terminfo(term, name):
    """What this terminal sends, by its description; b"" where it has no such key."""
    done = subprocess.run(["tput", "-T", TAKEN_FOR.get(term, term), name], capture_output=True, check=False)
    return done.stdout


def command(term, *arguments):
    words = " ".join(shlex.quote(word) for word in arguments)
    return f"TERM={term} sh -c 'echo $$ >{path('pid')}; exec {PROGRAM} console --no-ingest --replica {path('r.db')} {words}'"


def pid():
    with open(path("pid"), encoding="ascii") as f:
        return int(f.read())


class Keys:
    """The keys of one terminal."""

    def __init__(self, term):
        self.f = [b""] + [terminfo(term, f"kf{n}") or COMMON[n - 1][0] for n in range(1, 13)]
        self.down = terminfo(term, "kcud1")


def meanings(t, tmux, term, cif):
    """Every function key and its letter, on the screens where they mean something."""
    key = Keys(term)
    done = []

    def press(name, keys, wanted, gone=False):
        tmux.keys(keys)
        tmux.wait(wanted, f"TERM={term}: {name}", gone)
        done.append(name)

    def customer():
        tmux.keys(b"\x06" + str(cif).encode() + b"\r")
        tmux.wait("TELLERDESK > CIF", f"TERM={term}: a customer")

    tmux.run("clear; " + command(term))
    tmux.wait("TELLERDESK > FIND", f"TERM={term}: the first screen")
    if term in TAKEN_FOR:
        tmux.wait("taken for a vt220", f"TERM={term}: what to install")
    customer()
    press("F1", key.f[1], "TELLERDESK > HELP")
    shown = tmux.screen()
    press("F8", key.f[8], shown.split("\n")[4], gone=True)
    press("F7", key.f[7], shown.split("\n")[4])
    press("down", key.down, shown.split("\n")[3], gone=True)
    press("F12", key.f[12], "TELLERDESK > CIF")
    press("F2", key.f[2], "Command ==>")
    press("Esc", b"\x1b", "Command ==>", gone=True)
    press("F9", key.f[9], "As of (")
    tmux.keys(b"\x1b")
    tmux.wait("As of (", "no moment", gone=True)
    press("F6", key.f[6], "TELLERDESK > FIND")
    customer()
    press("F4", key.f[4], "TELLERDESK > FIND")
    wait_for(lambda: tmux.tell("cursor_y") == ["3"], f"TERM={term}: F4: the cursor in the name field")
    tmux.keys(key.f[12])
    customer()
    press("F3", key.f[3], "TELLERDESK > FIND")
    press("F3 at home", key.f[3], "Leave tellerdesk?")
    tmux.keys(b"n")
    tmux.wait("Leave tellerdesk?", "no", gone=True)
    customer()
    for letter, wanted in (("?", "TELLERDESK > HELP"), ("b", "TELLERDESK > CIF"), (":", "Command ==>"), ("\x1b", "TELLERDESK > CIF"),
                           ("t", "As of ("), ("\x1b", "TELLERDESK > CIF"), ("w", "TELLERDESK > FIND")):
        tmux.keys(letter.encode())
        tmux.wait(wanted, f"TERM={term}: {letter!r}")
        done += [letter] if letter.isprintable() else []
    customer()
    press("/", b"/", "TELLERDESK > FIND")
    tmux.keys(key.f[12])
    customer()
    press("q", b"q", "TELLERDESK > FIND")
    press(":quit", b":quit\r", "ready>")
    t.ok(True, f"TERM={term}: its keys lead where they should")
    print(f"# {term}: keys {' '.join(done)}", flush=True)


def recognised(t, tmux, term):
    """All byte sequences of all function keys, also those the console means nothing by yet."""
    tried = 0
    for first in (1, 7):
        names = " ".join(f"F{n}" for n in range(first, first + 6))
        config = path("keys.conf")
        with open(config, "w", encoding="utf-8") as f:
            f.write(f"[keys]\nhelp = {names}\nback = b\n" + "".join(
                f"{action} = {letter}\n" for action, letter in (
                    ("command", ":"), ("home", "q"), ("search", "/"), ("reread", "r"), ("recent", "w"), ("page_up", "PgUp"),
                    ("page_down", "PgDn"), ("as_of", "t"), ("more", "x"), ("view", "v"))))
        tmux.run("clear; " + command(term, "--config", config))
        tmux.wait("TELLERDESK > FIND", f"TERM={term}: the first screen")
        for n in range(first, first + 6):
            for keys in {terminfo(term, f"kf{n}") or COMMON[n - 1][0], *COMMON[n - 1]}:
                tmux.keys(keys)
                tmux.wait("TELLERDESK > HELP", f"TERM={term}: F{n} as {keys!r}")
                tmux.keys(b"b")
                tmux.wait("TELLERDESK > FIND", f"TERM={term}: back")
                tried += 1
        tmux.keys(b":quit\r")
        tmux.wait("ready>", f"TERM={term}: the shell")
    t.ok(tried >= 20, f"TERM={term}: F1 to F12 in each way terminals send them")
    print(f"# {term}: {tried} sequences of function keys", flush=True)


def leave(tmux, how):
    """Makes the console end; what the shell then says it left with."""
    if how == "quit":
        tmux.keys(b":quit\r")
        return "0"
    if how in ("STOP", "suspend"):
        if how == "STOP":
            os.kill(pid(), signal.SIGSTOP)
        else:
            tmux.keys(b"\x1a")
        tmux.wait("Stopped", f"{how}: the shell says so")
        tmux.keys(b"stty sane; fg\n")  # the console's modes are still on: no Enter but Ctrl-J
        tmux.wait("CIF ==> 47_", f"{how}: the console as it was")
        tmux.wait("Stopped", f"{how}: nothing else", gone=True)
        tmux.keys(b"\x06:quit\r")
        return None  # the shell's list was broken up by the stop
    os.kill(pid(), getattr(signal, f"SIG{how}"))
    return "0" if how == "TERM" else ""


def endings(t, tmux, term):
    """quit, TERM, SEGV, suspended and stopped: the modes, the screen and the cursor are as before."""
    has_two_screens = bool(terminfo(term, "smcup"))
    for how in ("quit", "TERM", "SEGV", "suspend", "STOP"):
        name = f"TERM={term}, {how}"
        before = tmux.shell("stty -a")
        tmux.run("clear; echo before-it")
        tmux.wait("\nready>", "a clear screen")
        flags = tmux.tell(Window.FLAGS)
        tmux.run(command(term) + "; echo left $?.")
        tmux.wait("TELLERDESK > FIND", f"{name}: the console")
        tmux.keys(b"47")
        tmux.wait("CIF ==> 47_", f"{name}: what was typed")
        status = leave(tmux, how)
        tmux.wait("left " + status if status else "ready>", f"{name}: the shell")
        wait_for(lambda: tmux.tell("pane_current_command") == ["sh"], f"{name}: its end")
        tmux.run("echo after-it")
        shown = tmux.wait("\nafter-it", f"{name}: a shell that works")
        if has_two_screens:
            t.ok("before-it" in shown and "CIF ==>" not in shown, f"{name}: the screen is the shell's again", shown)
        t.equal(tmux.tell(Window.FLAGS), flags, f"{name}: cursor, keypad and screen as before")
        plain = [line for line in tmux.screen("-e").split("\n") if "after-it" in line and "echo" not in line]
        t.equal(plain, ["after-it"], f"{name}: no attribute stays on")
        t.equal(tmux.shell("stty -a"), before, f"{name}: stty -a as before")
        print(f"# {term}: {how}: modes, screen, cursor, attributes", flush=True)


with tap() as t:
    bank = make_bank("bank.db", 20)
    made = desk("ingest", "--once", "-q", "--source", f"bank:{bank}", "--replica", path("r.db"))
    t.ok(made.status == 0, "a replica to look at", made)
    customer_cif = read_bank(bank, "SELECT cif FROM customer_info ORDER BY cif LIMIT 1")[0][0]
    for terminal_type in TERMS:
        with window(environment={"LINES": "10", "COLUMNS": "20", "TELLERDESK_NOW": NOW}) as shell:
            try:
                shell.run("ulimit -c 0")
                meanings(t, shell, terminal_type, customer_cif)
                recognised(t, shell, terminal_type)
                endings(t, shell, terminal_type)
            except TimeoutError as error:
                t.ok(False, f"TERM={terminal_type}: {error}")
