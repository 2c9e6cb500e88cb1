"""A MySQL 8 server's side of the log: columns, events and sets of transactions as bytes, made by hand.

Sources: "MySQL Replication Protocol", "Binary Log", "binary JSON" and the "Serialization
Library" of MySQL's source documentation; RFC 8878 for Zstandard. Written apart from
src/binlog on purpose: what one misreads the other must not.

    Table("customer", [Column("cif", "bigint", null=False), ...], ("cif",))
    t.map_body(id, full=True)       a TABLE_MAP's body
    rows_body(...), query_body(...), gtid_body(...), payload_body(...)
    framed(type, body, when, end)   the whole event, with header and CRC32
    GtidSet("uuid:1-3:7")
"""

import datetime
import decimal
import json
import re
import struct
import uuid as uuids
import zlib

from wire import lenenc, lenenc_text

QUERY, STOP, ROTATE, FORMAT, XID, TABLE_MAP, INCIDENT, HEARTBEAT, ROWS_QUERY = 2, 3, 4, 15, 16, 19, 26, 27, 29
WRITE_ROWS, UPDATE_ROWS, DELETE_ROWS, GTID, ANONYMOUS_GTID, PREVIOUS_GTIDS = 30, 31, 32, 33, 34, 35
XA_PREPARE, PARTIAL_UPDATE_ROWS, TRANSACTION_PAYLOAD, HEARTBEAT_V2, GTID_TAGGED = 38, 39, 40, 41, 42

ARTIFICIAL, IGNORABLE = 0x20, 0x80
STATEMENT_END = 0x1
UTF8MB4_0900, BINARY = 255, 63

# Post-header lengths of the types 1 to 41 as an 8.0.36 tells them; 8.3 has one type more.
POST_HEADERS = bytes.fromhex("000d0008000000000400040000006200041a08000000080808020000000a0a0a2a2a001234000a2800")


def framed(kind, body, when=0, end=0, flags=0, server=1, checksum=True):
    """An event; `end` is where it ends in its file."""
    size = 19 + len(body) + (4 if checksum else 0)
    event = struct.pack("<IBIIIH", when, kind, server, size, end & 0xFFFFFFFF, flags) + body
    return event + struct.pack("<I", zlib.crc32(event)) if checksum else event


# ---- bodies ----

def format_body(version, tagged=False, created=0):
    lengths = bytearray(POST_HEADERS + (b"\0" if tagged else b""))
    lengths[FORMAT - 1] = 57 + len(lengths)
    return struct.pack("<H50sIB", 4, version.encode(), created, 19) + bytes(lengths) + b"\x01"


def rotate_body(file, pos=4):
    return struct.pack("<Q", pos) + file.encode()


def query_body(text, schema="bank", microseconds=None):
    """With the status variables an 8.0 writes, in its order."""
    status = struct.pack("<BIBQ", 0, 0, 1, 0x50000000) + b"\x06\x03std" + struct.pack("<BHHH", 4, UTF8MB4_0900, UTF8MB4_0900, UTF8MB4_0900)
    status += b"\x05\x06SYSTEM" + b"\x0c\x01" + schema.encode() + b"\0"
    if microseconds is not None:
        status += b"\x0d" + struct.pack("<I", microseconds)[:3]
    status += struct.pack("<BBBQBH", 16, 1, 17, 4711, 18, UTF8MB4_0900) + struct.pack("<BBBB", 19, 0, 20, 0)
    return struct.pack("<IIBHH", 9, 0, len(schema), 0, len(status)) + status + schema.encode() + b"\0" + text.encode()


def gtid_body(uuid, number, immediate, original=None, length=300, version=80036):
    """Of GTID, and with a zero uuid and number of ANONYMOUS_GTID; commit times in microseconds."""
    times = immediate.to_bytes(7, "little") if original is None else (immediate | 1 << 55).to_bytes(7, "little") + original.to_bytes(7, "little")
    return b"\x01" + uuid + struct.pack("<qBqq", number, 2, 3, 4) + times + lenenc(length) + struct.pack("<I", version)


