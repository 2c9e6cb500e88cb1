#!/usr/bin/python3
"""Every type of the server, with its smallest, largest, odd and missing values, on every way a row can take.

    matrix.py

The same rows are written before the first copy (read by SELECT) and after it (decoded from the log): inserted, updated from another
row's values, and sent as before images. `export --json` must tell the same of all, and what stands here. Where only a literal stands
here, the column is of text and the value is what the server itself prints. Types are listed from pg_type: one that is not in
a case below, nor among those that no column can hold, fails the test.

The database and the account are set to print everything otherwise than usual, which must not be seen.
"""

import base64
import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403

SAFE = 2**53 - 1
ZONE = "Asia/Jakarta"  # of the model: seven hours ahead


# ---- the table of cases: (column, type of the server, type of the model, [literal, or (literal, what JSON shows)]) ----

def b64(data):
    return base64.b64encode(data).decode()


def whole_number(n):
    return n if -SAFE <= n <= SAFE else str(n)


def integers(name, type_, *values):
    return (name, type_, "integer", [(str(v), whole_number(v)) for v in values])


def same(name, type_, model, *texts):
    return (name, type_, model, [(t, t) for t in texts])


def text(name, type_, *literals):
    """Kept as the server prints it."""
    return (name, type_, "text", list(literals))


