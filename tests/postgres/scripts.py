#!/usr/bin/python3
"""The scripts for PostgreSQL: the tables are those of the model, the account can do what is needed and no more, what would hurt the bank
undoes itself, and nothing is done by accident."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403
from server import Failure, Server, available  # noqa: E402

TABLES = ("bank_product", "customer_asset", "customer_info", "store")


def read(name):
    with open(os.path.join(SRCDIR, "data", name), encoding="utf-8") as f:
        return f.read()


def of_model(text):
    """(table, column), a key as (table, "key", column)."""
    found, table = set(), None
    for line in text.splitlines():
        table = line.split(" = ")[1] if line.startswith("table = ") else table
        if line.startswith("key = "):
            found.add((table, "key", line.split(" = ")[1]))
        elif line.startswith("column."):
            found.add((table, line.split(".")[1].split(" ")[0]))
    return found


def of_script(text):
    found = set()
    for table, body in re.findall(r"^CREATE TABLE IF NOT EXISTS (\w+) \(\n(.*?)^\);", text, re.M | re.S):
        found.update((table, name) for name in re.findall(r"^\t([a-z]\w*) ", body, re.M))
        found.update((table, "key", name) for name in re.findall(r"PRIMARY KEY \((.*)\)", body))
    return found


def filled(text):
    return text.replace("@PASSWORD@", "'it''s a secret'").replace("@DATABASE@", "bank")


def careless(s, text):
    """As psql does it unless told otherwise: on after a failure."""
    return s.script("\\set ON_ERROR_STOP off\n" + text)


def left(s):
    return s.sql("SELECT rolname FROM pg_roles WHERE rolname = 'tellerdesk' UNION ALL SELECT pubname FROM pg_publication")


def refusal(action):
    try:
        action()
        return ""
    except (Failure, RuntimeError) as error:
        return str(error)


def tables(t, s, text):
    s.script(text)
    found = {(table, column) for table, column in s.sql("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")}
    t.equal(found, {entry for entry in of_script(text) if len(entry) == 2}, "a server makes the tables of the script")
    t.equal(s.script(text), "", "and leaves them as they are the next time")
    t.equal(s.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relreplident = 'd' AND EXISTS"
                  " (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisprimary) ORDER BY 1"), [[table] for table in TABLES],
            "each has an identity by which its updates can be published")


def dangers(t, s, text):
    careless(s, text)
    t.equal(left(s), [], "as it stands the script does nothing, even where psql goes on after failures")
    s.sql("ALTER TABLE store DROP CONSTRAINT store_pkey")
    said = refusal(lambda: s.script(filled(text)))
    t.ok("updates and deletes of store would fail" in said and "REPLICA IDENTITY" in said, "a table without an identity is named", said)
    careless(s, filled(text))
    t.equal(left(s), [], "and nothing is left of the account nor of the publication")
    s.sql("ALTER TABLE store ADD PRIMARY KEY (store_id) DEFERRABLE")
    t.ok("of store would fail" in refusal(lambda: s.script(filled(text))), "a key that may be checked late is none to the log")
    s.sql("ALTER TABLE store DROP CONSTRAINT store_pkey; ALTER TABLE store REPLICA IDENTITY NOTHING; ALTER TABLE store ADD PRIMARY KEY (store_id)")
    t.ok("of store would fail" in refusal(lambda: s.script(filled(text))), "a key that is not the identity does not help")
    s.sql("DROP TABLE store; CREATE TABLE store (store_id varchar(16) NOT NULL, name varchar(200), city varchar(100)) PARTITION BY LIST (store_id);"
          "CREATE TABLE store_a PARTITION OF store FOR VALUES IN ('a'); CREATE TABLE store_b PARTITION OF store DEFAULT;"
          "ALTER TABLE store_a ADD PRIMARY KEY (store_id)")
    t.ok("of store_b would fail" in refusal(lambda: s.script(filled(text))), "of a partitioned table the partition that has none")
    s.sql("ALTER TABLE store_b ALTER store_id SET NOT NULL; CREATE UNIQUE INDEX b ON store_b (store_id); ALTER TABLE store_b REPLICA IDENTITY USING INDEX b")


def account(t, s, text):
    s.script(filled(text))
    t.equal(s.sql("SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolcanlogin, rolreplication FROM pg_roles WHERE rolname = 'tellerdesk'"),
            [["f", "f", "f", "f", "t", "t"]], "the account may log in and replicate")
    t.equal(s.sql("SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = 'tellerdesk' ORDER BY 1"),
            [[table, "SELECT"] for table in TABLES], "read four tables, and nothing else")
    t.equal(s.sql("SELECT tablename FROM pg_publication_tables WHERE pubname = 'tellerdesk' AND tablename NOT LIKE 'store%' ORDER BY 1"),
            [[table] for table in TABLES[:3]], "the publication has the tables")
    with s.session("tellerdesk", password="it's a secret") as c:
        c.run("SELECT pg_create_logical_replication_slot('tellerdesk_x', 'pgoutput')")
        t.equal(c.cell("SELECT count(*) FROM customer_info"), "0", "it makes a slot, and reads")
        t.ok("permission denied" in refusal(lambda: c.run("DELETE FROM customer_info")), "and does not write")
    s.sql("INSERT INTO store VALUES ('a'), ('b'); INSERT INTO customer_info (cif, name) VALUES (1, 'x'); INSERT INTO bank_product VALUES (1, 1);"
          "INSERT INTO customer_asset VALUES (1, 1)")
    for table in TABLES:
        column = s.cell(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' AND ordinal_position = 2")
        t.equal(refusal(lambda table=table, column=column: s.sql(f"UPDATE {table} SET {column} = NULL WHERE '{table}' <> 'customer_info'; DELETE FROM {table}")), "",
                f"the bank's own updates and deletes of {table} work")


def retired(t, s, text):
    """The statements that end it, as its last comment has them."""
    last = text[text.index("-- To retire all"):]
    statements = re.findall(r"^--     (.*;)$", last, re.M)
    t.ok(len(statements) == 4, "the script says how to end it", last)
    t.ok("tellerdesk_x" in s.script(statements[0]), "its slots are found")
    s.sql("SELECT pg_drop_replication_slot('tellerdesk_x')")
    for statement in statements[1:]:
        s.script(statement)
    t.equal(left(s), [], "nothing of it is left")


def main():
    tables_text, account_text = read("postgres/demography.sql"), read("postgres/account.sql")
    with tap() as t:
        model = of_model(read("models/demography.model"))
        t.ok(len(model) >= 25, "the model has tables")
        t.equal(of_script(tables_text), model, "demography.sql has the tables, columns and keys of the model")
        t.ok("FOR ALL TABLES" not in re.sub(r"--.*", "", account_text), "account.sql publishes no more than it names")
        if not available():
            t.skip("scripts on a server", "there is no PostgreSQL server here")
            return
        with Server() as s:
            tables(t, s, tables_text)
            dangers(t, s, account_text)
            account(t, s, account_text)
            retired(t, s, account_text)


main()
