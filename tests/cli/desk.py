"""What the tests of the command line share: TAP, the program run, banks to run it on.

    from desk import *
    with tap() as t:
        t.ok(condition, "what holds", "shown when it does not")

A test runs the binary named by TELLERDESK in a private folder (TMPDIR); see
tests/README.md. Nothing here waits longer than its bound.
"""

import argparse
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

SRCDIR = os.environ.get("SRCDIR", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PROGRAM = os.environ.get("TELLERDESK", os.path.join(SRCDIR, "build", "tellerdesk"))
FOLDER = tempfile.mkdtemp(prefix="cli-")
BOUND = 60.0

# Nothing of the machine's or the user's own configuration may reach a test.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("TELLERDESK_", "XDG_")) or k == "TELLERDESK_DATADIR"}
ENVIRONMENT.update(XDG_STATE_HOME=os.path.join(FOLDER, "state"), XDG_CONFIG_HOME=os.path.join(FOLDER, "config"),
                   HOME=FOLDER)


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, condition, name, shown=None):
        self.count += 1
        print(f"{'ok' if condition else 'not ok'} {self.count} - {name}", flush=True)
        if not condition:
            self.failed += 1
            if shown is not None:
                for line in str(shown).splitlines():
                    print(f"# {line!r}" if not line.isprintable() else f"# {line}")
        return bool(condition)

    def equal(self, got, wanted, name, shown=""):
        return self.ok(got == wanted, name, f"got    {got!r}\nwanted {wanted!r}\n{shown}")

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)


@contextlib.contextmanager
def tap():
    t = Tap()
    try:
        yield t
    finally:
        print(f"1..{t.count}", flush=True)
    sys.exit(1 if t.failed else 0)


class Result:
    def __init__(self, status, out, err):
        self.status, self.raw, self.err_raw = status, out, err
        self.out, self.err = out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(line) for line in self.out.split("\n") if line]

    def __str__(self):
        return f"exit {self.status}\nstdout: {self.out[:2000]}\nstderr: {self.err[:2000]}"


def desk(*arguments, prefix=(), environment=None, folder=None):
    """Runs the program to its end."""
    words = [*prefix, PROGRAM, *arguments]
    env = dict(ENVIRONMENT, **(environment or {}))
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, env=env, timeout=BOUND,
                          cwd=folder or FOLDER, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


@contextlib.contextmanager
def running(*arguments):
    """The program in the background; ended with the block whatever happens."""
    process = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=ENVIRONMENT, cwd=FOLDER)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(condition, what, pause=0.02):
    """Polls; a condition that does not come is an error that names it."""
    end = time.monotonic() + BOUND
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(pause)


def numbers(**defaults):
    """What --NAME N on the command line says, in the order asked for."""
    parser = argparse.ArgumentParser()
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    given = vars(parser.parse_args())
    return [given[name] for name in defaults]


def path(name):
    return os.path.join(FOLDER, name)


def without_privileges():
    """Words before a command, so that permissions hold for root too; None where that cannot be had."""
    if os.geteuid() != 0:
        return ()
    words = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
    try:
        done = subprocess.run([*words, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return words if done.returncode == 0 else None


def make_bank(name, customers=20, seed=7):
    """An embedded bank of generated customers; returns its path."""
    bank = path(name)
    made = desk("generate", "--to", f"bank:{bank}", "--customers", str(customers), "--batch", "100", "--delay", "0s",
                "--seed", str(seed), "--json")
    if made.status != 0:
        raise RuntimeError(f"generate: {made}")
    return bank


def write_bank(bank, *statements):
    """Runs SQL on a bank in one transaction: text, or (text, parameters)."""
    with contextlib.closing(sqlite3.connect(bank, timeout=BOUND)) as db:
        with db:
            for statement in statements:
                db.execute(*([statement] if isinstance(statement, str) else statement))


def read_bank(bank, sql):
    with contextlib.closing(sqlite3.connect(bank, timeout=BOUND)) as db:
        return db.execute(sql).fetchall()


def ingest(bank, replica):
    done = desk("ingest", "--once", "--source", f"bank:{bank}", "--replica", replica)
    if done.status != 0:
        raise RuntimeError(f"ingest: {done}")
    return done


def schema_errors(name, document):
    """What of the document does not fit tests/cli/schema/NAME.json."""
    import jsonschema
    folder = os.path.join(SRCDIR, "tests", "cli", "schema")

    def load(file, *references):
        with open(os.path.join(folder, file), encoding="utf-8") as f:
            text = f.read()
        for before, after in references:
            text = text.replace(before, after)
        return json.loads(text)

    # One document without references to files, which each version of jsonschema resolves in its own way.
    schema = load(f"{name}.json", ("common.json#/definitions/", "#/common/"))
    schema["common"] = load("common.json", ("#/definitions/", "#/common/"))["definitions"]
    found = jsonschema.Draft7Validator(schema).iter_errors(document)
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in found]


def terminate(process, number=signal.SIGTERM):
    """Sends the signal and returns (exit status, seconds it took, stderr)."""
    begun = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=BOUND)
    return process.returncode, time.monotonic() - begun, err.decode("utf-8", "replace")
