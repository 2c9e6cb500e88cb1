"""A MySQL 8 server that is none: the protocol, a log made by hand, and tables that answer, on a port of the loopback.

Oracle's server is not everywhere. This one says what it would say, as far as the program asks:

    s = Fake("8.0.36")                     gtid_mode ON, caching_sha2_password, accounts {"teller": password}
    s.table("customer", [Column("cif", "bigint", null=False), ...], ("cif",))
    s.commit(Insert("customer", (1, "Ada")))          a transaction: logged, and visible to reads
    t = s.commit(..., visible=False); s.show(t)       logged first and visible later, as a server may do it
    s.dumps                                           how the log was asked for, parsed
    s.unknown, s.broken                               statements it has no answer for, and its own failures: both must stay empty

Statements that read tables or the catalogue are SQLite's to answer: what they name is
there under the same names. What is said of the log follows from the log: which
transactions are purged, which a replica has that the server has not, which are left out
because the replica has them.
"""

import contextlib
import hashlib
import os
import re
import socket
import sqlite3
import ssl
import struct
import subprocess
import threading
import time
import uuid as uuids

import events as ev
from events import Column, GtidSet, Table  # noqa: F401
from wire import (COM_BINLOG_DUMP, COM_BINLOG_DUMP_GTID, COM_INIT_DB, COM_PING, COM_QUERY, COM_QUIT, COM_REGISTER_SLAVE, CONNECT_WITH_DB,
                  PLUGIN_AUTH, PLUGIN_AUTH_LENENC, PROTOCOL_41, SECURE_CONNECTION, TRANSACTIONS, Packets, ServerError, lenenc, lenenc_text, read_text)

SSL, CONNECT_ATTRS, LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, MULTI_RESULTS = 0x800, 0x100000, 0x1, 0x2, 0x4, 0x20000
DUMP_NON_BLOCK, DUMP_HEARTBEAT_V2, DUMP_THROUGH_GTID = 0x1, 0x2, 0x4
PLUGIN = b"caching_sha2_password"
SAME_ID = ("A replica with the same server_uuid/server_id as this replica has connected to the source; the first event 'binlog.000001' at 4, "
           "the last event read from './binlog.000001' at 126, the last byte read from './binlog.000001' at 126.")
PURGED = ("Cannot replicate because the source purged required binary logs. Replicate the missing transactions from elsewhere, or provision a new "
          "replica from backup. Consider increasing the source's binary log expiration period. The GTID set sent by the replica is '{sent}', and the "
          "missing transactions are '{missing}'")
PURGED_57 = ("The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has purged binary logs containing GTIDs that "
             "the slave requires.")
MORE = ("Replica has more GTIDs than the source has, using the source's SERVER_UUID. This may indicate that the end of the binary log was truncated "
        "or that the last binary log file was lost, e.g., after a power or disk failure when sync_binlog != 1. The source may or may not have rolled "
        "back transactions that were already replicated to the replica.")


# ---- a server's keys ----

class Keys:
    """An RSA key, and a certificate for 127.0.0.1, made by openssl."""

    def __init__(self, folder):
        self.key, self.certificate = os.path.join(folder, "server-key.pem"), os.path.join(folder, "server-cert.pem")
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=fake", "-addext", "subjectAltName=IP:127.0.0.1",
                 "-keyout", self.key, "-out", self.certificate)
        self.public = self.run("rsa", "-in", self.key, "-pubout")
        text = self.run("rsa", "-in", self.key, "-noout", "-text").decode()
        self.modulus, self.private = self.number(text, "modulus"), self.number(text, "privateExponent")

    @staticmethod
    def run(*words):
        return subprocess.run(["openssl", *words], stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60).stdout

    @staticmethod
    def number(text, name):
        found = re.search(rf"^{name}:\s*\n((?:\s+[0-9a-f:]+\n)+)", text, re.M).group(1)
        return int(re.sub(r"[\s:]", "", found), 16)

    def decrypt(self, sent):
        """OAEP with SHA-1, as both client libraries encrypt a password."""
        size = (self.modulus.bit_length() + 7) // 8
        block = pow(int.from_bytes(sent, "big"), self.private, self.modulus).to_bytes(size, "big")
        seed = xor(block[1:21], mask(block[21:], 20))
        data = xor(block[21:], mask(seed, size - 21))
        if block[0] or data[:20] != hashlib.sha1(b"").digest():
            raise ValueError("the password is not encrypted as it should be")
        return data[data.index(1, 20) + 1:]


