#!/usr/bin/python3
"""Every type of column, with its smallest, largest, zero, odd and missing values, on every way a row can take.

    matrix.py [--configurations N]     how many of the 36 ways a server can log a row (default: all)

The same rows are written before the first copy (read by SELECT) and after it (decoded
from the log), under each combination of row metadata, row image, compression and
checksum; as inserts, and as updates of every column to the value of another row and
back. `lookup --json` must tell the same of both, and what stands here.

What stands here is held against the server too: canonical() makes the contract's
value of what the server prints.
"""

import base64
import ipaddress
import itertools
import struct
import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403

(CONFIGURATIONS,) = numbers(configurations=36)
SAFE = 2**53 - 1


# ---- the table of cases: (column, type of the server, type of the model, [(literal, what JSON shows)]) ----
#
# A case is a value where literal and JSON are one, else a pair. None is NULL.

def b64(data):
    return base64.b64encode(data).decode()


def whole(n):
    return n if -SAFE <= n <= SAFE else str(n)


def integers(name, type_, low, high, *more):
    return (name, type_, "integer", [(n, whole(n)) for n in (low, high, 0, 1, low // 2, high // 3, *more)])


def signed(name, bits):
    return integers(name, name.upper(), -2**(bits - 1), 2**(bits - 1) - 1, -1, 2**(bits - 2))


def unsigned(name, bits):
    return integers(name + "_u", name.upper() + " UNSIGNED", 0, 2**bits - 1, 2**(bits - 1), 2**(bits - 1) - 1)


def texts(name, type_, *more):
    return (name, type_, "text", ["", "a", " lead", "it's \"quoted\" \\ back", "tab\tnewline\nend", *more])


def raw(name, type_, *values):
    return (name, type_, "bytes", [(v, None if v is None else b64(v)) for v in values])


def padded(size, *values):
    return [(v, b64(v.ljust(size, b"\0"))) for v in values]


def point(x, y, srid=0):
    return struct.pack("<I", srid) + b"\x01" + struct.pack("<Idd", 1, x, y)


def line(*points):
    return struct.pack("<I", 0) + b"\x01" + struct.pack("<II", 2, len(points)) + b"".join(struct.pack("<dd", *p) for p in points)


NINES = "9" * 35 + "." + "9" * 30
MEMBERS = [f"m{i}" for i in range(64)]
LABELS = ["red", "grün", "it''s", "a,b", ""]
PRICES = ["0.00", "0.01", "-0.01", "99999999.99", "-99999999.99", "12345678.90", "1.00", "-1.50"]
TIMES = ["00:00:00", "00:00:01", "-00:00:01", "838:59:59", "-838:59:59", "12:34:56", "-100:00:00"]

INTEGERS = [
    *(signed(n, b) for n, b in (("tinyint", 8), ("smallint", 16), ("mediumint", 24), ("int", 32), ("bigint", 64))),
    *(unsigned(n, b) for n, b in (("tinyint", 8), ("smallint", 16), ("mediumint", 24), ("int", 32), ("bigint", 64))),
    ("int_zerofill", "INT(8) UNSIGNED ZEROFILL", "integer", [0, 42, 4294967295]),
    ("bool", "BOOLEAN", "boolean", [(0, False), (1, True)]),
    ("tiny_as_text", "TINYINT", "text", [(-128, "-128"), (127, "127"), (0, "0")]),
    ("year", "YEAR", "integer", [(1901, 1901), (2155, 2155), ("0000", 0), (2000, 2000)]),
    ("year_as_text", "YEAR", "text", [("0000", "0000"), (1901, "1901"), (2155, "2155")]),
]

NUMBERS = [
    ("dec_10_2", "DECIMAL(10,2)", "decimal(2)", PRICES),
    ("dec_10_2_any", "DECIMAL(10,2)", "decimal", [("1.50", "1.5"), ("0.00", "0"), ("-99999999.99", "-99999999.99"), ("100.00", "100")]),
    ("dec_65_30", "DECIMAL(65,30)", "decimal(30)", [NINES, "-" + NINES, ("0", "0." + "0" * 30), ("1e-30", "0." + "0" * 29 + "1")]),
    ("dec_65_0", "DECIMAL(65,0)", "decimal(0)", ["9" * 65, "-" + "9" * 65, "0", "1" + "0" * 64]),
    ("dec_30_30", "DECIMAL(30,30)", "decimal(30)", ["0." + "9" * 30, "-0." + "0" * 29 + "1", ("0", "0." + "0" * 30)]),
    ("dec_9_9", "DECIMAL(9,9)", "decimal(9)", ["0.123456789", "-0.999999999", "0.000000001"]),
    *((f"dec_{p}_{s}", f"DECIMAL({p},{s})", f"decimal({s})", [x, "-" + x, "0" + ("." + "0" * s if s else "")])
      for p, s in ((1, 0), (1, 1), (2, 1), (5, 3), (8, 4), (11, 5), (13, 7), (19, 8), (20, 10), (37, 19))
      for x in (("9" * (p - s) or "0") + ("." + "9" * s if s else ""),)),
    ("dec_u", "DECIMAL(12,3) UNSIGNED", "decimal(3)", ["0.000", "999999999.999", "0.001"]),
    ("dec_as_text", "DECIMAL(8,3)", "text", ["1.500", "-0.010", "0.000"]),
    ("float", "FLOAT", "text", [("0", "0"), ("1.5", "1.5"), ("-1.5", "-1.5"), ("3.14159274", "3.1415927"), ("0.1", "0.1"), ("16777216", "16777216"),
                                ("3.4028234663852886e38", "3.4028235e+38"), ("1.17549435e-38", "1.1754944e-38"), ("1e-45", "1e-45")]),
    ("double", "DOUBLE", "text", [("0", "0"), ("0.1", "0.1"), ("-0.3", "-0.3"), ("1e15", "1000000000000000"), ("1e20", "100000000000000000000"),
                                  ("1e21", "1e+21"), ("1e-5", "0.00001"), ("1.5e-6", "1.5e-06"), ("1.7976931348623157e308", "1.7976931348623157e+308"),
                                  ("2.2250738585072014e-308", "2.2250738585072014e-308"), ("5e-324", "5e-324"), ("123456789.987654321", "123456789.98765433")]),
    ("double_as_decimal", "DOUBLE", "decimal", [("0.1", "0.1"), ("-2.5", "-2.5"), ("1e21", "1" + "0" * 21), ("1e-7", "0.0000001"), ("0", "0")]),
    ("float_unsigned", "FLOAT UNSIGNED", "text", [("0.5", "0.5"), ("1e10", "10000000000")]),
    ("bit_1", "BIT(1)", "boolean", [("b'0'", False), ("b'1'", True)]),
    ("bit_1_as_integer", "BIT(1)", "integer", [("b'0'", 0), ("b'1'", 1)]),
    *((f"bit_{n}", f"BIT({n})", "integer", [("b'0'", 0), ("b'1'", 1), ("b'" + "1" * n + "'", whole(2**n - 1)), ("b'1" + "0" * (n - 1) + "'", whole(2**(n - 1)))])
      for n in (2, 7, 8, 9, 16, 17, 31, 32, 33, 63, 64)),
]


def fraction(digits):
    return "" if digits == 0 else "." + "123456"[:digits]


def filled(digits):
    return "." + "123456"[:digits].ljust(6, "0")


def datetimes(n):
    f, full = fraction(n), filled(n)
    return (f"datetime_{n}", f"DATETIME({n})", "datetime", [
        (f"2024-02-29 23:59:59{f}", f"2024-02-29T23:59:59{full if n else '.000000'}"), ("1000-01-01 00:00:00", "1000-01-01T00:00:00.000000"),
        ("0001-01-01 00:00:00", "0001-01-01T00:00:00.000000"),
        ("9999-12-31 23:59:59" + ("." + "9" * n if n else ""), "9999-12-31T23:59:59." + ("9" * n).ljust(6, "0")),
        ("1969-12-31 23:59:59", "1969-12-31T23:59:59.000000"),
        ("0000-00-00 00:00:00", "0000-00-00 00:00:00" + ("." + "0" * n if n else "")),
        ("2024-00-00 01:02:03", "2024-00-00 01:02:03" + ("." + "0" * n if n else ""))])


def timestamps(n):
    f, full = fraction(n), filled(n)
    return (f"timestamp_{n}", f"TIMESTAMP({n}) NULL", "instant", [
        (f"2024-02-29 23:59:59{f}", f"2024-02-29T23:59:59{full if n else '.000000'}Z"), ("1970-01-01 00:00:01", "1970-01-01T00:00:01.000000Z"),
        ("2038-01-19 03:14:07" + ("." + "9" * n if n else ""), "2038-01-19T03:14:07." + ("9" * n).ljust(6, "0") + "Z"),
        ("0000-00-00 00:00:00", "0000-00-00 00:00:00" + ("." + "0" * n if n else ""))])


def times(n):
    f = fraction(n)
    zeros = "." + "0" * n if n else ""
    return (f"time_{n}", f"TIME({n})", "text", [*((v, v + zeros) for v in TIMES), f"-01:02:03{f}", f"23:59:59{f}", f"-00:00:00{f}" if n else ("00:00:00", "00:00:00")])


MOMENTS = [
    ("date", "DATE", "date", ["2024-02-29", "1000-01-01", "9999-12-31", "0001-01-01", "0000-00-00", "2024-00-00", "2024-02-00", "1970-01-01", "2023-02-31"]),
    ("date_as_text", "DATE", "text", ["2024-02-29", "0000-00-00"]),
    *(datetimes(n) for n in range(7)),
    *(timestamps(n) for n in range(7)),
    *(times(n) for n in range(7)),
    ("datetime_as_instant", "DATETIME(3)", "instant", [("2024-01-01 07:00:00.5", "2024-01-01T00:00:00.500000Z"), ("1970-01-01 07:00:00", "1970-01-01T00:00:00.000000Z")]),
    ("timestamp_as_datetime", "TIMESTAMP(3) NULL", "datetime", [("2024-01-01 00:00:00.25", "2024-01-01T07:00:00.250000"),
                                                                  ("0000-00-00 00:00:00", "0000-00-00 00:00:00.000")]),
    ("datetime_as_text", "DATETIME(2)", "text", ["2024-01-01 07:00:00.50", "0000-00-00 00:00:00.00"]),
    ("timestamp_as_text", "TIMESTAMP(2) NULL", "text", ["2024-01-01 07:00:00.50", "0000-00-00 00:00:00.00"]),
]

# What each character set can hold, beyond ASCII.
WORDS = {
    "utf8mb4": "Ünïcødé 日本語 😀 𝒳", "utf8mb3": "Ünïcødé 日本語", "latin1": "Müller €—œ", "latin2": "Łódź žluťoučký", "latin5": "İstanbul ığ",
    "latin7": "Šiauliai ģ", "cp1250": "Příliš žluťoučký", "cp1251": "Москва", "cp1256": "مرحبا", "cp1257": "Žemė", "cp850": "Ñandú é", "cp852": "Őrült",
    "cp866": "Привет", "koi8r": "Привет", "koi8u": "Київ", "greek": "Αθήνα", "hebrew": "שלום", "gbk": "中文字符", "gb2312": "中文字符", "big5": "中文字符",
    "sjis": "日本語テスト", "cp932": "日本語①", "ujis": "日本語テスト", "eucjpms": "日本語①", "euckr": "한국어", "tis620": "ภาษาไทย", "macroman": "Éclair ∂",
    "macce": "Łódź", "armscii8": "Հայաստան", "geostd8": "საქართველო", "ucs2": "Ünïcødé 日本語", "utf16": "Ünïcødé 😀", "utf16le": "Ünïcødé 😀",
    "utf32": "Ünïcødé 😀", "ascii": "plain ascii", "hp8": "Éclair", "dec8": "Éclair", "keybcs2": "Příliš", "swe7": "Å Ä Ö",
}

TEXTS = [
    texts("varchar", "VARCHAR(200)", "trail  ", "x" * 200, "Ünïcødé 😀"),
    texts("varchar_long", "VARCHAR(2000)", "y" * 2000, "é" * 1000),
    ("char", "CHAR(30)", "text", ["", "a", ("trail  ", "trail"), " lead", "z" * 30, "ü" * 30]),
    ("char_255", "CHAR(255)", "text", ["", "q" * 255, "日" * 255]),
    ("char_latin1", "CHAR(20) CHARACTER SET latin1", "text", ["", "é" * 20]),
    ("char_ascii_255", "CHAR(255) CHARACTER SET ascii", "text", ["", "k" * 255]),
    *((f"var_{n}", f"VARCHAR(60) CHARACTER SET {n}", "text", ["", w, "abc"]) for n, w in WORDS.items()),
    *((f"char_{n}", f"CHAR(40) CHARACTER SET {n}", "text", ["", w]) for n, w in WORDS.items() if n not in ("latin1",)),
    *((f"{n or 'plain'}_text", f"{n.upper()}TEXT" if n else "TEXT", "text", ["", "t" * size, "Ünïcødé 😀"]) for n, size in (("tiny", 255), ("", 3000), ("medium", 70000), ("long", 70000))),
    ("text_utf16", "TEXT CHARACTER SET utf16", "text", ["", "Ünïcødé 😀" * 50]),
    ("text_gbk", "MEDIUMTEXT CHARACTER SET gbk", "text", ["", "中文字符" * 500]),
    ("text_compressed", "TEXT COMPRESSED", "text", ["", "short", "compressed " * 300]),
    ("varchar_compressed", "VARCHAR(4000) COMPRESSED", "text", ["", "short", "Ünï " * 700]),
    ("varchar_compressed_latin1", "VARCHAR(4000) CHARACTER SET latin1 COMPRESSED", "text", ["", "é" * 3000]),
    ("json", "JSON", "text", ["null", "[]", '{"b": 1, "a": [1, 2.50, "ü😀", null, true]}', '"text"', "0", "-1.5e300", "{ }"]),
    ("enum", "ENUM('" + "','".join(LABELS[:4]) + "')", "text", ["red", "grün", "it's", "a,b", ("999", "")]),
    ("enum_latin1", "ENUM('é','ü') CHARACTER SET latin1", "text", ["é", "ü"]),
    ("enum_ucs2", "ENUM('日本','語') CHARACTER SET ucs2", "text", ["日本", "語"]),
    ("enum_big", "ENUM(" + ",".join(f"'e{i}'" for i in range(300)) + ")", "text", ["e0", "e254", "e255", "e299"]),
    ("set_64", "SET('" + "','".join(MEMBERS) + "')", "text", ["", "m0", "m63", "m0,m31,m32,m63", ",".join(MEMBERS)]),
    ("set_3", "SET('a','b','ü')", "text", ["", "a", "b,ü", "a,b,ü"]),
    ("set_latin1", "SET('é','ü','x') CHARACTER SET latin1", "text", ["", "é,x"]),
    ("uuid", "UUID", "text", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "550e8400-e29b-41d4-a716-446655440000",
                               "01890a5d-ac96-774b-bcce-b302099a8000", "6ba7b810-9dad-11d1-80b4-000000000000"]),
    ("inet4", "INET4", "text", ["0.0.0.0", "255.255.255.255", "10.1.0.0", "127.0.0.1"]),
    ("inet6", "INET6", "text", ["::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "::ffff:192.0.2.1", "fe80::1"]),
]

BYTES = [
    ("binary_16", "BINARY(16)", "bytes", padded(16, b"\x00", b"\xff" * 16, b"abc", b"\x01\x02\x00\x00", b"0123456789abcde\0", b" ")),
    ("binary_1", "BINARY(1)", "bytes", padded(1, b"\0", b"\xff")),
    ("binary_255", "BINARY(255)", "bytes", padded(255, b"\0", b"\xff" * 255, b"x")),
    raw("varbinary", "VARBINARY(300)", b"", b"\0", b"\0\0trail\0\0", bytes(range(256)), b"\xff" * 300),
    raw("varbinary_short", "VARBINARY(20)", b"", b"\0\xff\0"),
    raw("tiny_blob", "TINYBLOB", b"", b"\0" * 255),
    raw("blob", "BLOB", b"", bytes(range(256)) * 9),
    raw("medium_blob", "MEDIUMBLOB", b"", b"\xfe\0" * 40000),
    raw("long_blob", "LONGBLOB", b"", b"\x01" * 70000),
    raw("blob_compressed", "BLOB COMPRESSED", b"", b"\0\1", b"\0" * 5000),
    raw("varbinary_compressed", "VARBINARY(4000) COMPRESSED", b"", b"\xff", bytes(range(256)) * 10),
    raw("varchar_binary", "VARCHAR(50) CHARACTER SET binary", b"", b"\xff\xfe"),
    ("varbinary_as_text", "VARBINARY(20)", "text", [("plain", "plain"), (b"\xff\xfe", "��")]),
    ("text_as_bytes", "VARCHAR(20)", "bytes", [("é", b64("é".encode()))]),
    ("geometry", "GEOMETRY", "bytes", [("ST_GeomFromText('POINT(1 2)')", b64(point(1, 2))), ("ST_GeomFromText('LINESTRING(0 0,1.5 -2)')", b64(line((0, 0), (1.5, -2)))),
                                        ("ST_GeomFromText('POINT(0 0)', 4326)", b64(point(0, 0, 4326)))]),
    ("point", "POINT", "bytes", [("ST_GeomFromText('POINT(-180 90.25)')", b64(point(-180, 90.25)))]),
]

GROUPS = {"integers": INTEGERS, "numbers": NUMBERS, "moments": MOMENTS, "texts": TEXTS, "bytes": BYTES}
EXPRESSIONS = ("b'", "ST_")  # literals that are not quoted


# ---- the columns of a group as SQL, as a model, as rows ----

def case(given):
    """(literal as SQL, JSON)"""
    given, shown = given if isinstance(given, tuple) else (given, given)
    if isinstance(given, str) and given.startswith(EXPRESSIONS):
        return given, shown
    return wire.quote(given), shown


def table(name, columns):
    """The rows of a group: row k holds each column's k-th value; a last one nothing but NULL."""
    rows = []
    for k in range(max(len(c[3]) for c in columns)):
        rows.append([case(c[3][k] if k < len(c[3]) else None) for c in columns])
    rows.append([("NULL", None)] * len(columns))
    ddl = f"CREATE TABLE {name} (id INT NOT NULL PRIMARY KEY, cif BIGINT NOT NULL, KEY (cif), " + ", ".join(f"`{c[0]}` {c[1]}" for c in columns)
    return ddl + ")", rows


def section(name, columns):
    return entity(name, name, "id", {"id": "integer", "cif": "integer", **{c[0]: c[2] for c in columns}}, cif="cif")


def insert(name, columns, rows, cif):
    """Row after row in one statement; ids follow from the CIF, so that they say where a row belongs."""
    names = ", ".join(f"`{c[0]}`" for c in columns)
    values = ", ".join(f"({cif * 100 + k}, {cif}, " + ", ".join(literal for literal, _ in row) + ")" for k, row in enumerate(rows))
    return f"INSERT INTO {name} (id, cif, {names}) VALUES {values}"


def update(name, columns, rows, cif, shift):
    """Each row is given the values of the one `shift` further on."""
    out = []
    for k in range(len(rows)):
        row = rows[(k + shift) % len(rows)]
        out.append(f"UPDATE {name} SET " + ", ".join(f"`{c[0]}` = {literal}" for c, (literal, _) in zip(columns, row)) + f" WHERE id = {cif * 100 + k}")
    return out


def wanted(columns, rows, cif, shift=0):
    """{id: {column: JSON}}"""
    return {str(cif * 100 + k): {c[0]: shown for c, (_, shown) in zip(columns, rows[(k + shift) % len(rows)])} for k in range(len(rows))}


def got(replica, cif, name):
    found = look(replica, cif)["entities"].get(name, [])
    return {row["id"]: {c: v for c, v in row.items() if c not in ("id", "cif")} for row in found}


def shorten(v):
    text = json.dumps(v, ensure_ascii=True)
    return text if len(text) < 120 else f"{text[:60]}...{text[-40:]} ({len(text)} characters)"


def compare(columns, wants, found):
    """[(column, id, wanted, got)] of the cells that are not what they should be."""
    wrong = []
    for key, row in wants.items():
        for c in columns:
            have = found.get(key, {}).get(c[0], "no such row or column")
            if have != row[c[0]] or type(have) is not type(row[c[0]]):
                wrong.append((c[0], key, row[c[0]], have))
    wrong += [("id", key, "no such row", row) for key, row in found.items() if key not in wants]
    return wrong


def told(wrong):
    return "\n".join(f"{c} of {key}: wanted {shorten(w)}, got {shorten(g)}" for c, key, w, g in wrong[:40])


# ---- the server's own word for it: what the contract makes of the text it prints ----

def canonical(type_, server_type, data):
    if data is None:
        return None
    if type_ == "bytes":
        return b64(data)
    if server_type.startswith("BIT"):
        n = int.from_bytes(data, "big")
        return bool(n) if type_ == "boolean" else whole(n)
    text = data.decode("utf-8", "replace")
    if type_ == "boolean":
        return text == "1"
    if type_ == "integer":
        return whole(int(text))
    if type_ == "decimal" and "." in text:
        return text.rstrip("0").rstrip(".")
    if type_ in ("datetime", "instant") and not re.search("-00|^0000", text[:10]):
        text, _, digits = text.partition(".")
        text = text.replace(" ", "T")
        if type_ == "instant" and server_type.startswith("DATETIME"):
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment(text) - 7 * 3600))
        if type_ == "datetime" and server_type.startswith("TIMESTAMP"):
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment(text) + 7 * 3600))
        return f"{text}.{digits.ljust(6, '0')}{'Z' if type_ == 'instant' else ''}"
    return text


