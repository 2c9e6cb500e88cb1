#!/usr/bin/python3
"""Two processes and one replica: the second reads, says who writes, and takes over when the first has gone."""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import *  # noqa: E402,F403


def writer(replica):
    answer = desk("status", "--replica", replica, "--json")
    return answer.json()["replica"]["writer"] if answer.status == 0 else None


with tap() as t:
    bank, replica = make_bank("takeover.bank", 10), path("takeover.db")
    script, answer = path("script"), path("answer")
    with running("ingest", "--source", f"bank:{bank}", "--replica", replica) as service:
        wait_for(lambda: writer(replica) == service.pid, "a service that writes")
        # The console is held up by a command of its script until another process than the service writes.
        poll = f"""i=0
while [ $i -lt 400 ]; do
	{PROGRAM} status --replica {replica} --json >{answer}
	grep -q '"writer":[0-9]' {answer} && ! grep -q '"writer":{service.pid},' {answer} && exit 0
	i=$((i + 1)); sleep 0.05
done
exit 1
"""
        with open(path("poll"), "w", encoding="utf-8") as file:
            file.write(poll)
        with open(script, "w", encoding="utf-8") as file:
            file.write("size 120 24\nwait text keeps the replica current\ndump\n"
                       f"run kill -9 {service.pid}\nrun sh {path('poll')}\nwait text LIVE\ndump\n")
        screen = desk("console", "--script", script, "--replica", replica)
    t.ok(screen.status == 0 and f"process {service.pid}" in screen.out, "a console says who writes the replica", screen)
    with open(answer, encoding="utf-8") as file:
        held = json.load(file)["replica"]["writer"]
    t.ok(held and held != service.pid, "it takes over when that process is killed", held)
    t.equal(writer(replica), None, "and lets go when it ends")
    t.equal(desk("check", "--against-source", "--replica", replica).status, 0, "nothing was lost on the way")
    absent = desk("console", "--script", path("nowhere"), "--replica", replica)
    t.ok("could not" in absent.err, "a script that is not there is an error", absent)
