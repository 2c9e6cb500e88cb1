#!/usr/bin/python3
"""check-source: everything that is in the way of following, at once, each with what mends it; and the mending, done, mends."""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403

CUSTOMER = entity("customer", "customer", "cif", {"cif": "integer", "name": "text", "email": "text"}, kind="customer", name="name", optional="email")
ACCOUNT = entity("account", "account", "id", {"id": "integer", "cif": "integer", "balance": "decimal(2)"}, cif="cif")
GOOD = "CREATE TABLE customer (cif BIGINT PRIMARY KEY, name VARCHAR(50)); CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2));"


def preflight(url, model, **how):
    return desk("check-source", "--source", url, "--model", model, "--json", **how)


def findings(result):
    return result.json()["findings"] if result.out else []


def has(found, severity, *words):
    """One finding of that severity that says all of the words, with a fix."""
    return any(f["severity"] == severity and f["fix"] and all(re.search(w, json.dumps([f["object"], f["detail"], f["fix"]]), re.I) for w in words) for f in found)


def mend(t, server, found):
    """Does what a DBA does with the list: runs each statement as it stands, up to a semicolon if there is more to be said."""
    for f in found:
        statement = re.search(r"(SET GLOBAL|ALTER TABLE|GRANT) [^;]+", f["fix"])
        try:
            server.sql(statement.group() if statement else f["fix"], "bank")
        except wire.ServerError as error:
            t.ok(False, f"{f['object']}: what mends it is a statement", f"{f['fix']}: {error}")


def clean(t):
    with Server("clean") as s:
        s.sql(GOOD, "bank")
        model = write_model("good.model", CUSTOMER, ACCOUNT)
        result = preflight(s.url(), model)
        t.ok(result.status == 0 and result.json()["ok"] and not any(f["severity"] == "refuse" for f in findings(result)), "a server as it should be: nothing refuses", result)
        t.ok(not schema_errors("check_source", result.json()), "the answer has its shape", schema_errors("check_source", result.json()))
        text = desk("check-source", "--source", s.url(), "--model", model)
        t.equal(text.status, 0, "as text", text)
        s.stop()
        t.equal(preflight(s.url(), model).status, 6, "a server that is down: exit 6", preflight(s.url(), model))


# (name, option or SQL, severity, words of the finding, SQL that is expected to mend it or None for an option)
SERVER_CASES = [
    ("no log", {"log_bin": None}, "refuse", ("log.bin",)),
    ("statement format", {"binlog_format": "STATEMENT"}, "refuse", ("binlog_format", "ROW")),
    ("mixed format", {"binlog_format": "MIXED"}, "refuse", ("binlog_format", "ROW")),
    ("least images", {"binlog_row_image": "MINIMAL"}, "warn", ("binlog_row_image", "FULL")),
    ("no metadata", {"binlog_row_metadata": "NO_LOG"}, "warn", ("binlog_row_metadata", "FULL")),
    ("our database is not logged", {"binlog_ignore_db": "bank"}, "refuse", ("bank", "binlog.ignore.db")),
    ("only another is", {"binlog_do_db": "elsewhere"}, "refuse", ("elsewhere", "binlog.do.db")),
]


def servers(t):
    model = write_model("good.model", CUSTOMER, ACCOUNT)
    for name, options, severity, words in SERVER_CASES:
        with Server(name.replace(" ", "_"), **options) as s:
            s.sql(GOOD, "bank")
            result = preflight(s.url(), model)
            t.ok(has(findings(result), severity, *words) and result.status == (8 if severity == "refuse" else 0), f"{name}: {severity}", result)


def tables(t):
    with Server("tables") as s:
        s.sql("CREATE TABLE customer (cif BIGINT, name VARCHAR(50));"                                 # no key
              "CREATE TABLE account (id BIGINT PRIMARY KEY, balance DECIMAL(12,2));"                   # no cif
              "CREATE TABLE card (id INT, cif BIGINT, UNIQUE (id));"                                   # a key that may be NULL
              "CREATE TABLE parent (id INT PRIMARY KEY);"
              "CREATE TABLE child (id INT PRIMARY KEY, cif BIGINT, parent INT, FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE)", "bank")
        model = write_model("bad.model", CUSTOMER, ACCOUNT, entity("card", "card", "id", {"id": "integer", "cif": "integer"}, cif="cif"),
                            entity("child", "child", "id", {"id": "integer", "cif": "integer", "parent": "integer"}, cif="cif"),
                            entity("missing", "missing", "id", {"id": "integer", "cif": "integer"}, cif="cif"),
                            entity("maybe", "maybe", "id", {"id": "integer", "cif": "integer"}, cif="cif", optional="*"))
        result = preflight(s.url(), model)
        found = findings(result)
        for name, words in (("a table without a key", ("customer", "key")), ("a column that is missing", ("account", "cif")), ("a key that may be NULL", ("card", "key|null")),
                            ("a cascade from a table the model does not have", ("child", "parent")), ("a table that is missing", ("missing",))):
            t.ok(has(found, "refuse", *words), f"{name}: refused, with the others", result)
        t.ok(result.status == 8 and not any("maybe" in json.dumps(f) and f["severity"] == "refuse" for f in found), "a table that may be missing is not", result)
        s.sql("ALTER TABLE customer ADD PRIMARY KEY (cif); ALTER TABLE account ADD COLUMN cif BIGINT; ALTER TABLE card ADD PRIMARY KEY (id); ALTER TABLE child DROP FOREIGN KEY child_ibfk_1;"
              "CREATE TABLE missing (id INT PRIMARY KEY, cif BIGINT)", "bank")
        result = preflight(s.url(), model)
        t.equal((result.status, result.json()["ok"]), (0, True), "mended, nothing is left", result)
        done = once(s.url(), fresh("tables.db"), model)
        t.equal(done.status, 0, "and it follows", done)


