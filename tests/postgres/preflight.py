#!/usr/bin/python3
"""check-source: everything that is in the way of following, at once, in an order to be mended in, and the mending, done as it is printed, mends."""

import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403
from server import until  # noqa: E402

CUSTOMER = entity("customer", "customer", "cif", {"cif": "integer", "name": "text", "email": "text"}, kind="customer", name="name", optional="email")
ACCOUNT = entity("account", "account", "id", {"id": "integer", "cif": "integer", "balance": "decimal(2)"}, cif="cif")
CUSTOMER_TABLE = "CREATE TABLE customer (cif bigint PRIMARY KEY, name text);"
ACCOUNT_COLUMNS = "id bigint, cif bigint, balance numeric(12, 2)"
GOOD = CUSTOMER_TABLE + f"CREATE TABLE account ({ACCOUNT_COLUMNS}, PRIMARY KEY (id));"
PUBLISHED = "CREATE PUBLICATION tellerdesk FOR TABLE customer, account;"
SLOT = "console_7"
# Without these two a server is warned of whatever else it is.
SETTLED = {"max_slot_wal_keep_size": "1GB"}
WOULD = "the bank's updates and deletes of it would fail from the moment it is published; mend it before"
NOW = "the bank's updates and deletes of it fail now, since the publication has it"
AGAIN = "BEGIN; ALTER PUBLICATION tellerdesk DROP TABLE account; ALTER PUBLICATION tellerdesk ADD TABLE account; COMMIT"
NONE = object()


def model(*entities):
    return write_model("bank.model", *(entities or (CUSTOMER, ACCOUNT)))


def preflight(server, database="bank", user="teller", **more):
    return desk("check-source", "--source", server.url(user, database, **{"slot": SLOT, **more}), "--model", path("bank.model"), "--json")


def told(result):
    """The findings in their order; None: there was no answer."""
    return [(f["severity"], f["object"], f["detail"], f["fix"]) for f in result.json()["findings"]] if result.out else None


def is_statement(fix):
    return re.match(r"(ALTER|CREATE|GRANT|BEGIN;|DROP|SELECT) ", fix) is not None


def mend(server, findings, database="bank"):
    """What a DBA does with the list: runs it from its top to its end."""
    return server.script("".join(fix + ";\n" for _, _, _, fix in findings if is_statement(fix)), database)


def refusal(server, sql, database):
    """What a statement of the bank's is answered; "": it is done."""
    try:
        server.sql(sql, database)
        return ""
    except Failure as error:
        return str(error).splitlines()[0]


def whole(t):
    model()
    with Server("whole", **SETTLED) as s:
        s.script(GOOD + PUBLISHED)
        result = preflight(s)
        t.equal((result.status, result.json()), (0, {"ok": True, "findings": []}), "a server as it should be: nothing is found", result)
        t.ok(not schema_errors("check_source", result.json()), "the answer has its shape", schema_errors("check_source", result.json()))
        s.sql("DROP PUBLICATION tellerdesk")
        result = preflight(s)
        t.ok(result.status == 8 and not schema_errors("check_source", result.json()), "so has one with a finding, which is exit 8", result)
        text = desk("check-source", "--source", s.url(slot=SLOT), "--model", path("bank.model"))
        t.ok(text.status == 8 and "CREATE PUBLICATION tellerdesk FOR TABLE customer, account" in text.out, "as text", text)
        done = once(s.url(slot=SLOT), fresh("refused.db"), path("bank.model"))
        t.ok(done.status == 8 and "publication: there is no publication tellerdesk" in done.err and "hint: CREATE PUBLICATION tellerdesk FOR TABLE customer, account" in done.err,
             "following is refused with the same words", done)
        s.script(PUBLISHED)
        standby = s.standby(start=False)
        with standby.start():
            result = preflight(standby)
            t.equal((result.status, told(result)), (8, [("refuse", "pg_is_in_recovery", "the server is a standby: slots are kept, and publications made, on the primary",
                                                          "name the primary in the URL (of several hosts, target_session_attrs=read-write finds it)")]),
                    "a standby is refused, and nothing else of it is", result)
        s.stop()
        t.equal(preflight(s).status, 6, "a server that is down: exit 6", preflight(s))


# ---- what the server is set to ----

RESTART = "(the server must be restarted after the change)"
SETTINGS = [
    ("a log that tells no rows", {"wal_level": "replica"},
     ("refuse", "wal_level", f"it is replica: the log does not tell rows {RESTART}", "ALTER SYSTEM SET wal_level = 'logical'")),
    ("no limit to what a slot keeps", {"max_slot_wal_keep_size": "-1"},
     ("warn", "max_slot_wal_keep_size", "there is no limit: a console that is away has the server keep its log until its disk is full "
      "(after a longer absence than the limit allows the tables are read anew, with a gap)", "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf()")),
    ("connections that are never given up", {"wal_sender_timeout": "0"},
     ("warn", "wal_sender_timeout", "it is off: when a console is cut off without a word, its slot stays taken until the network says so",
      "ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf()")),
    ("no walsender", {"max_wal_senders": "0"},
     ("refuse", "max_wal_senders", f"all 0 of them are in use {RESTART}", "ALTER SYSTEM SET max_wal_senders = '5'")),
    ("no slot is free", {"max_replication_slots": "1"},
     ("refuse", "max_replication_slots", "all 1 slots are taken (pg_replication_slots shows by whom; the server must be restarted after the change)",
      "ALTER SYSTEM SET max_replication_slots = '6'")),
]