def moment(text):
    import calendar
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))


def agrees(server_type, shown, said):
    """FLOAT and DOUBLE: the server prints them otherwise, so the numbers are held against each other."""
    if said is None or shown is None or not server_type.startswith(("FLOAT", "DOUBLE")):
        return said == shown
    form = "<f" if server_type.startswith("FLOAT") else "<d"
    return struct.pack(form, float(said)) == struct.pack(form, float(shown))


def believed(t, server, name, columns, rows, cif):
    """What stands in this file is what the server holds."""
    fields = ", ".join(f"`{c[0]}` + 0e0" if c[1].startswith(("FLOAT", "DOUBLE")) else f"`{c[0]}`" for c in columns)
    with server.session() as c:
        c.run("SET NAMES utf8mb4, time_zone = '+00:00'")
        stored = c.rows(f"SELECT {fields} FROM {name} WHERE cif = {cif} ORDER BY id")
    wrong = []
    for k, row in enumerate(stored):
        for column, data, (_, shown) in zip(columns, row, rows[k]):
            said = canonical(column[2], column[1], data)
            if not agrees(column[1], shown, said):
                wrong.append((column[0], k, shown, said))
    t.ok(len(stored) == len(rows) and not wrong, f"{name}: the server holds what is expected here", told(wrong))


