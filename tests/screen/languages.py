#!/usr/bin/python3
"""The console in each language: no key of a last row is lost for want of room, and what is translated shows."""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from screens import *  # noqa: E402,F403
from po import catalogues  # noqa: E402

SIZES = ["80 24", "120 40"]
SCREENS = {
    "FIND": [],
    "FIND with hits": ['keys F4 "hale"', "wait idle"],
    "CIF": ["keys 12345678 Enter", "wait idle"],
    "CIF, a tab": ["keys 12345678 Enter", "wait idle", "keys g 2", "wait idle"],
    "HIST": ["keys 12345678 Enter", "wait idle", 'keys : "hist" Enter', "wait idle"],
    "ASOF": ["keys 12345678 Enter", "wait idle", 'keys F9 "2026-11-19" Enter', "wait idle"],
    "STOR": ['keys F2 "stor" Enter', "wait idle"],
    "LAG": ['keys F2 "lag" Enter', "wait idle"],
    "HELP": ["keys F1", "wait idle"],
}


def last_rows(folder, language, more=()):
    """{(screen, size): the last row}, and all screens, in a language."""
    rows, whole = {}, {}
    for size in SIZES:
        for name, keys in SCREENS.items():
            with open(os.path.join(folder, "script"), "w", encoding="utf-8") as f:
                f.write("\n".join([f"size {size}", "wait idle", *keys, "dump"]) + "\n")
            done = desk("console", "--no-ingest", "--language", language, *more, "--replica", "r.db", "--script", "script",
                        environment={"TELLERDESK_NOW": NOW}, folder=folder)
            if done.status != 0:
                raise RuntimeError(f"{language} {name}: {done}")
            lines = done.out.rstrip("\n").split("\n")
            rows[name, size], whole[name, size] = lines[-1], done.out
    return rows, whole


def told(folder, language):
    """What FIND and LAG show of a source in trouble."""
    with open(os.path.join(folder, "script"), "w", encoding="utf-8") as f:
        f.write("size 200 60\nwait idle\ndump\necho ----\nkeys F2 lag Enter\nwait idle\ndump\n")
    done = desk("console", "--no-ingest", "--language", language, "--replica", "r.db", "--script", "script",
                environment={"TELLERDESK_NOW": NOW}, folder=folder)
    return done.out.split("----")


def keys_of(row):
    """The names of the keys in a last row: F1, s= and the like, in their order."""
    return re.findall(r"(?:^| )(F\d+|Ctrl-.|Enter|Tab|Esc|\S(?==))", row)


def main():
    with tap() as t:
        folder = os.path.join(FOLDER, "languages")
        os.mkdir(folder)
        small(folder)
        away = os.path.join(FOLDER, "away")
        os.mkdir(away)
        unreachable(away)
        english, screens = last_rows(folder, "en")
        t.ok(all(len(keys_of(row)) >= 5 for row in english.values()), "English rows have keys", english)
        for language, entries in catalogues(SRCDIR).items():
            rows, shown = last_rows(folder, language)
            for place, row in rows.items():
                lost = [k for k in keys_of(english[place]) if k not in keys_of(row)]
                t.ok(not lost, f"{language}: {' at '.join(place)}: every key of the English row has room", f"{lost}\n{english[place]}\n{row}")
            words = {e.english: e.forms[0] for e in entries}
            t.ok(f"F1{words['Help']} " in rows["FIND", "80 24"], f"{language}: the label of F1 is theirs", rows["FIND", "80 24"])
            t.ok(words["explain this screen"] in shown["HELP", "80 24"], f"{language}: the help is theirs", shown["HELP", "80 24"])
            t.ok(all(shown[p] != screens[p] for p in shown), f"{language}: no screen is as in English")
            said = words.get("could not reach server %s: %s", "").split("%s")[0]
            if said:
                t.ok(all(said in screen for screen in told(away, language)), f"{language}: so is what a source says of itself",
                     told(away, language))
            plain, _ = last_rows(folder, language, ("--ascii",))
            t.ok(all(row.isascii() and "?" not in row for row in plain.values()), f"{language}: --ascii loses accents, not letters",
                 "\n".join(plain.values()))


main()