CASES = [
    integers("c_int2", "int2", -2**15, 2**15 - 1, 0, -1),
    integers("c_int4", "int4", -2**31, 2**31 - 1, 0, 42),
    integers("c_int8", "int8", -2**63, 2**63 - 1, 0, SAFE, SAFE + 1),
    integers("c_oid", "oid", 0, 2**32 - 1),
    text("c_int4_text", "int4", "-7", "0"),
    ("c_bool", "bool", "boolean", [("true", True), ("false", False)]),
    ("c_bool_integer", "bool", "integer", [("true", 1), ("false", 0)]),
    same("c_numeric_2", "numeric(10,2)", "decimal(2)", "0.00", "0.01", "-0.01", "99999999.99", "-99999999.99", "1.50"),
    ("c_numeric", "numeric", "decimal", [("1.500", "1.5"), ("0", "0"), ("-0.000", "0"), ("1e-30", "0." + "0" * 29 + "1"), ("9" * 60 + "." + "9" * 40, "9" * 60 + "." + "9" * 40),
                                         ("NaN", "NaN"), ("Infinity", "Infinity"), ("-Infinity", "-Infinity")]),
    text("c_numeric_text", "numeric", "1.500", "NaN", "-Infinity", "1e-30", "12345678901234567890.10"),
    ("c_numeric_integer", "numeric(20,0)", "integer", [("12", 12), ("-9223372036854775808", "-9223372036854775808")]),
    ("c_float4", "float4", "text", [("0", "0"), ("1.5", "1.5"), ("3.14159274", "3.1415927"), ("0.1", "0.1"), ("3.4028234663852886e38", "3.4028235e+38"), ("1e-45", "1e-45"),
                                    ("NaN", "NaN"), ("-Infinity", "-Infinity")]),
    ("c_float8", "float8", "text", [("0", "0"), ("-0", "-0"), ("0.1", "0.1"), ("1e15", "1000000000000000"), ("1e20", "100000000000000000000"), ("1e21", "1e+21"), ("1e-5", "0.00001"),
                                    ("1.5e-6", "1.5e-06"), ("1.7976931348623157e308", "1.7976931348623157e+308"), ("5e-324", "5e-324"), ("123456789.987654321", "123456789.98765433"),
                                    ("NaN", "NaN"), ("Infinity", "Infinity")]),
    ("c_float8_decimal", "float8", "decimal", [("0.1", "0.1"), ("-2.5", "-2.5"), ("1e21", "1" + "0" * 21), ("0", "0")]),
    text("c_money", "money", "0", "-1234567.89", "92233720368547758.07"),
    same("c_text", "text", "text", "", "a", " lead and trail ", "it's \"quoted\" \\ back", "tab\tnewline\nend", "ünï 𝄞 日本", "NULL", "\\N", "x" * 9000),
    same("c_varchar", "varchar(20)", "text", "", "grün", "trail  "),
    ("c_bpchar", "char(8)", "text", [("", ""), ("ab", "ab"), ("  ab", "  ab"), ("abcdefgh", "abcdefgh")]),
    text("c_char", "\"char\"", "a", "", "\\377"),
    text("c_name", "name", "a_name", ""),
    ("c_bytea", "bytea", "bytes", [("\\x", ""), ("\\x00ff10", b64(b"\x00\xff\x10")), ("\\x" + "00" * 5000, b64(b"\0" * 5000))]),
    ("c_bytea_text", "bytea", "text", [("\\x616263", "abc"), ("\\x", "")]),
    ("c_date", "date", "date", [("2024-02-29", "2024-02-29"), ("0001-01-01", "0001-01-01"), ("9999-12-31", "9999-12-31"), ("0044-03-15 BC", "0044-03-15 BC"), ("infinity", "infinity"),
                                ("-infinity", "-infinity"), ("12345-01-01", "12345-01-01")]),
    ("c_timestamp", "timestamp", "datetime", [("2024-02-29 23:59:59.123456", "2024-02-29T23:59:59.123456"), ("0001-01-01 00:00:00", "0001-01-01T00:00:00.000000"),
                                              ("9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999"), ("1969-12-31 23:59:59.5", "1969-12-31T23:59:59.500000"),
                                              ("infinity", "infinity"), ("0044-03-15 01:02:03 BC", "0044-03-15 01:02:03 BC"), ("294276-12-31 23:59:59", "294276-12-31 23:59:59")]),
    ("c_timestamp_0", "timestamp(0)", "datetime", [("2024-02-29 12:00:00.4", "2024-02-29T12:00:00.000000")]),
    ("c_timestamp_instant", "timestamp", "instant", [("2024-01-01 07:00:00", "2024-01-01T00:00:00.000000Z")]),
    ("c_timestamptz", "timestamptz", "instant", [("2024-02-29 23:59:59.5+07", "2024-02-29T16:59:59.500000Z"), ("1970-01-01 00:00:00+00", "1970-01-01T00:00:00.000000Z"),
                                                 ("1900-01-01 00:00:00+00", "1900-01-01T00:00:00.000000Z"), ("infinity", "infinity"), ("0044-03-15 00:00:00+00 BC", "0044-03-15 00:00:00+00 BC")]),
    ("c_timestamptz_local", "timestamptz", "datetime", [("2024-02-29 16:59:59.5+00", "2024-02-29T23:59:59.500000")]),
    text("c_timestamptz_text", "timestamptz", "2024-02-29 23:59:59.5+07", "-infinity"),
    text("c_time", "time", "00:00:00", "24:00:00", "12:34:56.789"),
    text("c_timetz", "timetz", "12:34:56+05:30", "00:00:00-15:59"),
    text("c_interval", "interval", "1 year 2 mons 3 days 04:05:06.789", "-1 day", "0", "178000000 years"),
    text("c_uuid", "uuid", "00000000-0000-0000-0000-000000000000", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"),
    text("c_inet", "inet", "192.168.0.1/24", "::1", "10.0.0.1"),
    text("c_cidr", "cidr", "10/8", "2001:db8::/32"),
    text("c_macaddr", "macaddr", "08:00:2b:01:02:03"),
    text("c_macaddr8", "macaddr8", "08-00-2b-01-02-03-04-05"),
    text("c_bit", "bit(5)", "10101", "00000"),
    text("c_varbit", "varbit", "", "1", "1" * 70),
    text("c_json", "json", "{\"a\":  1, \"a\": [null, \"ü\"]}", "null", "\" \\\\n \""),
    text("c_jsonb", "jsonb", "{\"b\": 1.50, \"a\":  [true, null]}", "12345678901234567890"),
    text("c_jsonpath", "jsonpath", "$.a[*] ? (@ > 1)"),
    text("c_xml", "xml", "<a b='c'>ü &amp; d</a>", "text"),
    text("c_point", "point", "(1.5,-2)"), text("c_line", "line", "{1,2,3}"), text("c_lseg", "lseg", "[(0,0),(1,1)]"), text("c_box", "box", "(1,1),(0,0)"),
    text("c_path", "path", "[(0,0),(1,1)]", "((0,0),(1,1),(2,0))"), text("c_polygon", "polygon", "((0,0),(1,1),(2,0))"), text("c_circle", "circle", "<(1,2),3>"),
    text("c_tsvector", "tsvector", "'a':1A 'fat':2,4C"), text("c_tsquery", "tsquery", "'a' & !'b':*"),
    text("c_pg_lsn", "pg_lsn", "16/B374D848"), text("c_pg_snapshot", "pg_snapshot", "10:20:10,14"), text("c_txid_snapshot", "txid_snapshot", "10:20:10,14"),
    text("c_xid", "xid", "4294967295"), text("c_xid8", "xid8", "18446744073709551615"), text("c_cid", "cid", "7"), text("c_tid", "tid", "(42,7)"),
    text("c_regclass", "regclass", "pg_class", "0"), text("c_regtype", "regtype", "integer"), text("c_regproc", "regproc", "now"), text("c_regprocedure", "regprocedure", "lower(text)"),
    text("c_regoper", "regoper", "pg_catalog.||/"), text("c_regoperator", "regoperator", "+(integer,integer)"), text("c_regnamespace", "regnamespace", "pg_catalog"), text("c_regrole", "regrole", "teller"),
    text("c_regconfig", "regconfig", "simple"), text("c_regdictionary", "regdictionary", "simple"), text("c_regcollation", "regcollation", "\"C\""),
    text("c_int2vector", "int2vector", "1 2 3"), text("c_oidvector", "oidvector", "1 2"), text("c_refcursor", "refcursor", "a cursor"), text("c_aclitem", "aclitem", "teller=r/postgres"),
    text("c_int4range", "int4range", "[1,10)", "empty", "(,)"), text("c_int8range", "int8range", "[1,10]"), text("c_numrange", "numrange", "(1.5,)"),
    text("c_daterange", "daterange", "[2024-01-01,2024-02-01]"), text("c_tsrange", "tsrange", "[2024-01-01 00:00,infinity)"), text("c_tstzrange", "tstzrange", "[2024-01-01 00:00+07,)"),
    text("c_int4multirange", "int4multirange", "{[1,3),[5,8)}", "{}"), text("c_int8multirange", "int8multirange", "{[1,3)}"), text("c_nummultirange", "nummultirange", "{(1.5,2]}"),
    text("c_datemultirange", "datemultirange", "{[2024-01-01,2024-02-01)}"), text("c_tsmultirange", "tsmultirange", "{[2024-01-01 00:00,)}"),
    text("c_tstzmultirange", "tstzmultirange", "{[2024-01-01 00:00+07,)}"),
    # types of the database's own
    text("c_enum", "mood", "happy", "so-so, it's"),
    text("c_composite", "pair", "(1,\"a \"\"b\"\", c\")", "(,)"),
    ("c_domain_numeric", "amount", "decimal(2)", [("1.50", "1.50"), ("-3.00", "-3.00")]),
    ("c_domain_stamp", "moment", "instant", [("2024-01-01 07:00:00+07", "2024-01-01T00:00:00.000000Z")]),
    ("c_domain_bytea", "blob_of_blob", "bytes", [("\\x0102", b64(b"\1\2"))]),
    ("c_domain_bool", "yes", "boolean", [("true", True)]),
    ("c_domain_char", "padded", "text", [("ab", "ab")]),
    text("c_domain_enum", "good_mood", "happy"),
    text("c_range_own", "floats", "[1.5,2.5)"),
]
OWN_TYPES = """
CREATE TYPE mood AS ENUM ('happy', 'so-so, it''s'); CREATE TYPE pair AS (a INT, b TEXT); CREATE DOMAIN amount AS NUMERIC(12,2) CHECK (VALUE > -100);
CREATE DOMAIN moment AS TIMESTAMPTZ; CREATE DOMAIN blob AS BYTEA; CREATE DOMAIN blob_of_blob AS blob; CREATE DOMAIN yes AS BOOL; CREATE DOMAIN padded AS CHAR(8);
CREATE DOMAIN good_mood AS mood; CREATE TYPE floats AS RANGE (subtype = float8);
"""
EXTENSIONS = [("citext", text("c_citext", "citext", "MiXed")), ("hstore", text("c_hstore", "hstore", "\"a\"=>\"1\", \"b\"=>NULL")), ("ltree", text("c_ltree", "ltree", "a.b.c"))]

# Types whose values nobody can write, or of the catalogue alone.
NOT_FOR_COLUMNS = {"pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary", "gtsvector", "pg_ddl_command"}

# How people have set their databases.
OTHERWISE = ["datestyle = 'German, DMY'", "intervalstyle = 'postgres_verbose'", "bytea_output = 'escape'", "extra_float_digits = -5", "timezone = 'America/New_York'", "xmlbinary = 'hex'",
             "standard_conforming_strings = off", "quote_all_identifiers = on", "array_nulls = off", "default_transaction_isolation = 'serializable'", "search_path = nowhere, public",
             "client_encoding = 'LATIN1'", "statement_timeout = '1min'", "lock_timeout = '1min'", "idle_in_transaction_session_timeout = '1min'", "default_transaction_read_only = on"]
SETTINGS = "SET datestyle = ISO; SET intervalstyle = iso_8601; SET timezone = UTC; SET bytea_output = hex; SET extra_float_digits = 3; SET client_encoding = UTF8; " \
           "SET default_transaction_read_only = off; SET standard_conforming_strings = on; SET array_nulls = on; SET quote_all_identifiers = off; SET search_path = public; "


def forgotten(server):
    """Types of the server that no case has."""
    known = {row[0] for row in server.sql("SELECT DISTINCT COALESCE(b.typname, t.typname) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype "
                                          "WHERE a.attrelid = 'v'::regclass AND a.attnum > 0")}
    every = {row[0] for row in server.sql("SELECT typname FROM pg_type t WHERE typtype IN ('b', 'r', 'm') AND typnamespace = 'pg_catalog'::regnamespace AND typcategory <> 'A'")}
    return sorted(every - known - NOT_FOR_COLUMNS)


def literal_of(case, row):
    values = case[3]
    return None if row == 0 else values[(row - 1) % len(values)]


def literals(cases, row):
    out = []
    for case in cases:
        value_ = literal_of(case, row)
        value_ = value_[0] if isinstance(value_, tuple) else value_
        out.append("NULL" if value_ is None else quote(value_))
    return ", ".join(out)


def printed(server, cases, row):
    """What the server makes of it, and what stands in the case."""
    with server.session() as c:
        c.run(SETTINGS)
        shown = c.run("SELECT " + ", ".join(f"({lit})::{case[1]}" for case, lit in zip(cases, [literals([case], row) for case in cases])))[0]
    out = {}
    for case, text_ in zip(cases, shown):
        value_ = literal_of(case, row)
        out[case[0]] = value_[1] if isinstance(value_, tuple) else None if text_ is None else text_
    return out


def wrong(cases, wanted, got):
    return [f"{c[0]} ({c[1]} as {c[2]}): wanted {wanted[c[0]]!r:.80}, got {got.get(c[0], '(absent)')!r:.80}" for c in cases if got.get(c[0], "(absent)") != wanted[c[0]]]


class Table:
    """Rows 0 (all NULL) to the longest list; keys are 100 * way + row."""

    def __init__(self, server, name, cases):
        self.server, self.name, self.cases = server, name, cases
        self.rows = 1 + max(len(c[3]) for c in cases)
        server.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY, cif BIGINT, " + ", ".join(f"{c[0]} {c[1]}" for c in cases) + ")")
        self.wanted = [printed(server, cases, row) for row in range(self.rows)]

    def model(self):
        return entity(self.name, self.name, "id", {"id": "integer", "cif": "integer", **{c[0]: c[2] for c in self.cases}}, cif="cif")

    def inserts(self, way, shift=0):
        return [f"INSERT INTO {self.name} VALUES ({100 * way + row}, 1, {literals(self.cases, (row + shift) % self.rows)})" for row in range(self.rows)]

    def updates(self, way):
        return [f"UPDATE {self.name} SET ({', '.join(c[0] for c in self.cases)}) = ROW({', '.join(f'({lit})::{c[1]}' for c, lit in zip(self.cases, [literals([c], row) for c in self.cases]))}) "
                f"WHERE id = {100 * way + row}" for row in range(self.rows)]

    def report(self, t, replica, way, name):
        got = exported(replica, self.name)
        out = []
        for row in range(self.rows):
            out += [f"row {row}: {w}" for w in wrong(self.cases, self.wanted[row], got.get(json.dumps(str(100 * way + row)), {}))]
        return t.ok(not out, f"{self.name}, {name}: {len(self.cases)} columns, {self.rows} rows", "\n".join(out[:40]))