ANYBODY = "name the bank's own standbys in it instead of *, then SELECT pg_reload_conf()"
OURS = f"application_name=NAME in the URL, one that is not in the list; or take {SLOT} out of it, then SELECT pg_reload_conf()"
STANDBYS = [("*", ANYBODY), ("branch, CONSOLE_7", OURS), ('ANY 1 (branch, "console_7")', OURS), ('FIRST 2 (branch, "*")', ANYBODY), ("2 (branch, other)", None)]


def settings(t):
    """None of them on the command line, which would overrule what the DBA writes."""
    model()
    with Server("settings", wal_level=None, max_wal_senders=None, max_replication_slots=None) as s:
        good = {"wal_level": "logical", **SETTLED}
        s.script(GOOD + "".join(f"ALTER SYSTEM SET {name} = '{value_}';" for name, value_ in good.items()))
        s.restart()
        s.script(PUBLISHED + "SELECT pg_create_physical_replication_slot('other');")
        t.equal(told(preflight(s)), [], "the server is as it should be")
        for name, wrong, finding in SETTINGS:
            s.script("".join(f"ALTER SYSTEM SET {key} = '{value_}';" for key, value_ in wrong.items()))
            s.restart()
            result = preflight(s)
            t.equal((told(result), result.status), ([finding], 8 if finding[0] == "refuse" else 0), f"{name}: told", result)
            mend(s, told(result))
            s.restart()
            t.equal(told(preflight(s)), [], f"{name}: the statement mends it")
        for names, fix in STANDBYS:
            s.reload(synchronous_standby_names=names)
            result = preflight(s)
            detail = f"it is {names}: the bank's commits would wait for this console" if fix == ANYBODY else \
                f"it is {names}, and {SLOT} is what this console is called: the bank's commits would wait for it"
            t.equal(told(result), [("refuse", "synchronous_standby_names", detail, fix)] if fix else [], f"synchronous_standby_names = {names}", result)
        s.reload(synchronous_standby_names=SLOT)
        t.equal(told(preflight(s, application_name="teller_7")), [], "another name, given in the URL, mends it")
        done = once(s.url(slot=SLOT), fresh("held.db"), path("bank.model"))
        t.ok(done.status == 8 and "the bank's commits would wait" in done.err and SLOT not in s.slots(), "until then nothing is followed, and there is no slot", done)


def crowd(t):
    """Walsenders that others use."""
    import psycopg2
    import psycopg2.extras
    model()
    with Server("crowd", max_wal_senders=1, **SETTLED) as s:
        s.script(GOOD + PUBLISHED)
        with contextlib.closing(psycopg2.connect(host=s.folder, user="postgres", connection_factory=psycopg2.extras.PhysicalReplicationConnection)):
            t.equal(told(preflight(s)), [("refuse", "max_wal_senders", f"all 1 of them are in use {RESTART}", "ALTER SYSTEM SET max_wal_senders = '6'")],
                    "all walsenders are others'")
        until(lambda: s.cell("SELECT count(*) FROM pg_stat_get_wal_senders()") == "0", "the walsender to end")
        t.equal(told(preflight(s)), [], "it is gone: nothing is found")


# ---- tables ----

PARTED = "CREATE TABLE account (id bigint, cif bigint, balance numeric(12, 2), PRIMARY KEY (id)) PARTITION BY RANGE (id);" \
         "CREATE TABLE account_1 PARTITION OF account FOR VALUES FROM (0) TO (10);"
VIA_ROOT = "CREATE PUBLICATION tellerdesk FOR TABLE customer, account WITH (publish_via_partition_root = true)"
CREATE = ("refuse", "publication", "there is no publication tellerdesk", "CREATE PUBLICATION tellerdesk FOR TABLE customer, account")
ADD = ("refuse", "publication", "publication tellerdesk lacks account", "ALTER PUBLICATION tellerdesk ADD TABLE account")
ONLY_CUSTOMER = "CREATE PUBLICATION tellerdesk FOR TABLE customer;"


def refuse(*words):
    return ("refuse", *words)