# ---- the ways ----

SETTINGS = {
    "binlog_row_metadata": ("FULL", "NO_LOG", "MINIMAL"),
    "binlog_row_image": ("FULL", "MINIMAL", "NOBLOB"),
    "log_bin_compress": ("OFF", "ON"),
    "binlog_checksum": ("CRC32", "NONE"),
}


def ways():
    """All combinations; those few that are asked for differ in as much as they can."""
    every = [dict(zip(SETTINGS, values)) for values in itertools.product(*SETTINGS.values())]
    return every if CONFIGURATIONS >= len(every) else [every[i * 13 % len(every)] for i in range(CONFIGURATIONS)]


def words(way):
    return " ".join(way[s] if s != "log_bin_compress" else ("compressed" if way[s] == "ON" else "plain") for s in SETTINGS)


def configured(server, way):
    server.sql(";".join(f"SET GLOBAL {name} = {v}" for name, v in way.items()))


ODD = "SET NAMES utf8mb4, sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'"


def write(server, statements):
    with server.session() as c:
        c.run(ODD)
        c.run("BEGIN")
        for statement in statements:
            c.run(statement)
        c.run("COMMIT")


def streamed(t, server, service, replica, made):
    """{origin: {table: wrong}} of inserts and updates under every way."""
    tables = {}
    for number, way in enumerate(ways()):
        cif = 10 + number
        configured(server, way)
        write(server, [f"INSERT INTO customer (cif, name) VALUES ({cif}, 'c')"] + [insert(n, c, r, cif) for n, (c, r) in made.items()])
        shown = check_rows(service, replica, made, cif, 0)
        report(t, f"inserted: {words(way)}", shown, tables)
        write(server, [s for n, (c, r) in made.items() for s in update(n, c, r, cif, 1)])
        shown = check_rows(service, replica, made, cif, 1)
        report(t, f"updated: {words(way)}", shown, tables)
        write(server, [f"DELETE FROM {n} WHERE cif = {cif} AND id % 2 = 1" for n in made])
        service.until(f"SELECT count(*) FROM {list(made)[-1]} WHERE cif = {cif} AND id % 2 = 1", 0)
    return tables