def array_cases(cases):
    """Of each type an array, by the server's own quoting; with a NULL, empty, and of two dimensions."""
    out = []
    for name, type_, _, values in cases:
        if "vector" in type_ and "ts" not in type_:
            continue  # arrays themselves
        first = [v[0] if isinstance(v, tuple) else v for v in values][:2]
        array = "{" + ",".join('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' if type_ != "box" else v for v in first) + "}"
        if type_ == "box":
            array = "{" + ";".join(first) + "}"
        out.append(text("a_" + name[2:], type_ + "[]", array, "{}", "{NULL}"))
    out.append(text("a_square", "int4[][]", "{{1,2},{3,4}}", "[0:1]={7,8}"))
    return out


def write(server, statements):
    with server.session() as c:
        c.run(SETTINGS)  # before the rest is parsed
        c.run("BEGIN; " + "; ".join(statements) + "; COMMIT")


# ---- keys of every type that can be one ----

KEYS = [("int2", "integer", "-5", "0", "7"), ("int4", "integer", "-5", "0", "7"), ("int8", "integer", str(-2**63), "0", str(2**63 - 1)), ("oid", "integer", "1", "4294967295"),
        ("int8", "text", "-5", "0", "10", "9"), ("numeric", "text", "-1.50", "10", "9"), ("numeric(10,2)", "decimal(2)", "-1.50", "10.00", "9.00"), ("text", "text", "", "a", "B", "é", "it's \\ \"x\""),
        ("varchar(9)", "text", "a", "a ", "B"), ("char(4)", "text", "a", "ab", "b"), ("name", "text", "a", "b"), ("\"char\"", "text", "a", "b"), ("bytea", "bytes", "\\x", "\\x00", "\\xff00"),
        ("bool", "boolean", "false", "true"), ("date", "date", "2024-01-01", "0044-03-15 BC", "infinity"), ("timestamp", "datetime", "2024-01-01 00:00:00", "2024-01-01 00:00:00.000001"),
        ("timestamptz", "instant", "2024-01-01 00:00:00+00", "1969-12-31 23:59:59.999999+00"), ("time", "text", "00:00:00", "24:00:00"), ("timetz", "text", "12:00:00+01", "12:00:00+02"),
        ("interval", "text", "1 day", "2 years"), ("uuid", "text", "00000000-0000-0000-0000-000000000001", "ffffffff-0000-0000-0000-000000000000"), ("inet", "text", "10.0.0.1", "::1"),
        ("cidr", "text", "10.0.0.0/8", "10.0.0.0/16"), ("macaddr", "text", "08:00:2b:01:02:03", "00:00:00:00:00:00"), ("money", "text", "-1", "1000.50"), ("bit(3)", "text", "000", "101"),
        ("varbit", "text", "1", "10"), ("jsonb", "text", "1", "{\"a\": 1}"), ("mood", "text", "happy", "so-so, it's"), ("amount", "decimal(2)", "1.50", "-2.00"), ("int4[]", "text", "{1,2}", "{}"),
        ("int4range", "text", "[1,2)", "empty"), ("pair", "text", "(1,a)", "(2,\"b c\")"), ("pg_lsn", "text", "0/1", "16/B374D848")]