# (name, the account's table and what is published, what is found of it); the statements found, run, leave nothing; NONE: no statement mends it.
TABLES = [
    ("no publication", GOOD, [CREATE]),
    ("no primary key", CUSTOMER_TABLE + f"CREATE TABLE account ({ACCOUNT_COLUMNS});",
     [refuse("account", f"it has no primary key: {WOULD}", "ALTER TABLE account ADD PRIMARY KEY (id)"), CREATE]),
    ("no primary key, nor the customer, and the publication is there", f"CREATE TABLE customer (cif bigint, name text); CREATE TABLE account ({ACCOUNT_COLUMNS}); CREATE PUBLICATION tellerdesk;",
     [refuse("customer", f"it has no primary key: {WOULD}", "ALTER TABLE customer ADD PRIMARY KEY (cif)"),
      refuse("account", f"it has no primary key: {WOULD}", "ALTER TABLE account ADD PRIMARY KEY (id)"),
      refuse("publication", "publication tellerdesk lacks customer, account", "ALTER PUBLICATION tellerdesk ADD TABLE customer, account")]),
    ("published without a primary key", CUSTOMER_TABLE + f"CREATE TABLE account ({ACCOUNT_COLUMNS});" + PUBLISHED,
     [refuse("account", f"it has no primary key: {NOW}", "ALTER TABLE account ADD PRIMARY KEY (id)")]),
    ("no primary key, whole rows", CUSTOMER_TABLE + f"CREATE TABLE account ({ACCOUNT_COLUMNS}); ALTER TABLE account REPLICA IDENTITY FULL;" + PUBLISHED,
     [refuse("account", "(id) is no primary key, nor unique and not null", "ALTER TABLE account ADD PRIMARY KEY (id)")]),
    ("no primary key, and no identity wanted", CUSTOMER_TABLE + f"CREATE TABLE account ({ACCOUNT_COLUMNS}); ALTER TABLE account REPLICA IDENTITY NOTHING;" + ONLY_CUSTOMER,
     [refuse("account", f"its replica identity is NOTHING: {WOULD}", "ALTER TABLE account ADD PRIMARY KEY (id), REPLICA IDENTITY DEFAULT"), ADD]),
    ("a primary key that is deferrable", CUSTOMER_TABLE + f"CREATE TABLE account ({ACCOUNT_COLUMNS}, PRIMARY KEY (id) DEFERRABLE);" + ONLY_CUSTOMER,
     [refuse("account", f"its primary key is deferrable, which makes no replica identity: {WOULD}", "ALTER TABLE account REPLICA IDENTITY FULL"), ADD]),
    ("a primary key, and no identity wanted", GOOD + "ALTER TABLE account REPLICA IDENTITY NOTHING;" + ONLY_CUSTOMER,
     [refuse("account", f"its replica identity is NOTHING: {WOULD}", "ALTER TABLE account REPLICA IDENTITY DEFAULT"), ADD]),
    ("an identity whose index is gone", GOOD + "ALTER TABLE account ADD CONSTRAINT twice UNIQUE (id), REPLICA IDENTITY USING INDEX twice; ALTER TABLE account DROP CONSTRAINT twice;" + PUBLISHED,
     [refuse("account", f"the index of its replica identity is gone: {NOW}", "ALTER TABLE account REPLICA IDENTITY DEFAULT")]),
    ("a unique index instead", CUSTOMER_TABLE + f"CREATE TABLE account ({ACCOUNT_COLUMNS}); ALTER TABLE account ALTER id SET NOT NULL; CREATE UNIQUE INDEX \"By Id\" ON account (id) INCLUDE (balance);" + ONLY_CUSTOMER,
     [refuse("account", f"it has no primary key: {WOULD}", "ALTER TABLE account REPLICA IDENTITY USING INDEX \"By Id\""), ADD]),
    ("indexes that will not do", CUSTOMER_TABLE + f"CREATE TABLE account ({ACCOUNT_COLUMNS}); ALTER TABLE account ALTER id SET NOT NULL; CREATE UNIQUE INDEX ON account (id) WHERE cif > 0;"
     "CREATE UNIQUE INDEX ON account ((id + 1)); CREATE UNIQUE INDEX ON account (id, cif); CREATE INDEX ON account (id);" + ONLY_CUSTOMER,
     [refuse("account", f"it has no primary key: {WOULD}", "ALTER TABLE account ADD PRIMARY KEY (id)"), ADD]),
    ("a primary key of other columns", CUSTOMER_TABLE + "CREATE TABLE account (id bigint NOT NULL UNIQUE, cif bigint, balance numeric(12, 2), row serial PRIMARY KEY);" + PUBLISHED,
     [refuse("account", "its replica identity lacks (id): an update or delete would not tell which row it was of", "ALTER TABLE account REPLICA IDENTITY USING INDEX account_id_key")]),
    ("a primary key of other columns, and none of the model's", CUSTOMER_TABLE + "CREATE TABLE account (id bigint, cif bigint, balance numeric(12, 2), row serial PRIMARY KEY);" + PUBLISHED,
     [refuse("account", "(id) is no primary key, nor unique and not null",
             "ALTER TABLE account ALTER COLUMN id SET NOT NULL, ADD CONSTRAINT account_id_identity UNIQUE (id), REPLICA IDENTITY USING INDEX account_id_identity")]),
    ("a primary key of other columns, and a unique one that may be NULL", CUSTOMER_TABLE + "CREATE TABLE account (id bigint UNIQUE, cif bigint, balance numeric(12, 2), row serial PRIMARY KEY);" + PUBLISHED,
     [refuse("account", "(id) is no primary key, nor unique and not null", "ALTER TABLE account ALTER COLUMN id SET NOT NULL, REPLICA IDENTITY USING INDEX account_id_key")]),
    ("the same, and whole rows", CUSTOMER_TABLE + "CREATE TABLE account (id bigint UNIQUE, cif bigint, balance numeric(12, 2), row serial PRIMARY KEY); ALTER TABLE account REPLICA IDENTITY FULL;" + PUBLISHED,
     [refuse("account", "(id) is no primary key, nor unique and not null", "ALTER TABLE account ALTER COLUMN id SET NOT NULL")]),
    ("a wider primary key has the model's in it", CUSTOMER_TABLE + "CREATE TABLE account (id bigint UNIQUE, cif bigint, balance numeric(12, 2), PRIMARY KEY (cif, id));" + PUBLISHED, []),
    ("unlogged", CUSTOMER_TABLE + f"CREATE UNLOGGED TABLE account ({ACCOUNT_COLUMNS}, PRIMARY KEY (id));" + ONLY_CUSTOMER,
     [refuse("account", "it is unlogged: the log tells nothing of it", "ALTER TABLE account SET LOGGED"), ADD]),
    ("row security", GOOD + "ALTER TABLE account ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON account USING (cif < 5);" + PUBLISHED,
     [refuse("account", "row security would hide rows of it when it is read, while all of its changes are sent", "ALTER ROLE teller BYPASSRLS")]),
    ("not granted", GOOD + PUBLISHED + "REVOKE SELECT ON account FROM teller; GRANT SELECT (id, cif) ON account TO teller;",
     [refuse("account", "it may not be read", "GRANT SELECT ON account TO teller")]),
    ("partitions", CUSTOMER_TABLE + PARTED, [refuse("publication", "there is no publication tellerdesk", VIA_ROOT)]),
    ("partitions under their own names", CUSTOMER_TABLE + PARTED + PUBLISHED,
     [refuse("publication", "publication tellerdesk sends the rows of a partitioned table under the names of its partitions",
             "ALTER PUBLICATION tellerdesk SET (publish_via_partition_root = true)")]),
    ("a partition without an identity", CUSTOMER_TABLE + PARTED + "ALTER TABLE account_1 REPLICA IDENTITY NOTHING;" + VIA_ROOT + ";",
     [refuse("account", f"a partition of it has none: {NOW}", "ALTER TABLE account_1 REPLICA IDENTITY DEFAULT")]),
    ("a partition that sends whole rows", CUSTOMER_TABLE + PARTED + "ALTER TABLE account_1 REPLICA IDENTITY FULL;" + VIA_ROOT + ";", []),
    ("a partitioned table that would, and its partition does not", CUSTOMER_TABLE + PARTED + "ALTER TABLE account REPLICA IDENTITY FULL;" + VIA_ROOT + ";",
     [refuse("account", "its replica identity lacks (id): an update or delete would not tell which row it was of", "ALTER TABLE account REPLICA IDENTITY DEFAULT")]),
    ("partitions with a unique index", CUSTOMER_TABLE + PARTED.replace("PRIMARY KEY (id)", "UNIQUE (id)") + "ALTER TABLE account ALTER id SET NOT NULL;",
     [refuse("account", f"a partition of it has none: {WOULD}",
             "ALTER TABLE account REPLICA IDENTITY USING INDEX account_id_key; ALTER TABLE account_1 REPLICA IDENTITY USING INDEX account_1_id_key"),
      refuse("publication", "there is no publication tellerdesk", VIA_ROOT)]),
    ("partitions with a deferrable key", CUSTOMER_TABLE + PARTED.replace("PRIMARY KEY (id)", "PRIMARY KEY (id) DEFERRABLE") + VIA_ROOT + ";",
     [refuse("account", f"a partition of it has none: {NOW}", "ALTER TABLE account_1 REPLICA IDENTITY FULL")]),
    ("partitions without a key", CUSTOMER_TABLE + PARTED.replace(", PRIMARY KEY (id)", "") + VIA_ROOT + ";",
     [refuse("account", f"a partition of it has none: {NOW}", "ALTER TABLE account ADD PRIMARY KEY (id)")]),
    ("an unlogged partition", CUSTOMER_TABLE + PARTED.replace("TABLE account_1", "UNLOGGED TABLE account_1") + VIA_ROOT + ";",
     [refuse("account", "its partition account_1 is unlogged: the log tells nothing of it", "ALTER TABLE account_1 SET LOGGED")]),
    ("a partition that is elsewhere", CUSTOMER_TABLE + PARTED.replace(", PRIMARY KEY (id)", "") + "ALTER TABLE account ALTER id SET NOT NULL; CREATE FOREIGN DATA WRAPPER nobody;"
     "CREATE SERVER elsewhere FOREIGN DATA WRAPPER nobody; CREATE FOREIGN TABLE account_2 PARTITION OF account FOR VALUES FROM (10) TO (20) SERVER elsewhere;",
     [refuse("account", f"a partition of it has none: {WOULD}", "ALTER TABLE account ADD PRIMARY KEY (id)"),
      refuse("account", "its partition account_2 is a foreign table: its rows are another server's", "ALTER TABLE account DETACH PARTITION account_2"),
      refuse("publication", "there is no publication tellerdesk", VIA_ROOT)], NONE),
    ("a partition that is modelled itself", CUSTOMER_TABLE + PARTED.replace("account", "accounts").replace("accounts_1", "account") +
     "CREATE PUBLICATION tellerdesk FOR TABLE customer, accounts WITH (publish_via_partition_root = true);",
     [refuse("account", "its rows are sent as those of accounts, whose partition it is; the model may name that one instead",
             "ALTER PUBLICATION tellerdesk SET (publish_via_partition_root = false)")]),
    # the publication
    ("a table is not published", GOOD + ONLY_CUSTOMER, [ADD]),
    ("a schema is published", GOOD + "CREATE PUBLICATION tellerdesk FOR TABLES IN SCHEMA public;", []),
    ("operations are left out", GOOD + "CREATE PUBLICATION tellerdesk FOR TABLE customer, account WITH (publish = 'insert, delete');",
     [refuse("publication", "publication tellerdesk leaves out update truncate", "ALTER PUBLICATION tellerdesk SET (publish = 'insert, update, delete, truncate')")]),
    ("all tables are published", GOOD + "CREATE PUBLICATION tellerdesk FOR ALL TABLES;",
     [("warn", "publication", "publication tellerdesk is of all tables: in one without a replica identity the bank could not update or delete rows",
       "BEGIN; DROP PUBLICATION tellerdesk; CREATE PUBLICATION tellerdesk FOR TABLE customer, account; COMMIT")]),
    ("a row filter", GOOD + "CREATE PUBLICATION tellerdesk FOR TABLE customer, account WHERE (id > 7);",
     [("warn", "account", "the publication sends only rows where (id > 7): others are not in the replica", AGAIN)]),
    ("a row filter beyond the identity", GOOD + "CREATE PUBLICATION tellerdesk FOR TABLE customer, account WHERE (cif > 7);",
     [refuse("account", "the bank's updates and deletes of it fail now: the publication's row filter or list of columns needs more than the replica identity has", AGAIN),
      ("warn", "account", "the publication sends only rows where (cif > 7): others are not in the replica", AGAIN)]),
    ("a list of columns", GOOD + "CREATE PUBLICATION tellerdesk FOR TABLE customer, account (id, balance);",
     [refuse("account", "the publication's list of columns lacks cif", AGAIN)]),
    ("a list of columns without the identity", GOOD + "CREATE PUBLICATION tellerdesk FOR TABLE customer, account (cif, balance);",
     [refuse("account", "the bank's updates and deletes of it fail now: the publication's row filter or list of columns needs more than the replica identity has", AGAIN)]),
    ("a list of columns, and whole rows", GOOD + "ALTER TABLE account REPLICA IDENTITY FULL; CREATE PUBLICATION tellerdesk FOR TABLE customer, account (id, cif, balance);",
     [refuse("account", "the bank's updates and deletes of it fail now: the publication's row filter or list of columns needs more than the replica identity has", AGAIN)]),
    # what no statement mends
    ("a missing table", CUSTOMER_TABLE + ONLY_CUSTOMER,
     [refuse("account", "database {database} has no such table, or it may not be seen; the model or the URL may name the wrong one", "create it, or correct the model or the URL")], NONE),
    ("a table that is elsewhere", CUSTOMER_TABLE + f"CREATE SCHEMA away; CREATE TABLE away.account ({ACCOUNT_COLUMNS}, PRIMARY KEY (id));" + ONLY_CUSTOMER,
     [refuse("account", "database {database} has no such table, or it may not be seen; the model or the URL may name the wrong one", "schema=away in the URL, or table = away.account in the model")], NONE),
    ("a column that is missing", CUSTOMER_TABLE + "CREATE TABLE account (id bigint PRIMARY KEY, balance numeric);" + PUBLISHED,
     [refuse("account.cif", "the table has no such column", "correct the model, or mark it optional: optional = cif")], NONE),
    ("a key column that is missing", CUSTOMER_TABLE + "CREATE TABLE account (cif bigint, balance numeric, row serial PRIMARY KEY);" + PUBLISHED,
     [refuse("account.id", "the table has no such column", "correct the model, or mark it optional: optional = id")], NONE),
    ("a view", GOOD.replace("TABLE account", "TABLE accounts") + "CREATE VIEW account AS SELECT * FROM accounts;" + ONLY_CUSTOMER,
     [refuse("account", "it is a view: it has no changes of its own", "name the table behind it in the model")], NONE),
    ("a materialized view", GOOD.replace("TABLE account", "TABLE accounts") + "CREATE MATERIALIZED VIEW account AS SELECT * FROM accounts;" + ONLY_CUSTOMER,
     [refuse("account", "it is a view: it has no changes of its own", "name the table behind it in the model")], NONE),
    ("a foreign table", CUSTOMER_TABLE + "CREATE FOREIGN DATA WRAPPER nobody; CREATE SERVER elsewhere FOREIGN DATA WRAPPER nobody;"
     f"CREATE FOREIGN TABLE account ({ACCOUNT_COLUMNS}) SERVER elsewhere;" + ONLY_CUSTOMER,
     [refuse("account", "it is a foreign table: it has no changes of its own", "follow the server that has it")], NONE),
    ("a table with children", GOOD + "CREATE TABLE account_old () INHERITS (account);" + PUBLISHED,
     [refuse("account", "tables inherit from it: their rows are read with its own, but change under their own names", "name each of them as an entity of its own, or make them its partitions")], NONE),
    ("a generated column", CUSTOMER_TABLE + "CREATE TABLE account (id bigint PRIMARY KEY, cif bigint, balance numeric GENERATED ALWAYS AS (cif * 2) STORED);" + PUBLISHED,
     [refuse("account.balance", "it is generated: the server does not send what it holds", "take the column out of the model")], NONE),
    ("a key of floating point", CUSTOMER_TABLE + "CREATE TABLE account (id double precision PRIMARY KEY, cif bigint, balance numeric);" + PUBLISHED,
     [refuse("account.id", "a key of type double precision cannot be read in order", "choose another unique key in the model")], NONE),
    ("a primary key that partitions cannot have", CUSTOMER_TABLE + PARTED.replace(", PRIMARY KEY (id)", "").replace("RANGE (id)", "RANGE (cif)") + VIA_ROOT + ";",
     [refuse("account", f"a partition of it has none: {NOW}", "name in the model a key that is unique over all partitions: it has the columns they are made by")], NONE),
]