def check_rows(service, replica, made, cif, shift):
    """Waits for the transaction (by its last table), and says what is wrong, by table."""
    service.until(f"SELECT max(_version) FROM {list(made)[-1]} WHERE cif = {cif}", shift + 1)
    found = look(replica, cif)["entities"]
    wrong = {}
    for name, (columns, rows) in made.items():
        have = {row["id"]: {c: v for c, v in row.items() if c not in ("id", "cif")} for row in found.get(name, [])}
        wrong[name] = compare(columns, wanted(columns, rows, cif, shift), have)
    return wrong


def report(t, origin, wrong, tables):
    tables[origin] = wrong
    t.ok(not any(wrong.values()), origin, "\n".join(f"{name}: {told(cells)}" for name, cells in wrong.items() if cells))


def print_matrix(tables, made):
    """A line a column, a mark an origin: a point, or an X where a value is not what it should be."""
    print("# copied, then inserted and updated under each of: " + ", ".join(words(way) for way in ways()))
    for name, (columns, _) in made.items():
        for column in columns:
            marks = "".join("X" if any(w[0] in (column[0], "id") for w in tables[origin][name]) else "." for origin in tables)
            print(f"# {name + '.' + column[0]:32s} {column[1][:34]:34s} {column[2]:11s} {marks}")