def keys(t, server):
    """Copied, checked by key, updated and deleted by key."""
    server.database("keys_", OWN_TYPES)
    sections = [entity("customer", "customer", "cif", {"cif": "integer", "name": "text"}, kind="customer", name="name")]
    server.sql("CREATE TABLE customer (cif BIGINT PRIMARY KEY, name TEXT); INSERT INTO customer VALUES (1, 'x')", "keys_")
    for n, (type_, model, *values) in enumerate(KEYS):
        server.sql(f"CREATE TABLE k{n} (k {type_} PRIMARY KEY, cif BIGINT, v TEXT); INSERT INTO k{n} SELECT v::{type_}, 1, 'copied' FROM unnest(ARRAY[{', '.join(map(quote, values))}]::text[]) v", "keys_")
        sections.append(entity(f"k{n}", f"k{n}", "k", {"k": model, "cif": "integer", "v": "text"}, cif="cif"))
    server.followed("keys_")
    url, model, replica = server.url(database="keys_"), write_model("keys.model", *sections, zone=ZONE), fresh("keys.db")
    done = once(url, replica, model)
    if not t.equal(done.status, 0, f"tables with keys of {len(KEYS)} types are copied", done):
        return
    for n, (type_, model_, *values) in enumerate(KEYS):
        server.sql(f"UPDATE k{n} SET v = 'updated' WHERE k = {quote(values[0])}::{type_}; DELETE FROM k{n} WHERE k = {quote(values[1])}::{type_}; UPDATE k{n} SET k = {quote(values[1])}::{type_} WHERE k = {quote(values[0])}::{type_}", "keys_")
    must(once(url, replica))
    odd = []
    for n, (type_, _, *values) in enumerate(KEYS):
        got = ask(replica, f"SELECT v, count(*) FROM k{n} GROUP BY v ORDER BY v")
        want = [("copied", len(values) - 2), ("updated", 1)] if len(values) > 2 else [("updated", 1)]
        if got != want:
            odd.append(f"{type_} as {_}: {got}, wanted {want}; {ask(replica, f'SELECT k, v FROM k{n}')}")
    t.equal(odd, [], "and changed by key: updated, deleted, moved", "\n".join(odd))
    whole(t, replica, "by key, the replica is what the source is")
    server.sql("ALTER TABLE k0 ALTER k TYPE FLOAT8", "keys_")
    refused = desk("check-source", "--source", url, "--model", model, "--json")
    t.ok(refused.status == 8 and any(f["object"] == "k0.k" and "cannot be read in order" in f["detail"] for f in refused.json()["findings"]), "a key of floating point is refused", refused)
    t.equal(value(replica, "SELECT count(*) FROM td_anomaly"), 0, "nothing was a surprise", ask(replica, "SELECT * FROM td_anomaly LIMIT 5"))