def tagged_number(n):
    """One to nine bytes; as many low bits of the first are set as bytes follow."""
    more = 0
    while more < 8 and n >= 1 << (7 * (more + 1)):
        more += 1
    if more == 8:
        return b"\xff" + n.to_bytes(8, "little")
    return (n << (more + 1) | (1 << more) - 1).to_bytes(more + 1, "little")


def tagged_signed(n):
    return tagged_number(n << 1 if n >= 0 else (-(n + 1)) << 1 | 1)


def gtid_tagged_body(uuid, tag, number, immediate, original=None, length=300, version=80400):
    fields = [(0, tagged_number(1)), (1, b"".join(tagged_number(b) for b in uuid)), (2, tagged_signed(number)),
              (3, tagged_number(len(tag)) + tag.encode()), (4, tagged_signed(3)), (5, tagged_signed(4)), (6, tagged_number(immediate))]
    if original is not None:
        fields.append((7, tagged_number(original)))
    fields += [(8, tagged_number(length)), (9, tagged_number(version))]
    inside = tagged_number(0) + b"".join(tagged_number(n) + value for n, value in fields)
    size = len(inside) + 2
    size += len(tagged_number(size)) - 1
    return tagged_number(1) + tagged_number(size) + inside


def heartbeat_v2_body(file, pos):
    name, place = file.encode(), lenenc(pos)
    return lenenc(1) + lenenc(len(name)) + name + lenenc(2) + lenenc(len(place)) + place + lenenc(0)


def incident_body(text):
    return struct.pack("<HB", 1, len(text)) + text.encode()


def rows_query_body(text):
    return bytes([min(len(text), 255)]) + text.encode()


def xid_literal(gtrid, bqual=b"", form=1):
    return f"X'{gtrid.hex()}',X'{bqual.hex()}',{form}"


def xa_prepare_body(gtrid, bqual=b"", form=1, one_phase=False):
    return struct.pack("<BIII", one_phase, form, len(gtrid), len(bqual)) + gtrid + bqual


def zstd(data):
    """A frame that any reader of Zstandard takes: raw blocks, and run-length ones where a byte is repeated."""
    blocks, at = [], 0
    while at < len(data):
        run = re.compile(rb"(.)\1{31,}", re.S).search(data, at)
        if run and run.start() == at:
            blocks.append((1, min(run.end() - at, 1 << 16), data[at:at + 1]))
        else:
            end = min(run.start() if run else len(data), at + (1 << 16))
            blocks.append((0, end - at, data[at:end]))
        at += blocks[-1][1]
    blocks = blocks or [(0, 0, b"")]
    heads = [(size << 3 | kind << 1 | (i == len(blocks) - 1)).to_bytes(3, "little") for i, (kind, size, _) in enumerate(blocks)]
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data)) + b"".join(h + b[2] for h, b in zip(heads, blocks))


def payload_body(events):
    """TRANSACTION_PAYLOAD: events without checksums, packed."""
    plain = b"".join(events)
    packed = zstd(plain)

    def field(kind, value):
        return lenenc(kind) + lenenc(len(value)) + value
    return field(1, lenenc(len(packed))) + field(2, lenenc(0)) + field(3, lenenc(len(plain))) + lenenc(0) + packed


# ---- binary JSON ----