def tables(t):
    with Server("tables", **SETTLED) as s:
        model()
        for number_, (name, sql, expected, *mended) in enumerate(TABLES):
            database = s.database(f"t{number_}")
            s.script(sql, database)
            result = preflight(s, database)
            expected = [tuple(text.replace("{database}", database) for text in finding) for finding in expected]
            t.equal((told(result), result.status), (expected, 8 if any(f[0] == "refuse" for f in expected) else 0), f"{name}: what is found", result)
            if mended == [NONE]:
                continue
            mend(s, expected, database)
            result = preflight(s, database)
            t.equal((told(result), result.status), ([], 0), f"{name}: run from top to end, the statements mend it", result)
            s.sql("INSERT INTO customer (cif) VALUES (1); INSERT INTO account (id, cif) VALUES (1, 1); UPDATE account SET cif = 2; DELETE FROM account", database)


def names(t):
    """What must be quoted is, and nothing else."""
    user, publication, long = 'Teller "T"', "Select", "a" + "é" * 27
    with Server("names", **SETTLED) as s:
        s.sql(f'CREATE ROLE "{user.replace(chr(34), chr(34) * 2)}" LOGIN; CREATE SCHEMA "The Bank"')
        s.script('CREATE TABLE "The Bank"."Customer" ("CIF" bigint, name text); CREATE TABLE "The Bank"."order" (id int, "primary" int, cif bigint);'
                 'CREATE TABLE "The Bank".plain_2 (id int, cif bigint);'
                 f'CREATE TABLE "The Bank"."{long}" (id int, cif bigint, row serial PRIMARY KEY);')
        model(entity("customer", "Customer", "cif", {"cif": "integer", "name": "text"}, kind="customer", name="name"),
              entity("orders", "order", "id, primary", {"id": "integer", "primary": "integer", "cif": "integer"}, cif="cif"),
              entity("plain", "PLAIN_2", "id", {"id": "integer", "cif": "integer"}, cif="cif"),
              entity("long", long, "id", {"id": "integer", "cif": "integer"}, cif="cif"))
        url = s.url("Teller%20%22T%22", slot=SLOT, publication=publication, schema="The%20Bank")
        result = desk("check-source", "--source", url, "--model", path("bank.model"), "--json")
        role = '"Teller ""T"""'
        t.equal(told(result), [
            refuse("Customer", f"it has no primary key: {WOULD}", 'ALTER TABLE "The Bank"."Customer" ADD PRIMARY KEY ("CIF")'),
            refuse("order", f"it has no primary key: {WOULD}", 'ALTER TABLE "The Bank"."order" ADD PRIMARY KEY (id, "primary")'),
            refuse("PLAIN_2", f"it has no primary key: {WOULD}", 'ALTER TABLE "The Bank".plain_2 ADD PRIMARY KEY (id)'),
            refuse(long, "(id) is no primary key, nor unique and not null", f'ALTER TABLE "The Bank"."{long}" ALTER COLUMN id SET NOT NULL, '
                   f'ADD CONSTRAINT "{long[:-1]}_identity" UNIQUE (id), REPLICA IDENTITY USING INDEX "{long[:-1]}_identity"'),
            refuse("publication", "there is no publication Select", 'CREATE PUBLICATION "Select" FOR TABLE "The Bank"."Customer", "The Bank"."order", "The Bank".plain_2, "The Bank"."' + long + '"'),
            refuse("privileges", "the account may not follow the log", f"ALTER ROLE {role} REPLICATION"),
            *(finding for object_, table in (("Customer", '"Customer"'), ("order", '"order"'), ("PLAIN_2", "plain_2"), (long, f'"{long}"')) for finding in (
                refuse(object_, "the account may not use what is in schema The Bank", f'GRANT USAGE ON SCHEMA "The Bank" TO {role}'),
                refuse(object_, "it may not be read", f'GRANT SELECT ON "The Bank".{table} TO {role}'))),
        ], "everything at once, names as statements write them", result)
        mend(s, told(result))
        result = desk("check-source", "--source", url, "--model", path("bank.model"), "--json")
        t.equal((told(result), result.status), ([], 0), "run from top to end, nothing is left", result)
        s.sql("INSERT INTO \"The Bank\".\"Customer\" VALUES (1, 'x')")
        replica = fresh("names.db")
        done = once(url, replica, path("bank.model"))
        t.equal((done.status, value(replica, "SELECT name FROM customer")), (0, "x"), "and it follows", done)