def run(t, server):
    with_extensions = list(CASES)
    for name, case in EXTENSIONS:
        if server.sql(f"SELECT 1 FROM pg_available_extensions WHERE name = '{name}'"):
            server.sql(f"CREATE EXTENSION {name}")
            with_extensions.append(case)
    server.sql(OWN_TYPES + "CREATE TABLE customer (cif BIGINT PRIMARY KEY, name TEXT); INSERT INTO customer VALUES (1, 'x')")
    tables = [Table(server, "v", with_extensions), Table(server, "a", array_cases(with_extensions))]
    t.equal(forgotten(server), [], "no type of the server is forgotten")
    for table in tables:
        write(server, table.inserts(1))
    server.followed("bank")
    for words in OTHERWISE:
        server.sql(f"ALTER DATABASE bank SET {words}", "postgres")
        server.sql(f"ALTER ROLE teller SET {words}", "postgres")
    model, replica = write_model("matrix.model", entity("customer", "customer", "cif", {"cif": "integer", "name": "text"}, kind="customer", name="name"), *(x.model() for x in tables), zone=ZONE), \
        fresh("matrix.db")
    with follow(server.url(), replica, model) as service:
        service.until_live()
        for table in tables:
            table.report(t, replica, 1, "copied")
            write(server, table.inserts(2) + table.inserts(3, shift=1))
            write(server, table.updates(3))
            write(server, [f"ALTER TABLE {table.name} REPLICA IDENTITY FULL"])
            write(server, table.inserts(4, shift=2))
            write(server, table.updates(4))
            write(server, [f"UPDATE {table.name} SET id = id + 100 WHERE id BETWEEN 400 AND 499"])
            write(server, [f"INSERT INTO {table.name} (id) VALUES (9999)"])
            service.until(f"SELECT count(*) FROM {table.name} WHERE id = 9999", 1, "the last row")
            service.until_live()
            table.report(t, replica, 2, "inserted")
            table.report(t, replica, 3, "updated from other values")
            table.report(t, replica, 5, "updated, and their key, with whole rows before")
        must(desk("resync", "--replica", replica))
        t.equal(value(replica, "SELECT count(*) FROM v_versions WHERE origin = 'resync' OR ended_by = 'resync'") + value(replica, "SELECT count(*) FROM a_versions WHERE origin = 'resync' OR ended_by = 'resync'"), 0,
                "read anew, nothing is another than the log told")
        t.equal(service.terminate()[0], 0, "the service ends as it should")
    whole(t, replica, "row by row, the replica is what the source is")
    t.equal(value(replica, "SELECT count(*) FROM td_anomaly"), 0, "nothing was a surprise", ask(replica, "SELECT * FROM td_anomaly LIMIT 5"))


with tap() as t:
    if need(t):
        with Server("matrix") as server:
            run(t, server)
            keys(t, server)