# ---- columns the server makes, hides or leaves out; keys of all kinds ----

SPECIAL = """
CREATE TABLE made (id INT PRIMARY KEY, cif BIGINT, a INT, hidden VARCHAR(20) INVISIBLE DEFAULT 'dark',
  stored VARCHAR(30) AS (CONCAT('<', a, '>')) STORED, told INT DEFAULT 7, now_ TIMESTAMP DEFAULT '2020-01-01 00:00:00', KEY (cif));
CREATE TABLE doubled (id INT PRIMARY KEY, cif BIGINT, a INT, twice INT AS (a * 2) VIRTUAL);
CREATE TABLE big_key (id BIGINT UNSIGNED PRIMARY KEY, cif BIGINT, v INT);
CREATE TABLE text_key (id VARCHAR(20) PRIMARY KEY, cif BIGINT, v INT);
CREATE TABLE binary_key (id BINARY(4) PRIMARY KEY, cif BIGINT, v INT);
CREATE TABLE pair_key (a INT, b VARCHAR(20), c DATE, cif BIGINT, v INT, PRIMARY KEY (a, b, c));
CREATE TABLE unique_key (id INT NOT NULL UNIQUE, cif BIGINT, v INT);
CREATE TABLE uuid_key (id UUID PRIMARY KEY, cif BIGINT, v INT);
"""
SPECIAL_MODEL = (
    entity("made", "made", "id", {"id": "integer", "cif": "integer", "a": "integer", "hidden": "text", "stored": "text",
                                  "told": "integer", "now_": "instant"}, cif="cif"),
    entity("doubled", "doubled", "id", {"id": "integer", "cif": "integer", "a": "integer", "twice": "integer"}, cif="cif"),
    entity("big_key", "big_key", "id", {"id": "text", "cif": "integer", "v": "integer"}, cif="cif"),
    entity("text_key", "text_key", "id", {"id": "text", "cif": "integer", "v": "integer"}, cif="cif"),
    entity("pair_key", "pair_key", "a, b, c", {"a": "integer", "b": "text", "c": "date", "cif": "integer", "v": "integer"}, cif="cif"),
    entity("unique_key", "unique_key", "id", {"id": "integer", "cif": "integer", "v": "integer"}, cif="cif"),
    entity("uuid_key", "uuid_key", "id", {"id": "text", "cif": "integer", "v": "integer"}, cif="cif"),
)