def hurt(t):
    """A table without an identity is the bank's trouble as soon as it is published, and only then; it is told before the publication is."""
    model()
    with Server("hurt", **SETTLED) as s:
        s.script(CUSTOMER_TABLE + f"CREATE TABLE account ({ACCOUNT_COLUMNS}); INSERT INTO account VALUES (1, 1, 5)")
        found = told(preflight(s))
        t.equal([f[1] for f in found], ["account", "publication"], "the table is told first, the publication after it")
        t.equal(refusal(s, "UPDATE account SET balance = 6", "bank"), "", "the bank's update works while nothing is published")
        mend(s, found[1:])
        t.equal(refusal(s, "UPDATE account SET balance = 7", "bank"), 'cannot update table "account" because it does not have a replica identity and publishes updates',
                "published all the same, it fails")
        t.equal(told(preflight(s)), [refuse("account", f"it has no primary key: {NOW}", found[0][3])], "and that is what is told then")
        mend(s, found[:1])
        t.equal(refusal(s, "UPDATE account SET balance = 8", "bank"), "", "the statement mends it")
        t.equal(told(preflight(s)), [], "and nothing is left")


# ---- the account ----

def accounts(t):
    model()
    with Server("accounts", tcp=True, **SETTLED) as s:
        s.script(GOOD + PUBLISHED + "CREATE ROLE nothing LOGIN; CREATE ROLE partly LOGIN REPLICATION; GRANT SELECT ON customer TO partly; CREATE ROLE rented LOGIN;"
                 "CREATE ROLE hidden LOGIN REPLICATION IN ROLE by_reject; GRANT SELECT ON customer, account TO rented;")
        replication = refuse("privileges", "the account may not follow the log", "ALTER ROLE nothing REPLICATION")
        denied = [refuse(table, "it may not be read", f"GRANT SELECT ON {table} TO {{}}") for table in ("customer", "account")]
        for user, expected in (("nothing", [replication, *denied]), ("partly", denied[1:])):
            expected = [tuple(text.format(user) for text in finding) for finding in expected]
            result = preflight(s, user=user)
            t.equal(told(result), expected, f"{user}: what it may not is refused, with the GRANT", result)
            mend(s, told(result))
            t.equal(told(preflight(s, user=user)), [], f"{user}: the statements it was told mend it")
        s.script("CREATE SCHEMA inner_bank; ALTER TABLE account SET SCHEMA inner_bank; ALTER ROLE partly SET search_path = inner_bank, public;")
        result = preflight(s, user="partly")
        t.equal(told(result), [refuse("account", "the account may not use what is in schema inner_bank", "GRANT USAGE ON SCHEMA inner_bank TO partly")],
                "a schema of the search_path that may not be used", result)
        mend(s, told(result))
        t.equal(told(preflight(s, user="partly")), [], "and the GRANT mends it")
        ports = server_.free_port(), server_.free_port()
        result = desk("check-source", "--source", f"postgresql://teller@127.0.0.1:{ports[0]},[::1]:{ports[1]}/bank", "--model", path("bank.model"))
        t.ok(result.status == 6 and f"port {ports[0]} failed" in result.err and f"port {ports[1]} failed" in result.err and f"teller@[::1]:{ports[1]}: " in result.err,
             "of several hosts each is told of", result)
        for user in ("hidden", "nobody"):
            result = preflight(s, user=user)
            t.ok(result.status == 3 and "hint:" in result.err, f"{user}: denied is exit 3, with what to do", result)
        result = desk("check-source", "--source", s.tcp_url(slot=SLOT), "--model", path("bank.model"), "--json")
        t.equal(told(result), [refuse("account", "database bank has no such table, or it may not be seen; the model or the URL may name the wrong one",
                                      "schema=inner_bank in the URL, or table = inner_bank.account in the model"),
                               ("warn", "TLS", "the connection is not encrypted (sslmode=verify-full in the URL asks for it from here)",
                                "hostssl instead of host in pg_hba.conf, then SELECT pg_reload_conf()")], "over the network, without encryption", result)
        s.script("CREATE ROLE rds_replication; GRANT rds_replication TO rented; ALTER TABLE inner_bank.account SET SCHEMA public;")
        found = told(preflight(s, user="rented"))
        t.ok(len(found) == 1 and found[0][1] == "replication" and "not let in" in found[0][2], "what a role of the host's promises is tried, not believed", found)


