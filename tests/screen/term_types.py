#!/usr/bin/python3
"""The same screens on every type of terminal, headless: what stands on them, what they cost, what one is told."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403

NOW = "2026-11-20T07:02:33Z"
TYPES = ("xterm-256color", "xterm", "screen", "screen-256color", "tmux-256color", "linux", "vt100", "vt220", "ansi")
UNKNOWN = ("dumb", "no-such-terminal")
LOOKS = {"": (), "NO_COLOR": (), "dark": ("--theme", "dark"), "light": ("--theme", "light"), "contrast": ("--theme", "contrast"),
         "green": ("--theme", "green"), "ascii": ("--ascii",), "accessible": ("--accessible",)}
FIRST, NEXT, TICK, TICK_THEMED = 5000, 1000, 50, 60  # bytes, of 80x24


def play(script, *arguments, environment=None):
    name = path("script")
    with open(name, "w", encoding="utf-8") as f:
        f.write("\n".join(script) + "\n")
    return desk("console", "--no-ingest", "--replica", path("r.db"), "--script", name, *arguments,
                environment={"TELLERDESK_NOW": NOW, **(environment or {})})


def walk(term, columns, rows, cifs):
    """First paint, a customer, the next one, a tick."""
    return [f"term {term}", f"size {columns} {rows}", "wait idle", f"keys {cifs[0]} Enter", "dump", "keys Ctrl-L", "bytes",
            f"keys {cifs[1]} Enter", "bytes", "now +1s", "bytes", "dump", "dump roles", "dump cursor"]


def look(t, term, name, cifs, reference):
    """The text, the roles and the cursor do not depend on the type of the terminal."""
    environment = {"NO_COLOR": "1"} if name == "NO_COLOR" else {}
    for columns, rows in ((80, 24), (60, 16), (120, 40)):
        what = f"{term} {columns}x{rows} {name or 'plain'}"
        done = play(walk(term, columns, rows, cifs), *LOOKS[name], environment=environment)
        lines = done.out.splitlines()
        numbers = [int(line[6:]) for line in lines if line.startswith("bytes ")]
        shown = [line for line in lines if not line.startswith("bytes ")]
        if not t.ok(done.status == 0 and len(numbers) == 3, f"{what}: the script ran", done):
            continue
        wanted = reference.setdefault((name, columns), shown)
        t.equal(shown, wanted, f"{what}: the same screen as on the others")
        t.ok(f" {cifs[0]}" in shown[1] and len(shown) == 3 * rows + 1, f"{what}: the customer is on it", done)
        if columns == 80:  # a background of one's own costs a few bytes more
            tick = TICK if name == "" else TICK_THEMED
            t.ok(numbers[0] < FIRST and numbers[1] < NEXT and numbers[2] < tick, f"{what}: bytes within bounds", numbers)
        print(f"# {what}: bytes {' '.join(map(str, numbers))}", flush=True)


def notices(t, cifs):
    for term in UNKNOWN:
        done = play([f"term {term}", "size 80 24", "wait idle", "dump", f"keys {cifs[0]} Enter", "dump"],
                    environment={"ASAN_OPTIONS": "detect_leaks=0"})  # ncurses leaks over a terminal it does not know
        told = f'Terminal "{term}" is not described here, taken for a vt220: install'
        t.ok(told in done.out[:done.out.index("F1Help")], f"{term}: says what is wrong and what helps", done)
        t.ok(f"CIF ==> {cifs[0]}" in done.out, f"{term}: works all the same", done)
        print(f"# {term}: notice, lookup", flush=True)


with tap() as t:
    bank = make_bank("bank.db", 20)
    ingest(bank, path("r.db"))
    customers = [row[0] for row in read_bank(bank, "SELECT cif FROM customer_info ORDER BY cif LIMIT 2")]
    screens = {}
    for look_name in LOOKS:
        for terminal_type in TYPES:
            look(t, terminal_type, look_name, customers, screens)
    t.ok(screens["", 80] == screens["dark", 80] == screens["NO_COLOR", 80], "a theme changes no text and no role")
    t.ok(all(ord(c) < 128 for line in screens["ascii", 80] for c in line), "--ascii: nothing else")
    notices(t, customers)