def json_length(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def json_keys(value):
    return sorted(value, key=lambda k: (len(k.encode()), k.encode()))


def json_value(value):
    """(type, bytes, whether they stand in the entry itself)"""
    if value is None or isinstance(value, bool):
        return 4, struct.pack("<H", {None: 0, True: 1, False: 2}[value]), True
    if isinstance(value, int):
        for kind, form in ((5, "<h"), (6, "<H"), (7, "<i"), (8, "<I"), (9, "<q"), (10, "<Q")):
            try:
                return kind, struct.pack(form, value), kind < 7
            except struct.error:
                continue
    if isinstance(value, float):
        return 11, struct.pack("<d", value), False
    if isinstance(value, decimal.Decimal):
        digits = value.as_tuple()
        precision, scale = max(len(digits.digits), -digits.exponent), -digits.exponent
        inside = bytes([precision, scale]) + decimal_cell(str(value), precision, scale)
        return 15, b"\xf6" + json_length(len(inside)) + inside, False
    if isinstance(value, str):
        text = value.encode()
        return 12, json_length(len(text)) + text, False
    kind, body = json_box(value)
    return kind, body, False


def json_box(value):
    """An object or an array of the small form."""
    is_object = isinstance(value, dict)
    names = [k.encode() for k in json_keys(value)] if is_object else []
    parts = [json_value(value[k]) for k in json_keys(value)] if is_object else [json_value(v) for v in value]
    place = 4 + 4 * len(names) + 3 * len(parts)
    keys, data = b"", b""
    for name in names:
        keys += struct.pack("<HH", place, len(name))
        data += name
        place += len(name)
    values = b""
    for kind, body, inline in parts:
        values += bytes([kind]) + (body if inline else struct.pack("<H", place))
        if not inline:
            data += body
            place += len(body)
    return (0 if is_object else 2), struct.pack("<HH", len(parts), place) + keys + values + data


def json_binary(value):
    kind, body, _ = json_value(value)
    return bytes([kind]) + body


def json_text(value):
    """As the server prints it: keys by length, then by bytes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {json_text(value[k])}" for k in json_keys(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(json_text, value)) + "]"
    return str(value) if isinstance(value, decimal.Decimal) else json.dumps(value, ensure_ascii=False)


# ---- columns ----

def decimal_cell(text, precision, scale):
    sign, digits, exponent = decimal.Decimal(text).as_tuple()
    number = "".join(map(str, digits)) + "0" * (scale + exponent)
    number = number.rjust(precision, "0")
    size = (0, 1, 1, 2, 2, 3, 3, 4, 4)
    whole, part = number[:precision - scale], number[precision - scale:]
    groups = [whole[:len(whole) % 9]] + [whole[i:i + 9] for i in range(len(whole) % 9, len(whole), 9)]
    groups += [part[i:i + 9] for i in range(0, len(part), 9)]
    out = bytearray(b"".join(int(g).to_bytes(4 if len(g) == 9 else size[len(g)], "big") for g in groups if g))
    if sign:
        out = bytearray(b ^ 0xFF for b in out)
    out[0] ^= 0x80
    return bytes(out)


def fraction_cell(micro, digits):
    n = (digits + 1) // 2
    return (micro // 10 ** (6 - 2 * n)).to_bytes(n, "big")


def moment(text):
    return datetime.datetime.fromisoformat(text)


def datetime_cell(text, digits):
    t = moment(text)
    bits = ((t.year * 13 + t.month) << 5 | t.day) << 17 | t.hour << 12 | t.minute << 6 | t.second
    return (bits + 0x8000000000).to_bytes(5, "big") + fraction_cell(t.microsecond, digits)


def timestamp_cell(text, digits):
    t = moment(text).replace(tzinfo=datetime.timezone.utc)
    return int(t.timestamp()).to_bytes(4, "big") + fraction_cell(t.microsecond, digits)


def date_cell(text):
    t = datetime.date.fromisoformat(text)
    return (t.day | t.month << 5 | t.year << 9).to_bytes(3, "little")


INTEGERS = {"tinyint": (1, 1, 3), "smallint": (2, 2, 5), "mediumint": (9, 3, 7), "int": (3, 4, 10), "bigint": (8, 8, 19)}


class Column:
    """Declared as CREATE TABLE has it: "bigint unsigned", "varchar(40)", "decimal(12,2)", "json", "enum('a','b')"."""

    def __init__(self, name, declared, null=True, default=None):
        self.name, self.declared, self.null, self.default = name, declared, null, default
        self.base, inside = re.match(r"(\w+)(?:\((.*)\))?", declared).groups()
        self.unsigned = "unsigned" in declared
        self.labels = re.findall(r"'([^']*)'", inside) if self.base in ("enum", "set") else []
        self.arguments = [int(n) for n in re.findall(r"\d+", inside or "")] if not self.labels else []
        self.first = self.arguments[0] if self.arguments else 0
        self.octets = {"varchar": self.first * 4, "char": self.first * 4, "text": 65535, "enum": 4 * max(map(len, self.labels), default=0)}.get(self.base)

    @property
    def numeric(self):
        return self.base in INTEGERS or self.base in ("decimal", "double", "float")

    @property
    def character(self):
        return self.base in ("varchar", "char", "text")

    def kind(self):
        """(type on the wire, its metadata)"""
        if self.base in INTEGERS:
            return INTEGERS[self.base][0], b""
        size = self.octets or 0
        return {"double": lambda: (5, b"\x08"), "decimal": lambda: (246, bytes(self.arguments)), "date": lambda: (10, b""),
                "datetime": lambda: (18, bytes([self.first])), "timestamp": lambda: (17, bytes([self.first])), "json": lambda: (245, b"\x04"),
                "text": lambda: (252, b"\x02"), "varchar": lambda: (15, struct.pack("<H", size)), "enum": lambda: (254, b"\xf7\x01"),
                "char": lambda: (254, bytes([0xFE ^ (size & 0x300) >> 4, size & 0xFF]))}[self.base]()

    def cell(self, value):
        """A value in a row's image."""
        if self.base in INTEGERS:
            return value.to_bytes(INTEGERS[self.base][1], "little", signed=not self.unsigned)
        if self.base in ("varchar", "char", "text"):
            text = value.encode()
            return len(text).to_bytes(2 if self.octets > 255 else 1, "little") + text
        if self.base == "json":
            body = json_binary(value)
            return struct.pack("<I", len(body)) + body
        return {"double": lambda: struct.pack("<d", value), "decimal": lambda: decimal_cell(value, *self.arguments),
                "date": lambda: date_cell(value), "datetime": lambda: datetime_cell(value, self.first),
                "timestamp": lambda: timestamp_cell(value, self.first), "enum": lambda: bytes([self.labels.index(value) + 1])}[self.base]()

    def shown(self, value):
        """As a SELECT gives it."""
        return json_text(value) if self.base == "json" and value is not None else value


class Table:
    def __init__(self, name, columns, key, schema="bank"):
        self.name, self.columns, self.key, self.schema = name, columns, key, schema

    @property
    def places(self):
        return [i for i, c in enumerate(self.columns) if c.name in self.key]

    def map_body(self, number, full):
        kinds = [c.kind() for c in self.columns]
        metadata = b"".join(m for _, m in kinds)
        nulls = bits([c.null for c in self.columns])
        body = number.to_bytes(6, "little") + b"\x01\x00" + bytes([len(self.schema)]) + self.schema.encode() + b"\0"
        body += bytes([len(self.name)]) + self.name.encode() + b"\0" + lenenc(len(self.columns)) + bytes(k for k, _ in kinds)
        return body + lenenc(len(metadata)) + metadata + nulls + self.optional(full)

    def optional(self, full):
        signs = [c.unsigned for c in self.columns if c.numeric]
        fields = [(1, bits(signs, high_first=True))] if signs else []
        if any(c.character for c in self.columns):
            fields.append((2, lenenc(UTF8MB4_0900)))
        if full:
            fields.append((4, b"".join(lenenc_text(c.name) for c in self.columns)))
            enums = [c for c in self.columns if c.base == "enum"]
            if enums:
                fields.append((10, lenenc(UTF8MB4_0900)))
                fields.append((6, b"".join(lenenc(len(c.labels)) + b"".join(map(lenenc_text, c.labels)) for c in enums)))
            fields.append((8, b"".join(map(lenenc, self.places))))
            fields.append((12, bits([True] * len(self.columns), high_first=True)))
        return b"".join(bytes([kind]) + lenenc(len(value)) + value for kind, value in fields)

    def image(self, row, wanted):
        cells = [(c, v) for c, v, w in zip(self.columns, row, wanted) if w]
        return bits([v is None for _, v in cells]) + b"".join(c.cell(v) for c, v in cells if v is not None)


def bits(flags, high_first=False):
    out = bytearray((len(flags) + 7) // 8)
    for i, flag in enumerate(flags):
        if flag:
            out[i // 8] |= 0x80 >> i % 8 if high_first else 1 << i % 8
    return bytes(out)


def rows_body(table, number, images, minimal=False, end=True):
    """images: [(before or None, after or None)], all of one kind. minimal: the key before, what changed after."""
    wanted = []
    for side in (0, 1):
        if images[0][side] is None:
            wanted.append(None)
        elif not minimal or images[0][0] is None:
            wanted.append([True] * len(table.columns))
        elif side == 0:
            wanted.append([i in table.places for i in range(len(table.columns))])
        else:
            wanted.append([any(b[i] != a[i] for b, a in images) for i in range(len(table.columns))])
    body = number.to_bytes(6, "little") + struct.pack("<HH", STATEMENT_END if end else 0, 2) + lenenc(len(table.columns))
    body += b"".join(bits(w) for w in wanted if w)
    return body + b"".join(table.image(image[side], wanted[side]) for image in images for side in (0, 1) if wanted[side])


# ---- sets of transactions ----

class GtidSet:
    """Small enough to hold every number: {(uuid, tag): {numbers}}."""

    def __init__(self, text=""):
        self.members = {}
        last = None
        for part in re.sub(r"\s", "", text).split(","):
            for word in part.split(":") if part else []:
                if len(word) == 36:
                    last = (word.lower(), "")
                elif re.fullmatch(r"\d+(-\d+)?", word):
                    first, _, end = word.partition("-")
                    self.members.setdefault(last, set()).update(range(int(first), int(end or first) + 1))
                else:
                    last = (last[0], word)

    def add(self, uuid, number, tag=""):
        self.members.setdefault((uuid, tag), set()).add(number)

    def union(self, other):
        for (uuid, tag), numbers in other.members.items():
            for n in numbers:
                self.add(uuid, n, tag)
        return self

    def copy(self):
        return GtidSet().union(self)

    def minus(self, other):
        found = GtidSet()
        for key, numbers in self.members.items():
            for n in numbers - other.members.get(key, set()):
                found.add(key[0], n, key[1])
        return found

    def has(self, uuid, number, tag=""):
        return number in self.members.get((uuid, tag), ())

    @staticmethod
    def intervals(numbers):
        found = []
        for n in sorted(numbers):
            if found and found[-1][1] == n:
                found[-1][1] = n + 1
            else:
                found.append([n, n + 1])
        return found

    def __str__(self):
        return ",".join(":".join([uuid, *([tag] if tag else []), *(f"{a}-{b - 1}" if b - a > 1 else f"{a}" for a, b in self.intervals(n))])
                        for (uuid, tag), n in sorted(self.members.items()) if n)

    def __bool__(self):
        return any(self.members.values())

    def __eq__(self, other):
        return str(self) == str(other)

    def __repr__(self):
        return f"<{self}>"

    def encode(self):
        """As PREVIOUS_GTIDS has it."""
        tagged = any(tag for _, tag in self.members)
        count = len(self.members)
        out = struct.pack("<Q", 1 << 56 | count << 8 | 1 if tagged else count)
        for (uuid, tag), numbers in sorted(self.members.items()):
            spans = self.intervals(numbers)
            out += uuids.UUID(uuid).bytes + (tagged_number(len(tag)) + tag.encode() if tagged else b"")
            out += struct.pack("<Q", len(spans)) + b"".join(struct.pack("<QQ", a, b) for a, b in spans)
        return out

    @classmethod
    def decode(cls, data):
        """What a client sent; ValueError: not to the byte."""
        found, at = cls(), 8
        (head,) = struct.unpack_from("<Q", data)
        tagged = head >> 56 == 1
        for _ in range(head >> 8 & 0xFFFFFFFFFFFF if tagged else head):
            uuid, tag = str(uuids.UUID(bytes=data[at:at + 16])), ""
            at += 16
            if tagged:
                size = data[at] >> 1
                tag, at = data[at + 1:at + 1 + size].decode(), at + 1 + size
            (count,) = struct.unpack_from("<Q", data, at)
            at += 8
            for _ in range(count):
                first, end = struct.unpack_from("<QQ", data, at)
                at += 16
                found.members.setdefault((uuid, tag), set()).update(range(first, end))
        if at != len(data):
            raise ValueError(f"{len(data) - at} bytes are left of a set of transactions")
        return found