# ---- slots, and what a new one waits for ----

def slots(t):
    model()
    with Server("slots", max_slot_wal_keep_size="1MB", min_wal_size="2MB", max_wal_size="2MB") as s:
        s.script(GOOD + PUBLISHED + f"SELECT pg_create_physical_replication_slot('{SLOT}');")
        foreign = refuse("slot", f"slot {SLOT} is not ours: another plugin or database uses it", "slot=NAME in the URL, a name that is free")
        t.equal(told(preflight(s)), [foreign], "a slot of a standby")
        s.drop_slot(SLOT)
        s.database("other")
        s.sql(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'pgoutput')", "other")
        t.equal(told(preflight(s)), [foreign], "a slot of another database")
        s.drop_slot(SLOT)
        s.sql(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'pgoutput')")
        t.equal(told(preflight(s)), [], "ours, and free")
        s.drop_slot(SLOT)
        replica = fresh("slots.db")
        with follow(s.url(slot=SLOT), replica, path("bank.model")) as service:
            service.until_live()
            pid = s.slots()[SLOT]["active_pid"]
            t.equal(told(preflight(s)), [("warn", "slot", f"process {pid} of the server reads from slot {SLOT}",
                                          "nothing is to be done while that is this replica's own writer; else slot=NAME in the URL gives each console its own")], "in use")
        until(lambda: not s.walsenders(SLOT), "the stream to end")
        seen = set()

        def lost():
            status_ = s.slots()[SLOT]["wal_status"]
            if status_ in ("extended", "unreserved") and status_ not in seen:
                found = told(preflight(s))
                # It may have gone on meanwhile, but never back.
                if s.slots()[SLOT]["wal_status"] == status_:
                    seen.add(status_)
                    wanted = rf"slot {SLOT} keeps \d+\.\d MB of log; " + ("it is lost at the next checkpoint" if status_ == "unreserved" else r"after \d+\.\d MB more it may be lost")
                    t.ok(len(found) == 1 and found[0][:2] == ("warn", "slot") and re.fullmatch(wanted, found[0][2]), f"{status_}: warned", found)
            if status_ == "lost":
                return True
            s.noise(1)
            s.switch()
            if status_ == "unreserved":
                s.checkpoint()
            return False
        until(lost, "the slot to be lost")
        t.ok("unreserved" in seen, "what a slot keeps beyond the limit is warned of on the way", seen)
        t.equal(told(preflight(s)), [("warn", "slot", f"what slot {SLOT} kept of the log was given up by the server (max_slot_wal_keep_size)",
                                      "nothing is to be done: a new one is made, and the tables are read anew, with a gap")], "lost")