def special(cif):
    n = cif * 10
    return [f"INSERT INTO made (id, cif, a) VALUES ({n}, {cif}, 21), ({n + 1}, {cif}, NULL)",
            f"INSERT INTO made (id, cif, a, hidden, told) VALUES ({n + 2}, {cif}, -1, NULL, NULL)",
            f"INSERT INTO big_key VALUES ({18446744073709551615 - cif}, {cif}, 1), ({cif}, {cif}, 2), ({9223372036854775807 - cif}, {cif}, 3)",
            f"INSERT INTO text_key VALUES ('00{cif}', {cif}, 1), ('{cif}', {cif}, 2), ('{cif} x', {cif}, 3), ('é{cif}', {cif}, 4)",
            f"INSERT INTO pair_key VALUES ({cif}, 'x', '2024-01-01', {cif}, 1), ({cif}, 'x', '2024-01-02', {cif}, 2), ({cif}, 'ü\"', '2024-01-01', {cif}, 3), (-{cif}, '', '0000-00-00', {cif}, 4)",
            f"INSERT INTO unique_key VALUES ({cif}, {cif}, 1)",
            # A virtual column is in whole images only.
            "SET SESSION binlog_row_image = 'FULL'",
            f"INSERT INTO doubled (id, cif, a) VALUES ({n}, {cif}, 21), ({n + 1}, {cif}, NULL)",
            f"INSERT INTO uuid_key VALUES ('00000000-0000-0000-0000-0000000{cif:03d}00', {cif}, 1)"]