def mask(seed, n):
    return b"".join(hashlib.sha1(seed + struct.pack(">I", i)).digest() for i in range((n + 19) // 20))[:n]


def xor(data, pad):
    return bytes(b ^ pad[i % len(pad)] for i, b in enumerate(data))


# ---- what transactions do ----

class Insert:
    def __init__(self, table, *rows, **how):
        self.table, self.images, self.kind, self.how = table, [(None, r) for r in rows], ev.WRITE_ROWS, how


class Update:
    """rows: (before, after)."""

    def __init__(self, table, *rows, **how):
        self.table, self.images, self.kind, self.how = table, list(rows), ev.UPDATE_ROWS, how


class Delete:
    def __init__(self, table, *rows, **how):
        self.table, self.images, self.kind, self.how = table, [(r, None) for r in rows], ev.DELETE_ROWS, how


class Event:
    """Any event; what it does to the tables is `act(fake)`."""

    def __init__(self, kind, body, flags=0, act=None):
        self.kind, self.body, self.flags, self.act = kind, body, flags, act


def Query(text, act=None):  # pylint: disable=invalid-name
    return Event(ev.QUERY, ev.query_body(text), 0, act)


class Transaction:
    def __init__(self, gtid, steps):
        self.gtid, self.steps = gtid, steps


class File:
    def __init__(self, name, begun):
        self.name, self.size, self.events, self.previous, self.begun = name, 4, [], None, begun


class Dump:
    """How the log was asked for."""

    def __init__(self, command, server_id, file, pos, sent, variables):
        self.command, self.server_id, self.file, self.pos, self.set, self.variables = command, server_id, file, pos, sent, dict(variables)
        self.error, self.over = None, False


class Ended(Exception):
    pass


# ---- the server ----

class Fake:
    def __init__(self, version="8.0.36", gtid=True, metadata="MINIMAL", keys=None, tls=False, accounts=None, uuid="3e11fa47-71ca-11e1-9e33-c80aa9429562",
                 executed=""):
        self.version, self.gtid, self.full, self.keys, self.tls = version, gtid, metadata == "FULL", keys, tls and keys
        self.number = [int(n) for n in version.split(".")]
        self.accounts, self.cached = accounts or {"teller": ""}, set()
        self.uuid, self.executed, self.purged = uuid, GtidSet(executed), GtidSet(executed)
        self.next_number, self.ticks = 1, 0
        self.lock, self.grown = threading.RLock(), threading.Condition(threading.RLock())
        self.tables, self.files, self.dumps, self.registered, self.logins = {}, [], [], [], []
        self.unknown, self.broken, self.connections = [], [], set()
        self.errors = []  # (number, text) for who asks for the log next
        self.changes = {}   # variables that are otherwise; None: unknown
        self.hooks = []     # (part of a statement, what is done once before it is answered)
        self.bare = []      # passwords that came as they are
        self.hasty = False  # the next one is asked for the password before it greets back
        self.db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.open_database()
        self.rotate(first=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.door = threading.Thread(target=self.accept, daemon=True)
        self.door.start()

    def url(self, user="teller", database="bank", **parameters):
        more = "&".join(f"{n.replace('_', '-')}={v}" for n, v in parameters.items())
        return f"mysql://{user}@127.0.0.1:{self.port}/{database}" + (f"?{more}" if more else "")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.door.join()
        self.listener.close()
        self.drop()
        self.db.close()

    def drop(self):
        """Every connection ends, without a word."""
        for c in list(self.connections):
            with contextlib.suppress(OSError):
                c.connection.shutdown(socket.SHUT_RDWR)

    def clock(self):
        """Microseconds; never the same twice."""
        self.ticks = max(self.ticks + 1, time.time_ns() // 1000)
        return self.ticks

    # ---- tables ----

    def open_database(self):
        self.db.execute("ATTACH ':memory:' AS bank")
        self.db.execute("ATTACH ':memory:' AS information_schema")
        for table, columns in (("TABLES", "TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, AVG_ROW_LENGTH, CREATE_OPTIONS"),
                               ("COLUMNS", "TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, DATA_TYPE, COLUMN_TYPE, "
                                           "CHARACTER_OCTET_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, CHARACTER_SET_NAME, EXTRA"),
                               ("STATISTICS", "TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SEQ_IN_INDEX, SUB_PART, NULLABLE")):
            self.db.execute(f"CREATE TABLE information_schema.{table} ({columns})")
        self.db.create_function("VERSION", 0, lambda: self.version)
        self.db.create_function("CURRENT_USER", 0, lambda: "teller@127.0.0.1")
        self.db.create_function("CONCAT", -1, lambda *parts: "".join(map(str, parts)))
        self.db.create_function("SUBSTRING_INDEX", 3, lambda s, d, n: d.join(s.split(d)[:n] if n > 0 else s.split(d)[n:]))
        self.db.create_function("FROM_UNIXTIME", 1, from_unixtime)
        self.db.create_function("VARIABLE", 1, lambda name: self.variables()[name.lower()])

    def table(self, name, columns, key):
        """There is such a table from now on; the log does not say so."""
        table = self.tables[name] = Table(name, columns, key)
        with self.lock:
            self.db.execute(f"DROP TABLE IF EXISTS bank.{name}")
            for catalogue in ("TABLES", "COLUMNS", "STATISTICS"):
                self.db.execute(f"DELETE FROM information_schema.{catalogue} WHERE TABLE_NAME = ?", (name,))
            self.db.execute(f"CREATE TABLE bank.{name} ({', '.join(f'`{c.name}`' for c in columns)}, PRIMARY KEY ({', '.join(key)}))")
            self.db.execute("INSERT INTO information_schema.TABLES VALUES ('bank', ?, 'BASE TABLE', 'InnoDB', 0, 0, '')", (name,))
            for i, c in enumerate(columns):
                digits = {"decimal": (c.arguments + [10, 0])[:2]}.get(c.base, [ev.INTEGERS[c.base][2] if c.base in ev.INTEGERS else None, None])
                self.db.execute(f"INSERT INTO information_schema.COLUMNS VALUES ('bank', {', '.join('?' * 13)})",
                                (name, c.name, i + 1, c.default, "YES" if c.null else "NO", c.base, c.declared, c.octets, *digits,
                                 c.first if c.base in ("datetime", "timestamp") else None, "utf8mb4" if c.octets else None, ""))
            for i, part in enumerate(key):
                self.db.execute("INSERT INTO information_schema.STATISTICS VALUES ('bank', ?, 'PRIMARY', 0, ?, ?, NULL, '')", (name, part, i + 1))
        return table

    def rows(self, name):
        """Everything in a table, as reads see it."""
        with self.lock:
            return [list(r) for r in self.db.execute(f"SELECT * FROM bank.{name} ORDER BY {', '.join(self.tables[name].key)}")]

    def put(self, step):
        """What a step does to the table it is of."""
        table = self.tables[step.table]
        where = " AND ".join(f"`{k}` IS ?" for k in table.key)
        for before, after in step.images:
            if before is not None:
                self.db.execute(f"DELETE FROM bank.{table.name} WHERE {where}", [before[i] for i in table.places])
        for before, after in step.images:
            if after is not None:
                self.db.execute(f"INSERT INTO bank.{table.name} VALUES ({', '.join('?' * len(after))})", [c.shown(v) for c, v in zip(table.columns, after)])

    # ---- the log ----

    def add(self, kind, body, when=0, flags=0, gtid=None):
        """An event at the end of the log."""
        file = self.files[-1]
        end = file.size + 19 + len(body) + 4
        file.events.append((file.size, end, kind, ev.framed(kind, body, when, end, flags), gtid))
        file.size = end

    def begin_file(self, number):
        file = File(f"binlog.{number:06}", int(time.time()))
        file.previous = (self.logged() if self.files else self.executed).copy()
        self.files.append(file)
        self.add(ev.FORMAT, ev.format_body(self.version, self.number >= [8, 3], file.begun if number == 1 else 0), file.begun)
        self.add(ev.PREVIOUS_GTIDS, file.previous.encode(), file.begun, ev.IGNORABLE)

    def logged(self):
        found = self.files[-1].previous.copy()
        for event in self.files[-1].events:
            if event[4]:
                found.add(*event[4])
        return found

    def rotate(self, first=False):
        with self.grown:
            number = 1 if first else int(self.files[-1].name[-6:]) + 1
            if not first:
                self.add(ev.ROTATE, ev.rotate_body(f"binlog.{number:06}"), int(time.time()))
            self.begin_file(number)
            self.grown.notify_all()

    def purge(self):
        """All files but the last."""
        with self.grown:
            del self.files[:-1]
            self.purged = self.files[0].previous.copy()

    def reset(self):
        """RESET MASTER: the log begins anew, and nothing was ever executed."""
        with self.grown:
            self.files, self.executed, self.purged, self.next_number = [], GtidSet(), GtidSet(), 1
            self.begin_file(1)

    def inside(self, steps, at):
        """(type, body, flags) of what stands between the beginning and the end of a transaction."""
        for number, step in enumerate(steps):
            if isinstance(step, Event):
                yield step.kind, step.body, step.flags
                continue
            table, minimal = self.tables[step.table], step.how.get("minimal", False)
            yield ev.TABLE_MAP, table.map_body(90 + number, step.how.get("full", self.full)), 0
            yield step.how.get("kind", step.kind), ev.rows_body(table, 90 + number, step.images, minimal), 0

    def number_of(self, tag, uuid, number):
        if not self.gtid:
            return None
        if number is None:
            number, self.next_number = self.next_number, self.next_number + 1
        return (uuid or self.uuid, number, tag)

    def log(self, events, gtid, at, original=None):
        """A group of events behind its number, seconds of the header from before the commit, as a server has them."""
        when = at // 1000000 - 1
        with self.grown:
            if gtid is None:
                self.add(ev.ANONYMOUS_GTID, ev.gtid_body(bytes(16), 0, at, original), when)
            elif gtid[2]:
                self.add(ev.GTID_TAGGED, ev.gtid_tagged_body(uuids.UUID(gtid[0]).bytes, gtid[2], gtid[1], at, original), when, 0, gtid)
            else:
                self.add(ev.GTID, ev.gtid_body(uuids.UUID(gtid[0]).bytes, gtid[1], at, original), when, 0, gtid)
            for kind, body, flags in events:
                self.add(kind, body, when, flags, gtid)
            self.grown.notify_all()

    def commit(self, *steps, visible=True, at=None, original=None, packed=False, tag="", uuid=None, number=None, end=None):
        """BEGIN, the steps, XID. packed: as one TRANSACTION_PAYLOAD. end: another last event."""
        at = at or self.clock()
        events = [(ev.QUERY, ev.query_body("BEGIN", microseconds=at % 1000000), 0), *self.inside(steps, at), end or (ev.XID, struct.pack("<Q", 77), 0)]
        if packed:
            events = [(ev.TRANSACTION_PAYLOAD, ev.payload_body([ev.framed(k, b, at // 1000000, 0, f, checksum=False) for k, b, f in events]), 0)]
        return self.group(events, steps, at, visible, original, tag, uuid, number)

    def group(self, events, steps, at=None, visible=True, original=None, tag="", uuid=None, number=None):
        """A transaction of any events."""
        at = at or self.clock()
        done = Transaction(self.number_of(tag, uuid, number), steps)
        done.at = at
        self.log(events, done.gtid, at, original)
        if visible:
            self.show(done)
        return done

    def show(self, done):
        """What was logged is executed: reads see it."""
        with self.lock:
            for step in done.steps:
                if not isinstance(step, Event):
                    self.put(step)
                elif step.act:
                    step.act(self)
            if done.gtid:
                self.executed.add(*done.gtid)

    def statement(self, text, act=None, **how):
        """A statement that is a transaction by itself (DDL)."""
        return self.group([(ev.QUERY, ev.query_body(text), 0)], [Event(0, b"", 0, act)], **how)

    def prepare(self, gtrid, *steps):
        """XA PREPARE, as MySQL logs it."""
        literal = ev.xid_literal(gtrid)
        events = [(ev.QUERY, ev.query_body(f"XA START {literal}"), 0), *self.inside(steps, 0), (ev.QUERY, ev.query_body(f"XA END {literal}"), 0),
                  (ev.XA_PREPARE, ev.xa_prepare_body(gtrid), 0)]
        self.group(events, [])
        return gtrid, steps

    def decide(self, prepared, commit=True, **how):
        gtrid, steps = prepared
        return self.group([(ev.QUERY, ev.query_body(f"XA {'COMMIT' if commit else 'ROLLBACK'} {ev.xid_literal(gtrid)}"), 0)], steps if commit else [], **how)

    def throw(self, number, text):
        """Every reader of the log meets this error; who comes next meets one of self.errors."""
        with self.grown:
            for d in self.dumps:
                d.error = d.error or (number, text)
            self.grown.notify_all()

    # ---- connections ----

    def accept(self):
        number = 10
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number += 1
            threading.Thread(target=self.converse, args=(Session(self, connection, number),), daemon=True).start()

    def converse(self, session):
        self.connections.add(session)
        try:
            session.run()
        except (OSError, ConnectionError, Ended):
            pass
        except Exception as error:  # noqa: BLE001  a test must see it
            self.broken.append(repr(error))
        finally:
            self.connections.discard(session)
            session.connection.close()

    # ---- what it is asked ----

    def variables(self):
        on = "ON" if self.gtid else "OFF"
        known = {"version": self.version, "version_comment": "MySQL Community Server - GPL", "server_id": 1, "hostname": "fake", "server_uuid": self.uuid,
                 "gtid_mode": on, "gtid_executed": str(self.executed).replace(",", ",\n"), "lower_case_table_names": 0, "log_bin": "ON",
                 "binlog_format": "ROW", "binlog_row_image": "FULL", "binlog_row_metadata": "FULL" if self.full else "MINIMAL",
                 "binlog_row_value_options": "", "binlog_expire_logs_seconds": 2592000, "binlog_expire_logs_auto_purge": "ON",
                 "log_replica_updates": "ON", "log_slave_updates": "ON", "binlog_checksum": "CRC32"}
        if self.number < [8, 4]:
            known["expire_logs_days"] = 0
        return {k: v for k, v in {**known, **self.changes}.items() if v is not None}

    def answer(self, session, sql):
        """(names, rows), or None where there are no rows."""
        for hook in [h for h in self.hooks if h[0] in sql]:
            self.hooks.remove(hook)
            hook[1]()
        for pattern, method in ANSWERS:
            found = re.fullmatch(pattern, sql, re.I | re.S)
            if found:
                return method(self, session, found)
        self.unknown.append(sql)
        raise ServerError(1064, "42000", f"You have an error in your SQL syntax; near '{sql[:80]}'")

    def set_variables(self, session, found):
        for name, value in re.findall(r"@(\w+) = ('[^']*'|[^,]+)", found.group(1)):
            session.variables[name] = value.strip("'")
            of = re.fullmatch(r"@@global\.(\w+)", value)
            if of:
                session.variables[name] = self.variables()[of.group(1)]

    def quiet(self, _session, _found):
        return None

    def show_variables(self, _session, found):
        wanted = [w.lower() for w in re.findall(r"'(\w+)'", found.group(1))]
        return ("Variable_name", "Value"), [(k, v) for k, v in sorted(self.variables().items()) if k in wanted]

    def show_status(self, _session, found):
        renamed = found.group(1).upper() == "BINARY LOG"
        if renamed != (self.number >= [8, 2]) and (renamed or self.number >= [8, 4]):
            raise ServerError(1064, "42000", f"You have an error in your SQL syntax; near '{found.group(1)} STATUS'")
        with self.grown:
            return ("File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB", "Executed_Gtid_Set"), [(self.files[-1].name, self.files[-1].size, "", "", str(self.executed))]

    def show_logs(self, _session, _found):
        with self.grown:
            return ("Log_name", "File_size", "Encrypted"), [(f.name, f.size, "No") for f in self.files]

    def show_create(self, _session, found):
        table = self.tables.get(found.group(2))
        if not table:
            raise ServerError(1146, "42S02", f"Table 'bank.{found.group(2)}' doesn't exist")
        lines = [f"  `{c.name}` {c.declared}{'' if c.null else ' NOT NULL'}" for c in table.columns]
        lines.append(f"  PRIMARY KEY ({','.join(f'`{k}`' for k in table.key)})")
        return ("Table", "Create Table"), [(table.name, f"CREATE TABLE `{table.name}` (\n" + ",\n".join(lines) + "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4")]

    def read_clock(self, _session, _found):
        return ("clock",), [(self.clock(),)]

    def select(self, _session, found):
        text = re.sub(r"@@(?:global\.|session\.)?(\w+)", r"VARIABLE('\1')", found.group(0))
        text = text.replace("'\\n'", "char(10)")
        try:
            with self.lock:
                cursor = self.db.execute(text)
                return [d[0] for d in cursor.description], cursor.fetchall()
        except sqlite3.Error as error:
            if "no such table" in str(error):
                raise ServerError(1146, "42S02", f"Table {str(error).rpartition(': ')[2]!r} doesn't exist") from error
            self.unknown.append(found.group(0))
            raise ServerError(1064, "42000", f"{error} in {text}") from error


def from_unixtime(seconds):
    text = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(int(seconds)))
    return f"{text}.{round(seconds % 1 * 1000000):06}"


ANSWERS = [
    (r"SET (.*)", Fake.set_variables),
    (r"START TRANSACTION.*|COMMIT|ROLLBACK|BEGIN", Fake.quiet),
    (r"SHOW GLOBAL VARIABLES WHERE Variable_name IN \((.*)\)", Fake.show_variables),
    (r"SHOW (MASTER|BINARY LOG) STATUS", Fake.show_status),
    (r"SHOW BINARY LOGS", Fake.show_logs),
    (r"SHOW CREATE TABLE `(\w+)`\.`(\w+)`", Fake.show_create),
    (r"SELECT CAST\(UNIX_TIMESTAMP\(SYSDATE\(6\)\) \* 1000000 AS UNSIGNED\)", Fake.read_clock),
    (r"SELECT .*", Fake.select),
]


# ---- a connection ----

class Session:
    def __init__(self, fake, connection, number):
        self.fake, self.connection, self.number = fake, connection, number
        self.packets = Packets(connection)
        self.variables, self.secure, self.user, self.hasty = {}, False, None, False

    def run(self):
        self.shake()
        while True:
            self.packets.number = 0
            data = self.packets.read()
            command, rest = data[0], data[1:]
            if command == COM_QUIT:
                return
            if command in (COM_PING, COM_INIT_DB):
                self.done()
            elif command == COM_QUERY:
                self.query(rest.decode())
            elif command == COM_REGISTER_SLAVE:
                self.register(rest)
            elif command in (COM_BINLOG_DUMP, COM_BINLOG_DUMP_GTID):
                Reader(self, command, rest).run()
            else:
                self.fake.unknown.append(f"command {command}")
                self.error(1047, "08S01", "Unknown command")

    # ---- who is there ----

    def shake(self):
        fake = self.fake
        scramble = bytes(b % 127 + 1 for b in os.urandom(20))
        flags = (LONG_PASSWORD | FOUND_ROWS | LONG_FLAG | CONNECT_WITH_DB | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | MULTI_RESULTS | PLUGIN_AUTH |
                 CONNECT_ATTRS | PLUGIN_AUTH_LENENC | (SSL if fake.tls else 0))
        hello = b"\x0a" + fake.version.encode() + b"\0" + struct.pack("<I", self.number) + scramble[:8] + b"\0"
        hello += struct.pack("<HBHHB10x", flags & 0xFFFF, 255, 2, flags >> 16, 21) + scramble[8:] + b"\0" + PLUGIN + b"\0"
        self.packets.write(hello)
        self.hasty, fake.hasty = fake.hasty, False
        if self.hasty:
            self.packets.number = 2
            self.packets.write(b"\x01\x04")
        reply = self.packets.read()
        if len(reply) == 32:
            self.encrypt()
            reply = self.packets.read()
        given = struct.unpack_from("<I", reply)[0]
        end = reply.index(0, 32)
        self.user = reply[32:end].decode()
        secret, at = read_text(reply, end + 1)
        if given & CONNECT_WITH_DB:
            at = reply.index(0, at) + 1
        plugin = reply[at:reply.index(0, at)]
        if plugin != PLUGIN:
            self.packets.write(b"\xfe" + PLUGIN + b"\0" + scramble + b"\0")
            secret = self.packets.read()
        self.let_in(secret, scramble)

    def encrypt(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.fake.keys.certificate, self.fake.keys.key)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.packets.connection, self.secure = self.connection, True

    def let_in(self, secret, scramble):
        """The short way for who was here before, by a proof; else the long one, by the password itself."""
        password = self.fake.accounts.get(self.user)
        way = "none"
        if password is None or bool(password) != bool(secret):
            self.deny(bool(secret))
        elif password:
            once = hashlib.sha256(password.encode()).digest()
            proof = xor(once, hashlib.sha256(hashlib.sha256(once).digest() + scramble).digest())
            if self.user in self.fake.cached:
                if secret != proof:
                    self.deny(True)
                self.packets.write(b"\x01\x03")
                way = "fast"
            else:
                if self.hasty:
                    self.packets.number = 3
                else:
                    self.packets.write(b"\x01\x04")
                way = self.whole(password, scramble)
        self.fake.logins.append((self.user, way))
        self.done()

    def whole(self, password, scramble):
        way, sent = "tls", self.packets.read()
        if not self.secure:
            if sent != b"\x02" or not self.fake.keys:
                self.fake.bare += [sent] if sent != b"\x02" else []
                self.deny(True)
            self.packets.write(b"\x01" + self.fake.keys.public)
            way, sent = "rsa", xor(self.fake.keys.decrypt(self.packets.read()), scramble)
        if sent != password.encode() + b"\0":
            self.deny(True)
        self.fake.cached.add(self.user)
        return way

    def deny(self, with_password):
        self.error(1045, "28000", f"Access denied for user '{self.user}'@'127.0.0.1' (using password: {'YES' if with_password else 'NO'})")
        raise Ended

    # ---- answers ----

    def done(self):
        self.packets.write(b"\0\0\0" + struct.pack("<HH", 2, 0))

    def end(self):
        self.packets.write(b"\xfe" + struct.pack("<HH", 0, 2))

    def error(self, number, state, text):
        self.packets.write(b"\xff" + struct.pack("<H", number) + b"#" + state.encode() + text.encode())

    def query(self, sql):
        try:
            answer = self.fake.answer(self, sql)
        except ServerError as error:
            self.error(error.number, error.state, error.text)
            return
        if answer is None:
            self.done()
            return
        names, rows = answer
        self.packets.write(lenenc(len(names)))
        for name in names:
            self.packets.write(lenenc_text("def") + b"\0\0\0" + lenenc_text(name) * 2 + b"\x0c" + struct.pack("<HIBHBxx", 45, 1 << 20, 253, 0, 31))
        self.end()
        for row in rows:
            self.packets.write(b"".join(b"\xfb" if v is None else lenenc_text(v if isinstance(v, bytes) else str(v)) for v in row))
        self.end()

    def register(self, data):
        server_id, size = struct.unpack_from("<IB", data)
        self.fake.registered.append((server_id, data[5:5 + size].decode()))
        self.done()


# ---- who reads the log ----

class Reader:
    def __init__(self, session, command, data):
        self.session, self.fake, self.packets = session, session.fake, session.packets
        self.dump = self.parse(command, data)
        self.fake.dumps.append(self.dump)

    def parse(self, command, data):
        if command == COM_BINLOG_DUMP:
            pos, self.flags, server_id = struct.unpack_from("<IHI", data)
            return Dump(command, server_id, data[10:].decode(), pos, None, self.session.variables)
        self.flags, server_id, size = struct.unpack_from("<HII", data)
        file = data[10:10 + size].decode()
        pos, length = struct.unpack_from("<QI", data, 10 + size)
        block = data[22 + size:]
        if length != len(block) or not self.flags & DUMP_THROUGH_GTID:
            raise ValueError(f"COM_BINLOG_DUMP_GTID that says {length} bytes of a set and has {len(block)}")
        return Dump(command, server_id, file, pos, GtidSet.decode(block), self.session.variables)

    def run(self):
        try:
            self.follow()
        except ServerError as error:
            self.session.error(error.number, error.state, error.text)
            raise Ended from error
        finally:
            self.dump.over = True

    def fail(self, text, number=1236):
        raise ServerError(number, "HY000", text)

    def first(self):
        """(place of the file to begin with, offset)"""
        fake, dump = self.fake, self.dump
        if fake.errors:
            self.fail(*reversed(fake.errors.pop(0)))
        if "source_binlog_checksum" not in dump.variables and "master_binlog_checksum" not in dump.variables:
            self.fail("Replica can not handle replication events with the checksum that source is configured to log")
        if dump.set is None:
            for i, file in enumerate(fake.files):
                if file.name == dump.file or not dump.file:
                    if dump.pos > file.size:
                        self.fail("Client requested source to start replication from position > file size")
                    return i, dump.pos
            self.fail("Could not find first log file name in binary log index file")
        own = GtidSet()
        own.members = {k: v for k, v in dump.set.members.items() if k[0] == fake.uuid}
        if own.minus(fake.logged()):
            self.fail(MORE)
        missing = fake.purged.minus(dump.set)
        if missing:
            self.fail(PURGED_57 if fake.number < [8] else PURGED.format(sent=dump.set, missing=missing))
        return max(i for i, f in enumerate(fake.files) if not f.previous.minus(dump.set)), 4

    def send(self, event):
        self.packets.write(b"\0" + event)

    def follow(self):
        with self.fake.grown:
            at, pos = self.first()
            file = self.fake.files[at]
        while True:
            self.send(ev.framed(ev.ROTATE, ev.rotate_body(file.name, pos), flags=ev.ARTIFICIAL))
            start = file.events[0]
            if pos > 4:  # sent from the middle it is no step, and nothing has just started
                self.send(ev.framed(ev.FORMAT, ev.format_body(self.fake.version, self.fake.number >= [8, 3]), file.begun))
            else:
                self.send(start[3])
            self.stream(file, max(pos, start[1]))
            with self.fake.grown:
                if file not in self.fake.files:
                    self.fail("could not find next log")
                file = self.fake.files[self.fake.files.index(file) + 1]
            pos = 4

    def beat(self, file, pos):
        if self.flags & DUMP_HEARTBEAT_V2 and self.fake.number >= [8, 0, 26]:
            self.send(ev.framed(ev.HEARTBEAT_V2, ev.heartbeat_v2_body(file.name, pos)))
        else:
            self.send(ev.framed(ev.HEARTBEAT, file.name.encode(), end=pos))

    def stream(self, file, pos):
        """To the end of the file, which is the end of the log or a ROTATE. What was left out is told by a heartbeat behind it."""
        place, skipped = 0, None
        while True:
            with self.fake.grown:
                idle = place == len(file.events)
                if not idle:
                    start, end, kind, event, gtid = file.events[place]
                    place += 1
            if idle:
                if skipped:
                    self.beat(file, skipped)
                    skipped = None
                self.wait(file, place)
            elif start >= pos and self.dump.set is not None and gtid and self.dump.set.has(*gtid):
                skipped = end
            elif start >= pos:
                if skipped:
                    self.beat(file, skipped)
                    skipped = None
                self.send(event)
                if kind == ev.ROTATE:
                    return

    def wait(self, file, place):
        with self.fake.grown:
            while place == len(file.events) or self.dump.error:
                if self.dump.error:
                    self.fail(*reversed(self.dump.error))
                if self.flags & DUMP_NON_BLOCK:
                    self.session.end()
                    raise Ended
                if not self.fake.grown.wait(self.period()):
                    self.beat(file, file.size)

    def period(self):
        given = self.dump.variables
        return int(given.get("source_heartbeat_period") or given.get("master_heartbeat_period") or 30 * 10 ** 9) / 10 ** 9