class Waiting:
    """A server where transactions are in progress and forgotten; they age while the others are tested."""

    def __init__(self):
        self.server = Server("waits", max_prepared_transactions=2, **SETTLED)
        self.server.script(GOOD + PUBLISHED + "CREATE ROLE looks LOGIN REPLICATION IN ROLE pg_read_all_stats; GRANT SELECT ON customer, account TO looks;")
        self.open = self.server.connect()
        self.open.run("BEGIN; INSERT INTO customer VALUES (1, 'x'); SAVEPOINT a; INSERT INTO customer VALUES (2, 'x')")
        self.server.script("BEGIN; INSERT INTO customer VALUES (3, 'x'); PREPARE TRANSACTION 'it''s';")

    def check(self, t):
        s = self.server
        fix = f"wait for its end, or end it: SELECT pg_terminate_backend({self.open.pid})"
        until(lambda: s.cell("SELECT clock_timestamp() - prepared > '10 s' FROM pg_prepared_xacts") == "t", "a prepared transaction to be old")
        for user, running in (("teller", f"process {self.open.pid} (postgres) has one in progress: a new slot waits for its end"),
                              ("looks", rf"process {self.open.pid} \(postgres\) has one in progress for \d+ s: a new slot waits for its end")):
            found = told(preflight(s, user=user))
            t.ok(len(found) == 2 and found[0][:2] == ("warn", "transactions") and found[0][3] == fix and (found[0][2] == running or re.fullmatch(running, found[0][2])),
                 f"{user}: a transaction in progress", found)
            t.ok(len(found) == 2 and re.fullmatch(r"'it''s' is prepared by postgres for \d+ s: a new slot waits for its end", found[1][2]) and
                 found[1][3] == "COMMIT PREPARED 'it''s' or ROLLBACK PREPARED 'it''s', as whoever prepared it means it; in database bank", f"{user}: a forgotten one", found)
        self.open.run("ROLLBACK")
        s.sql("ROLLBACK PREPARED 'it''s'")
        t.equal(told(preflight(s)), [], "ended, nothing is left")
        s.script(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'pgoutput');")
        self.open.run("BEGIN; INSERT INTO customer VALUES (1, 'x')")
        t.equal(told(preflight(s)), [], "a slot that is there waits for nobody")
        s.script("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0;")
        s.script(GOOD + PUBLISHED, "ascii")
        found = told(preflight(s, "ascii", slot="other"))
        t.ok([f[:2] for f in found][:1] == [("warn", "server_encoding")] and "UTF8" in found[0][3], "a database that does not know what its texts are written in", found)

    def end(self):
        self.open.close()
        self.server.remove()


with tap() as t:
    if need(t):
        waiting = Waiting()
        for scenario in (whole, settings, crowd, tables, names, hurt, accounts, slots, waiting.check):
            try:
                scenario(t)
            except (TimeoutError, RuntimeError, KeyError, IndexError, TypeError, Failure) as error:
                t.ok(False, f"{scenario.__name__}: comes to its end", repr(error))
        waiting.end()