def special_wanted(cif):
    n = cif * 10

    def made(id_, a, hidden, told):
        return {"id": str(id_), "a": a, "hidden": hidden, "stored": None if a is None else f"<{a}>", "told": told,
                "now_": "2020-01-01T00:00:00.000000Z"}
    return {
        "made": [made(n, 21, "dark", 7), made(n + 1, None, "dark", 7), made(n + 2, -1, None, None)],
        "doubled": [{"id": str(n), "a": 21, "twice": 42}, {"id": str(n + 1), "a": None, "twice": None}],
        "big_key": [{"id": str(cif), "v": 2}, {"id": str(9223372036854775807 - cif), "v": 3}, {"id": str(18446744073709551615 - cif), "v": 1}],
        "text_key": [{"id": f"00{cif}", "v": 1}, {"id": str(cif), "v": 2}, {"id": f"{cif} x", "v": 3}, {"id": f"é{cif}", "v": 4}],
        "pair_key": [{"a": str(-cif), "b": "", "c": "0000-00-00", "v": 4}, {"a": str(cif), "b": "x", "c": "2024-01-01", "v": 1},
                     {"a": str(cif), "b": "x", "c": "2024-01-02", "v": 2}, {"a": str(cif), "b": "ü\"", "c": "2024-01-01", "v": 3}],
        "unique_key": [{"id": str(cif), "v": 1}],
        "uuid_key": [{"id": f"00000000-0000-0000-0000-0000000{cif:03d}00", "v": 1}],
    }


def special_got(replica, cif):
    found = look(replica, cif)["entities"]
    return ordered({name: [{c: v for c, v in r.items() if c != "cif"} for r in found.get(name, [])] for name in special_wanted(cif)})


def ordered(wants):
    return {name: sorted(rows, key=lambda r: json.dumps(r, sort_keys=True)) for name, rows in wants.items()}


# ---- every byte of every character set of one byte ----

def code_pages(server):
    """[(name, bytes that mean something)]: those the server itself converts to something else than '?'."""
    pages = []
    with server.session() as c:
        for (name,) in c.texts("SELECT character_set_name FROM information_schema.character_sets WHERE maxlen = 1 AND character_set_name <> 'binary' ORDER BY 1"):
            pages.append((name, bytes(b for b in range(0x20, 0x100) if b < 0x80 or name != "ascii")))
    return pages


def page_columns(server):
    return [(f"page_{n}", f"VARCHAR(256) CHARACTER SET {n}", "text", bytes_) for n, bytes_ in code_pages(server)]


def page_insert(columns, cif):
    return f"INSERT INTO pages VALUES ({cif}, {cif}, " + ", ".join(f"x'{c[3].hex()}'" for c in columns) + ")"


def page_wanted(server, columns, cif):
    with server.session() as c:
        c.run("SET NAMES utf8mb4")
        row = c.texts("SELECT " + ", ".join(f"`{c_[0]}`" for c_ in columns) + f" FROM pages WHERE cif = {cif}")[0]
    return dict(zip((c_[0] for c_ in columns), row))


def page_differences(server, columns, replica, cif):
    wants, row, out = page_wanted(server, columns, cif), got(replica, cif, "pages").get(str(cif), {}), []
    for name, text in wants.items():
        have = row.get(name) or ""
        out += [f"{name}: byte {0x20 + i:#x} is {a!r}, shown {have[i:i + 1]!r}" for i, a in enumerate(text) if have[i:i + 1] != a][:4]
        if len(have) != len(text):
            out.append(f"{name}: {len(text)} characters, shown {len(have)}")
    return out


# ---- all of it ----

def run(t, server):
    made = {}
    model_sections = [entity("customer", "customer", "cif", {"cif": "integer", "name": "text"}, kind="customer", name="name")]
    server.sql("CREATE TABLE customer (cif BIGINT PRIMARY KEY, name VARCHAR(50));" + SPECIAL, "bank")
    for name, columns in GROUPS.items():
        ddl, rows = table(name, columns)
        server.sql(ddl, "bank")
        made[name] = (columns, rows)
        model_sections.append(section(name, columns))
    pages = page_columns(server)
    server.sql("CREATE TABLE pages (id INT PRIMARY KEY, cif BIGINT, " + ", ".join(f"`{c[0]}` {c[1]}" for c in pages) + ")", "bank")
    model_sections += [*SPECIAL_MODEL, section("pages", pages)]
    write(server, ["INSERT INTO customer VALUES (1, 'copied')"] + [insert(n, c, r, 1) for n, (c, r) in made.items()] + special(1) + [page_insert(pages, 1)])
    for name, (columns, rows) in made.items():
        believed(t, server, name, columns, rows, 1)
    if not need(t):
        return
    model, replica = write_model("matrix.model", *model_sections, zone="Asia/Jakarta"), fresh("matrix.db")
    with follow(server.url(), replica, model) as service:
        service.until_live()
        shown = {}
        for name, (columns, rows) in made.items():
            shown[name] = compare(columns, wanted(columns, rows, 1), got(replica, 1, name))
        copied = {}
        report(t, "copied", shown, copied)
        t.equal(special_got(replica, 1), ordered(special_wanted(1)), "copied: made, hidden and default columns; keys of all kinds")
        t.equal(page_differences(server, pages, replica, 1), [], "copied: every byte of every code page")
        configured(server, {name: values[0] for name, values in SETTINGS.items()})
        for cif, way in ((2, {}), (3, {"binlog_row_image": "MINIMAL", "binlog_row_metadata": "NO_LOG"})):
            configured(server, way) if way else None
            write(server, [f"INSERT INTO customer VALUES ({cif}, 'streamed')", page_insert(pages, cif), *special(cif)])
            service.until(f"SELECT count(*) FROM uuid_key WHERE cif = {cif}", 1)
            t.equal(special_got(replica, cif), ordered(special_wanted(cif)), f"streamed{' with the least' if way else ''}: made, hidden and default columns; keys of all kinds")
            t.equal(page_differences(server, pages, replica, cif), [], f"streamed{' with the least' if way else ''}: every byte of every code page")
        tables = {**copied, **streamed(t, server, service, replica, made)}
        print_matrix(tables, made)
        t.equal(service.terminate()[0], 0, "the service ends as it should")
    t.equal(value(replica, "SELECT count(*) FROM td_anomaly"), 0, "nothing was a surprise", ask(replica, "SELECT * FROM td_anomaly LIMIT 5"))
    configured(server, {"binlog_row_image": "FULL"})
    result = desk("check", "--against-source", "--replica", replica)
    t.equal(result.status, 0, "row by row, the replica is what the source is", result)