def chains(t):
    """A parent outside the model can be watched, unless its own keys change it in silence."""
    with Server("chains") as s:
        model = write_model("chains.model", entity("customer", "customer", "cif", {"cif": "integer", "name": "text", "branch": "integer"}, kind="customer", name="name"))
        s.sql("CREATE TABLE region (id INT PRIMARY KEY); CREATE TABLE branch (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES region (id)); "
              "CREATE TABLE customer (cif INT PRIMARY KEY, name VARCHAR(50), branch INT, FOREIGN KEY (branch) REFERENCES branch (id) ON UPDATE CASCADE)", "bank")
        result = preflight(s.url(), model)
        t.ok(result.status == 0 and has(findings(result), "warn", "branch"), "a parent that changes by statements alone is watched", result)
        s.sql("ALTER TABLE branch DROP FOREIGN KEY branch_ibfk_1, ADD CONSTRAINT moves FOREIGN KEY (id) REFERENCES region (id) ON UPDATE CASCADE", "bank")
        result = preflight(s.url(), model)
        t.ok(result.status == 8 and has(findings(result), "refuse", "branch"), "one that a key of its own changes in silence is refused", result)


def accounts(t):
    with Server("accounts") as s:
        s.sql(GOOD, "bank")
        s.sql("CREATE USER nothing@localhost; CREATE USER reader@localhost; GRANT SELECT ON bank.* TO reader@localhost; CREATE USER partly@localhost; "
              "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO partly@localhost; GRANT SELECT ON bank.customer TO partly@localhost; CREATE USER locked@localhost IDENTIFIED BY 'x'")
        model = write_model("good.model", CUSTOMER, ACCOUNT)
        for user, words in (("reader", ("GRANT", "REPLICATION SLAVE")), ("partly", ("GRANT", "SELECT", "account"))):
            result = preflight(s.url(user), model)
            t.ok(result.status == 8 and has(findings(result), "refuse", *words), f"{user}: what it may not is refused, with the GRANT", result)
            mend(t, s, findings(result))
            result = preflight(s.url(user), model)
            t.equal(result.status, 0, f"{user}: the statements it was told mend it", result)
        for user in ("locked", "nobody"):
            result = preflight(s.url(user), model)
            t.ok(result.status == 3 and "hint:" in result.err, f"{user}: denied is exit 3, with what to do", result)
        result = preflight(s.url("nothing"), model)
        t.ok(result.status in (3, 8) and (result.err or findings(result)), "nothing: an account that may nothing", result)
        done = once(s.url("locked"), fresh("denied.db"), model)
        t.equal(done.status, 3, "ingest --once too", done)


def everything(t):
    """All at once, and what each fix says is enough."""
    with Server("everything", binlog_format="MIXED", binlog_row_image="MINIMAL", binlog_row_metadata="NO_LOG") as s:
        s.sql("CREATE TABLE customer (cif BIGINT NOT NULL, name VARCHAR(50)); CREATE TABLE account (id BIGINT PRIMARY KEY, cif BIGINT, balance DECIMAL(12,2));", "bank")
        s.sql("CREATE USER poor@localhost; GRANT SELECT ON bank.customer TO poor@localhost")
        model = write_model("good.model", CUSTOMER, ACCOUNT)
        result = preflight(s.url("poor"), model)
        t.ok(result.status == 8 and len(findings(result)) >= 4, "a server with everything wrong is told all of it at once", result)
        for _ in range(3):  # a privilege may be needed to see what is behind it
            mend(t, s, findings(preflight(s.url("poor"), model)))
        result = preflight(s.url("poor"), model)
        t.ok(result.status == 0 and not findings(result), "done, nothing is left", result)
        done = once(s.url("poor"), fresh("everything.db"), model)
        t.equal(done.status, 0, "and it follows", done)


def urls(t):
    for url, word in (("mysql://u:pass-word@localhost/bank", "password"), ("mysql://u@localhost/bank?password=pass-word", "password"), ("mysql://u@localhost", "database"),
                      ("mysql://u@localhost/bank?nonsense=1", "nonsense"), ("mysql://u@localhost:notaport/bank", "port")):
        result = desk("check-source", "--source", url)
        t.ok(result.status == 2 and word in result.err and "pass-word" not in result.out + result.err, f"{url.replace('pass-word', '***')}: exit 2, and why", result)


with tap() as t:
    if need(t):
        for scenario in (clean, servers, tables, chains, accounts, everything, urls):
            try:
                scenario(t)
            except (TimeoutError, RuntimeError, KeyError, IndexError, wire.ServerError) as error:
                t.ok(False, f"{scenario.__name__}: comes to its end", repr(error))
