#!/usr/bin/python3
"""Every key of every action on every screen: all keys of an action do the same there, and it is what the table says."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import screens  # noqa: E402
from screens import *  # noqa: E402,F403

# How each screen is come to, from home.
WAYS = {
    "FIND": "",
    "CIF": "keys 12345678 Enter g2",
    "HIST": "keys 12345678 Enter g4",
    "STOR": "keys F2 stor Enter",
    "LAG": "keys F2 lag Enter",
    "HELP": "keys F1",
}
# What stands on the screen then; None: on every screen that is not named.
SHOWN = {
    "HELP": {"HELP": "Press a key", None: "TELLERDESK > HELP"},
    "COMMAND": {None: "Command ==>"},
    "HOME": {"FIND": "Leave tellerdesk", None: "TELLERDESK > FIND"},
    "SEARCH": {"FIND": "cursor 3 10", "LAG": "cursor 3 10", None: "Find ==>"},
    "RECENT": {None: "Customers seen last"},
    "AS_OF": {"CIF": r"As of .* ==>", "HIST": r"As of .* ==>", None: "type a CIF first"},
    "BACK": {"FIND": "TELLERDESK > ", "HIST": "TELLERDESK > CIF", None: "TELLERDESK > FIND"},
    "FORWARD": {"FIND": "TELLERDESK > ", None: "last one that was seen"},
    "GO_TAB": {"CIF": r"Tab 1 to 4\?", "HIST": r"Tab 1 to 4\?"},
    "CIF": {None: "cursor 1 "},
    "PERIOD": {"HIST": "==>"},
}
# Each of these changes what its screen shows.
OWN = {
    "CIF": ["AS_OF", "VIEW", "DOWN", "NEXT_FIELD", "PREVIOUS_FIELD"],
    "HIST": ["VIEW", "DOWN", "UNCHANGED", "ENTITY", "PERIOD"],
    "STOR": ["WIDER", "NARROWER", "SLIDE", "ORDER", "HOLD", "ZONE", "DOWN"],
    "HELP": ["PAGE_DOWN", "DOWN", "LAST"],
}


def actions():
    """Name and keys of each, as keys.h lists them."""
    with open(os.path.join(SRCDIR, "ui", "kit", "keys.h"), encoding="utf-8") as f:
        return [(m[0], m[1].split()) for m in re.findall(r'^\tX\((\w+), .*, "([^"]*)"\)', f.read(), re.M)]


def typed(key):
    """True for a key that a text field takes."""
    return len(key) == 1 and key not in ":?/"


def run(folder, screen, number, table):
    """The screen before and after each action, asked for by its key of that number, or by its last."""
    script = ["wait idle", "keys 12345679 Enter"]
    for name, keys in table:
        script += ['keys Esc F2 "home" Enter', "wait idle", WAYS[screen], "wait idle", "echo @before", "dump",
                   f"keys {keys[min(number, len(keys) - 1)]}", "wait idle", f"echo @{name}", "dump", "dump cursor"]
    name = os.path.join(folder, f"{screen}{number}.keys")
    with open(name, "w", encoding="utf-8") as f:
        f.write("\n".join(script) + "\n")
    done = desk("console", "--no-ingest", "--replica", "r.db", "--script", name, environment={"TELLERDESK_NOW": screens.NOW},
                folder=folder)
    # LAG tells the room on the disk, which is anybody's: two runs are compared without it.
    out = "".join(screens.plain(line) + "\n" for line in done.out.splitlines())
    parts = re.split(r"^@(\w+)\n", out, flags=re.M)[1:]
    shown = list(zip(parts[::2], parts[1::2]))
    return done, [(before, after) for (_, before), (_, after) in zip(shown[::2], shown[1::2])]


def same_keys(t, screen, table, runs):
    for i, (name, keys) in enumerate(table):
        for number in range(1, len(keys)):
            first, other = runs[0][i][1], runs[number][i][1]
            t.ok(first == other, f"{screen}: {keys[number]} does what {keys[0]} does ({name})", f"{first}\n{other}")


def table_is_right(t, screen, table, shown):
    for (name, keys), (before, after) in zip(table, shown):
        wanted = SHOWN.get(name, {}).get(screen, SHOWN.get(name, {}).get(None))
        if wanted:
            t.ok(re.search(wanted, after), f"{screen}: {keys[0]} shows {wanted} ({name})", after)
        if name in OWN.get(screen, []):
            t.ok(not after.startswith(before), f"{screen}: {keys[0]} changes what is shown ({name})", after)
        if name == "REPAINT":
            t.ok(after.startswith(before), f"{screen}: {keys[0]} changes nothing", after)


def letters_are_text(t, folder, table):
    """On FIND the letters of commands begin a name."""
    letters = [(name, [k]) for name, keys in table for k in keys if typed(k)]
    done, shown = run(folder, "FIND", 0, letters)
    t.ok(done.status == 0, "FIND: the script of letters ran to its end", done)
    for (name, keys), (_, after) in zip(letters, shown):
        t.ok(f"Name ==> {keys[0]}_" in after, f"FIND: {keys[0]} is a letter, not {name}", after)


def main():
    with tap() as t:
        folder = os.path.join(FOLDER, "keys")
        os.mkdir(folder)
        screens.small(folder)
        table = actions()
        t.ok(len(table) > 40, "keys.h lists the actions")
        for screen in WAYS:
            here = [(n, [k for k in keys if screen != "FIND" or not typed(k)]) for n, keys in table]
            here = [(n, keys) for n, keys in here if keys]
            runs = []
            for number in range(max(len(keys) for _, keys in here)):
                done, shown = run(folder, screen, number, here)
                t.ok(done.status == 0 and len(shown) == len(here), f"{screen}: the script ran to its end", done)
                runs.append(shown)
            same_keys(t, screen, here, runs)
            table_is_right(t, screen, here, runs[0])
        letters_are_text(t, folder, table)


main()
