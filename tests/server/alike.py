"""One stream of changes into the embedded bank and into a server: both replicas tell the same, byte for byte.

    stream(t, server, seed, steps)       by the writer of oracle.py
    generated(t, server, database)       by `generate`
"""

from stage import *  # noqa: F403
from oracle import Book, FileBank, ServerBank, Writer, judge


class Both:
    """Writes each transaction to all of its targets."""

    def __init__(self, *targets):
        self.targets = targets

    def run(self, statements, number):
        return all([target.run(statements, number) for target in self.targets])


def canonical(replica):
    return must(desk("dump", "--canonical", "--replica", replica, "--json")).out.splitlines()


def unlike(a, b, names=("bank", "server")):
    """The first lines that only one of them has."""
    only_a, only_b = set(a) - set(b), set(b) - set(a)
    return "\n".join([f"only the {names[0]}'s: {x}" for x in a if x in only_a][:8] + [f"only the {names[1]}'s: {x}" for x in b if x in only_b][:8])


def stream(t, server, seed, steps):
    """Filled before the first copy, changed after it; copied once or in the middle of its life."""
    bank, name = path(f"same{seed}.bank"), f"same{seed}"
    must(desk("generate", "--to", f"bank:{bank}", "--customers", "0", "--delay", "0s"))
    theirs = ServerBank(server, database=name)
    theirs.prepare()
    writer = Writer(Both(FileBank(bank), theirs), Book(), seed)
    sources = {"bank": f"bank:{bank}", "server": server.url(database=name)}
    replicas = {n: fresh(f"{name}-{n}.db") for n in sources}

    def follow_all():
        for n, url in sources.items():
            must(once(url, replicas[n]))

    if seed % 2:
        writer.fill(120)
    follow_all()
    for part in range(3):
        for _ in range(steps // 3):
            writer.step()
        follow_all()
    alike(t, replicas, f"seed {seed}: {writer.book.commits} transactions")
    for n, replica in replicas.items():
        judge(t, replica, writer.book, f"seed {seed}, {n}")
    flat = [must(desk("export", "--flat", "--replica", replica, "--json")).out for replica in replicas.values()]
    t.ok(flat[0] == flat[1], f"seed {seed}: the flat views are alike")
    whole(t, replicas["server"], f"seed {seed}: nothing differs from the source")


def alike(t, replicas, name):
    lines = {n: canonical(r) for n, r in replicas.items()}
    return t.ok(lines["bank"] == lines["server"] and lines["bank"], f"{name}, {len(lines['bank'])} lines alike", unlike(lines["bank"], lines["server"]))


def generated(t, server, database, user="writer", ready=lambda: None):
    """`generate` writes both, from one seed and at one frozen moment: in this database, as this user, who may. ready: once the tables are there."""
    still = {"TELLERDESK_NOW": "2026-05-01T00:00:00Z"}
    bank = f"bank:{path('made.bank')}"
    replicas = {n: fresh(f"made-{n}.db") for n in ("bank", "server")}
    for name, target, url in (("bank", bank, bank), ("server", server.url(user, database), server.url(database=database))):
        done = desk("generate", "--to", target, "--customers", "300", "--batch", "50", "--delay", "0s", "--seed", "5", "--json", environment=still)
        if not t.equal(done.status, 0, f"generate writes a {name}", done):
            return
        if name == "server":
            ready()
        must(once(url, replicas[name]))
        done = desk("generate", "--to", target, "--customers", "600", "--batch", "50", "--delay", "0s", "--seed", "5", "--json", environment=still)
        t.equal(done.status, 0, f"and goes on with the {name}", done)
        position = done.json()["position"] if done.status == 0 else ""
        reached = desk("ingest", "--until", position, "--source", url, "--replica", replicas[name])
        t.equal(reached.status, 0, f"to the position it printed, {position}", reached)
    alike(t, replicas, "generated")
