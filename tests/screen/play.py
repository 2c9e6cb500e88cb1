"""Plays a script on the headless console and gives back the screens it dumped, read by eyes.Screen.

    script = Script(80, 24)
    script.keys("12345678 Enter")
    script.shot("customer")
    script.resize(60, 16)
    script.shot("small")
    screens, done = script.play("--no-ingest", replica="r.db")
    screens["customer"].code
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403
from eyes import Screen  # noqa: E402

MARK = "@@@ "


class Script:
    def __init__(self, columns=80, lines=24):
        self.lines = [f"size {columns} {lines}"]
        self.sizes = {}
        self.w, self.h = columns, lines

    def add(self, *lines):
        self.lines.extend(lines)
        return self

    def keys(self, *words):
        return self.add(*[f"keys {w}" for w in words])

    def idle(self):
        return self.add("wait idle")

    def wait(self, text):
        return self.add(f"wait text {text}")

    def run(self, command):
        return self.add(f"run {command}")

    def live(self, replica):
        """Until the replica is fed again; a source that was away is tried again after some seconds only."""
        return self.run(f"i=0; until \"$TELLERDESK\" status --replica {replica} --json 2>/dev/null | grep -q '\"state\":\"live\"'; do i=$((i + 1)); "
                        "[ $i -lt 400 ] || exit 1; sleep 0.1; done").wait("LIVE")

    def resize(self, columns, lines):
        self.w, self.h = columns, lines
        return self.add(f"resize {columns} {lines}")

    def shot(self, name):
        """Dumps the screen under this name, with its roles and its cursor."""
        assert name not in self.sizes, name
        self.sizes[name] = (self.w, self.h)
        return self.add(f"echo {MARK}{name}", "dump", f"echo {MARK}", "dump roles", f"echo {MARK}", "dump cursor", f"echo {MARK}")

    def play(self, *arguments, replica="r.db", environment=None, folder=None, prefix=()):
        """(name -> Screen, the finished run). Screens behind a failure are not there."""
        folder = folder or FOLDER
        name = os.path.join(folder, f"script-{os.getpid()}")
        with open(name, "w", encoding="utf-8") as file:
            file.write("\n".join(self.lines) + "\n")
        done = desk("console", *arguments, "--replica", replica, "--script", name, environment=environment, folder=folder,
                    prefix=prefix)
        return self.read(done), done

    def read(self, done):
        screens, lines, at = {}, done.out.split("\n"), 0

        def block():
            nonlocal at
            begun = at
            while at < len(lines) and not lines[at].startswith(MARK.rstrip()):
                at += 1
            at += 1
            return lines[begun:at - 1]

        while at < len(lines):
            line = lines[at]
            at += 1
            if not line.startswith(MARK):
                continue
            name = line[len(MARK):]
            rows, roles, cursor = block(), block(), block()
            if name not in self.sizes or not cursor:
                continue
            place = tuple(int(n) for n in cursor[0].split()[1:])
            screens[name] = Screen(rows, roles, place, *self.sizes[name], name)
        return screens