def text_cif(t, server):
    """CIFs of text keep their leading zeros."""
    server.sql("CREATE TABLE client (no VARCHAR(20) PRIMARY KEY, name VARCHAR(40)); INSERT INTO client VALUES ('0007', 'James'), ('42', 'Copied')", "bank")
    model = write_model("text_cif.model", entity("customer", "client", "no", {"no": "text", "name": "text"}, kind="customer", name="name"))
    replica = fresh("text_cif.db")
    must(once(server.url(), replica, model))
    server.sql("INSERT INTO client VALUES ('007', 'Other'), ('00042', 'Streamed'), ('ü1', 'Umlaut')", "bank")
    must(once(server.url(), replica, model))
    t.equal([look(replica, cif).get("customer", {}).get("name") for cif in ("0007", "007", "42", "00042", "ü1")], ["James", "Other", "Copied", "Streamed", "Umlaut"],
            "a CIF of text is found as it is written")
    t.equal(sorted(look(replica, "7").get("candidates", [])), ["0007", "007"], "one that fits two without zeros lists both")


def unsigned_keys(t, server):
    """Keys beyond 2^63: a model's text column holds them (big_key above), its integer does not, which is said before and when it happens."""
    server.sql("CREATE TABLE person (cif BIGINT PRIMARY KEY, name VARCHAR(9)); INSERT INTO person VALUES (1, 'x'); CREATE TABLE ticket (id BIGINT UNSIGNED PRIMARY KEY, cif BIGINT);"
               "INSERT INTO ticket VALUES (1, 1), (9223372036854775807, 1), (9223372036854775808, 1)", "bank")
    model = write_model("unsigned.model", entity("customer", "person", "cif", {"cif": "integer", "name": "text"}, kind="customer", name="name"),
                        entity("ticket", "ticket", "id", {"id": "integer", "cif": "integer"}, cif="cif"))
    told = desk("check-source", "--source", server.url(), "--model", model, "--json").json()["findings"]
    t.ok(any(f["object"] == "ticket.id" and "9223372036854775807" in f["detail"] for f in told), "unsigned keys of 64 bits in an integer: told before", told)
    done = once(server.url(), fresh("unsigned.db"), model)
    t.ok(done.status == 8 and "ticket" in done.err, "and refused when one comes", done)


def virtual_columns(t, server):
    """What a partial image leaves out of a virtual column nobody can tell: refused, never taken for NULL."""
    server.sql("CREATE TABLE buyer (cif BIGINT PRIMARY KEY, name VARCHAR(9), a INT, twice INT AS (a * 2) VIRTUAL); INSERT INTO buyer (cif, name, a) VALUES (1, 'x', 1)", "bank")
    model = write_model("virtual.model", entity("customer", "buyer", "cif", {"cif": "integer", "name": "text", "a": "integer", "twice": "integer"}, kind="customer", name="name"))
    replica = fresh("virtual.db")
    configured(server, {"binlog_row_image": "FULL"})
    must(once(server.url(), replica, model))
    write(server, ["SET SESSION binlog_row_image = 'MINIMAL'", "UPDATE buyer SET a = 5 WHERE cif = 1"])
    done = once(server.url(), replica, model)
    t.ok(done.status == 8 and "twice" in done.err and "binlog_row_image" in done.err, "a virtual column under a partial image is refused", done)
    must(desk("resync", "--source", server.url(), "--replica", replica))
    t.equal(look(replica, 1)["customer"]["twice"], 10, "and a resync mends it")


with tap() as t:
    with Server("matrix") as server:
        run(t, server)
        if supported():
            text_cif(t, server)
            unsigned_keys(t, server)
            virtual_columns(t, server)
