"""The protocol of MySQL and MariaDB, as far as tests need it: packets, and a client.

Sources: the "Client/Server Protocol" pages of both servers' documentation. fake.py
speaks the other side with the same parts.

    s = connect(socket="/tmp/x/s", user="root")
    s.run("BEGIN; UPDATE t SET a = 1")      the number of rows of the last statement's OK
    s.rows("SELECT a, b FROM t")            [[bytes or None, ...], ...]
    s.close()

A client of our own rather than the program `mariadb`: NULL is not the text NULL here,
bytes stay what they are, an error has its number, and a commit is known to have
happened or not.
"""

import hashlib
import socket as sockets
import struct

LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB = 0x1, 0x2, 0x4, 0x8
PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION = 0x200, 0x2000, 0x8000
MULTI_STATEMENTS, MULTI_RESULTS, PLUGIN_AUTH = 0x10000, 0x20000, 0x80000
PLUGIN_AUTH_LENENC, DEPRECATE_EOF = 0x200000, 0x1000000
MORE_RESULTS = 0x8

COM_QUIT, COM_INIT_DB, COM_QUERY, COM_PING, COM_STATISTICS = 1, 2, 3, 14, 9
COM_BINLOG_DUMP, COM_REGISTER_SLAVE, COM_BINLOG_DUMP_GTID = 18, 21, 30

BIGGEST = 0xFFFFFF


class ServerError(Exception):
    def __init__(self, number, state, text):
        super().__init__(f"{number} ({state}): {text}")
        self.number, self.state, self.text = number, state, text


def lenenc(n):
    if n < 0xFB:
        return struct.pack("<B", n)
    if n < 0x10000:
        return b"\xfc" + struct.pack("<H", n)
    if n < 0x1000000:
        return b"\xfd" + struct.pack("<I", n)[:3]
    return b"\xfe" + struct.pack("<Q", n)


def lenenc_text(text):
    text = text.encode() if isinstance(text, str) else text
    return lenenc(len(text)) + text


def read_lenenc(data, at):
    """(value, next place); None for NULL."""
    first = data[at]
    if first < 0xFB:
        return first, at + 1
    if first == 0xFB:
        return None, at + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(data[at + 1:at + 1 + size], "little"), at + 1 + size


def read_text(data, at):
    size, at = read_lenenc(data, at)
    return (None, at) if size is None else (data[at:at + size], at + size)


class Packets:
    """Packets over a socket; longer ones than 16 MiB in parts."""

    def __init__(self, connection):
        self.connection, self.number = connection, 0

    def exactly(self, n):
        parts = []
        while n:
            part = self.connection.recv(min(n, 1 << 20))
            if not part:
                raise ConnectionError("the other side closed the connection")
            parts.append(part)
            n -= len(part)
        return b"".join(parts)

    def read(self):
        whole = []
        while True:
            head = self.exactly(4)
            size = int.from_bytes(head[:3], "little")
            self.number = (head[3] + 1) & 0xFF
            whole.append(self.exactly(size))
            if size < BIGGEST:
                return b"".join(whole)

    def write(self, payload):
        out, at = [], 0
        while True:
            part = payload[at:at + BIGGEST]
            out.append(struct.pack("<I", len(part))[:3] + bytes([self.number]) + part)
            self.number = (self.number + 1) & 0xFF
            at += len(part)
            if len(part) < BIGGEST:
                break
        self.connection.sendall(b"".join(out))


def native_password(password, scramble):
    if not password:
        return b""
    once = hashlib.sha1(password.encode()).digest()
    mask = hashlib.sha1(scramble + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, mask))


class Client:
    """One connection. `timeout` bounds every wait for the server."""

    def __init__(self, connection, user, password, database, timeout):
        self.connection = connection
        connection.settimeout(timeout)
        self.packets = Packets(connection)
        self.thread = None
        self.shake(user, password, database)

    def shake(self, user, password, database):
        hello = self.answer()
        end = hello.index(0, 1)
        self.version = hello[1:end].decode()
        self.thread = int.from_bytes(hello[end + 1:end + 5], "little")
        scramble = hello[end + 5:end + 13] + hello[end + 32:end + 44]
        flags = (LONG_PASSWORD | LONG_FLAG | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | MULTI_STATEMENTS | MULTI_RESULTS |
                 PLUGIN_AUTH | (CONNECT_WITH_DB if database else 0))
        secret = native_password(password, scramble)
        reply = struct.pack("<IIB23x", flags, 1 << 30, 45) + user.encode() + b"\0" + bytes([len(secret)]) + secret
        reply += (database.encode() + b"\0" if database else b"") + b"mysql_native_password\0"
        self.packets.write(reply)
        self.answer()

    def answer(self):
        data = self.packets.read()
        if data[:1] == b"\xff":
            raise ServerError(int.from_bytes(data[1:3], "little"), data[4:9].decode(), data[9:].decode("utf-8", "replace"))
        return data

    def send(self, sql):
        self.packets.number = 0
        self.packets.write(bytes([COM_QUERY]) + (sql.encode() if isinstance(sql, str) else sql))

    def results(self, sql):
        """Every result of the statements: rows, or a number of rows changed."""
        self.send(sql)
        return self.receive()

    def receive(self):
        found, more = [], True
        while more:
            head = self.answer()
            if head[:1] == b"\x00":
                changed, at = read_lenenc(head, 1)
                _, at = read_lenenc(head, at)
                more = int.from_bytes(head[at:at + 2], "little") & MORE_RESULTS
                found.append(changed)
            else:
                rows, more = self.result(read_lenenc(head, 0)[0])
                found.append(rows)
        return found

    def result(self, columns):
        for _ in range(columns):
            self.answer()
        self.answer()  # EOF
        rows = []
        while True:
            data = self.answer()
            if data[:1] == b"\xfe" and len(data) < 9:
                return rows, int.from_bytes(data[3:5], "little") & MORE_RESULTS
            row, at = [], 0
            for _ in range(columns):
                value, at = read_text(data, at)
                row.append(value)
            rows.append(row)

    def run(self, sql):
        return self.results(sql)[-1]

    def rows(self, sql):
        return self.results(sql)[-1]

    def texts(self, sql):
        return [[None if v is None else v.decode("utf-8") for v in row] for row in self.rows(sql)]

    def cell(self, sql):
        rows = self.texts(sql)
        return rows[0][0] if rows else None

    def close(self):
        try:
            self.packets.number = 0
            self.packets.write(bytes([COM_QUIT]))
        except OSError:
            pass
        self.connection.close()

    def drop(self):
        """Without a word, as a client that died."""
        self.connection.close()


def connect(socket=None, port=None, user="root", password="", database="", timeout=60.0):
    if socket:
        connection = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        connection.settimeout(timeout)
        connection.connect(socket)
    else:
        connection = sockets.create_connection(("127.0.0.1", port), timeout=timeout)
        connection.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
    try:
        return Client(connection, user, password, database, timeout)
    except BaseException:
        connection.close()
        raise


def quote(value):
    """A literal: None, a number, text or bytes."""
    if value is None:
        return "NULL"
    if isinstance(value, (bytes, bytearray)):
        return f"x'{value.hex()}'"
    if isinstance(value, (int, float)):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"
