"""MariaDB servers of our own: each in a folder below TMPDIR, on a unix socket, ended by pid.

    with Server(binlog_row_metadata="NO_LOG") as s:
        s.sql("CREATE TABLE bank.t (...); INSERT ...")
        with s.session() as a: ...          connections stay open for a transaction
        s.url()                             mysql://teller@localhost/bank?socket=...
        s.restart(); s.kill9(); s.start()

A server begins with the database `bank` and an account `teller` that may do no more
than following needs. Its options are those that following asks for; a keyword
changes one (log_bin=None leaves it out). tcp=True lets it listen on a free port of
the loopback too.
"""

import atexit
import contextlib
import ctypes
import os
import shutil
import signal
import socket as sockets
import subprocess
import sys
import tempfile
import time

import wire

FOLDER = tempfile.mkdtemp(prefix="sql-")
BOUND = 60.0
PR_SET_PDEATHSIG = 1

DEFAULTS = {
    "log_bin": "binlog", "binlog_format": "ROW", "binlog_row_image": "FULL", "binlog_row_metadata": "FULL",
    "binlog_checksum": "CRC32", "server_id": 11, "gtid_strict_mode": "ON", "sync_binlog": 0,
    "innodb_flush_log_at_trx_commit": 2, "innodb_buffer_pool_size": "16M", "innodb_log_file_size": "8M",
    "innodb_fast_shutdown": 1, "key_buffer_size": "1M", "aria_pagecache_buffer_size": "1M",
    "max_allowed_packet": "1G", "performance_schema": "OFF", "skip_name_resolve": "ON", "max_connections": 100,
    "character_set_server": "utf8mb4", "thread_stack": "256K", "max_statement_time": 0,
}

# What a DBA gives the account of the program; see the manual.
ACCOUNT = ("CREATE USER teller@localhost, teller@'127.0.0.1';"
           "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO teller@localhost, teller@'127.0.0.1';"
           "GRANT SELECT ON bank.* TO teller@localhost, teller@'127.0.0.1';")

# The bank of data/models/demography.model, as a DBA would write it.
BANK_TABLES = """
CREATE TABLE store (store_id VARCHAR(20) NOT NULL PRIMARY KEY, name VARCHAR(80), city VARCHAR(80));
CREATE TABLE customer_info (cif BIGINT NOT NULL PRIMARY KEY, name VARCHAR(120) NOT NULL, birthdate DATE, gender VARCHAR(12),
  address VARCHAR(200), city VARCHAR(80), country VARCHAR(80), email VARCHAR(120), phone VARCHAR(60), store_id VARCHAR(20),
  registered_at DATETIME(6), changed_by VARCHAR(40));
CREATE TABLE bank_product (productid BIGINT NOT NULL PRIMARY KEY, cif BIGINT, producttype VARCHAR(40), opendate DATE, status VARCHAR(20),
  KEY (cif));
CREATE TABLE customer_asset (assetid BIGINT NOT NULL PRIMARY KEY, cif BIGINT, assettype VARCHAR(40), assetvalue DECIMAL(18,2),
  valuation_date DATE, KEY (cif));
"""

LIBC = ctypes.CDLL(None, use_errno=True)
MADE = {}     # the data folder that new servers are copies of
RUNNING = []


def available():
    return all(shutil.which(name) for name in ("mariadbd", "mariadb-install-db", "mariadb"))


def free_port():
    """A port nobody listens on now; whoever takes it must be ready to try another."""
    with contextlib.closing(sockets.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def die_with_us():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def template():
    """An initialised data folder, made once in a process."""
    if "folder" not in MADE:
        folder = os.path.join(FOLDER, "template")
        done = subprocess.run(
            ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db",
             f"--user={user_name()}", f"--datadir={folder}", "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=16M"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=BOUND, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"mariadb-install-db: {done.stdout.decode('utf-8', 'replace')[-2000:]}")
        MADE["folder"] = folder
    return MADE["folder"]


def user_name():
    import pwd
    return pwd.getpwuid(os.geteuid()).pw_name


class Server:
    def __init__(self, name=None, tcp=False, start=True, prepare=True, copy_of=None, **options):
        self.options = dict(DEFAULTS)
        self.options.update(options)
        self.folder = os.path.join(FOLDER, name or f"s{len(RUNNING)}")
        self.socket = os.path.join(self.folder, "s")
        self.log = os.path.join(self.folder, "log")
        self.tcp, self.port, self.process = tcp, None, None
        self.copied = copy_of
        os.mkdir(self.folder, 0o700)
        self.data = os.path.join(self.folder, "d")
        shutil.copytree(copy_of or template(), self.data)
        RUNNING.append(self)
        if start:
            self.start()
            if prepare and not copy_of:
                self.sql("SET sql_log_bin = 0; CREATE DATABASE bank CHARACTER SET utf8mb4;" + ACCOUNT)

    # ---- coming and going ----

    def words(self):
        words = ["mariadbd", "--no-defaults", f"--user={user_name()}", f"--datadir={self.data}", f"--socket={self.socket}",
                 f"--pid-file={self.folder}/pid", f"--tmpdir={self.folder}"]
        words += [f"--port={self.port}", "--bind-address=127.0.0.1"] if self.tcp else ["--skip-networking"]
        for name, value in self.options.items():
            if value is not None:
                words.append(f"--{name.replace('_', '-')}" + ("" if value is True else f"={value}"))
        return words

    def start(self, **options):
        """Starts and waits until it answers."""
        self.options.update(options)
        for _ in range(5 if self.tcp else 1):
            if self.tcp and not self.port:
                self.port = free_port()
            with open(self.log, "ab") as log:
                begun = log.tell()
                self.process = subprocess.Popen(self.words(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                                preexec_fn=die_with_us)
            if self.answers():
                return self
            if "Address already in use" not in self.said(begun):
                break
            self.port = None
        raise RuntimeError(f"mariadbd did not start: {self.said(begun)[-3000:]}")

    def answers(self):
        end = time.monotonic() + BOUND
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise TimeoutError(f"mariadbd does not answer: {self.said()[-3000:]}")
            try:
                wire.connect(socket=self.socket).close()
                return True
            except (OSError, ConnectionError, wire.ServerError):
                time.sleep(0.01)
        return False

    def said(self, begun=0):
        with open(self.log, "rb") as file:
            file.seek(begun)
            return file.read().decode("utf-8", "replace")

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    def end(self, number):
        if self.alive:
            if number == signal.SIGTERM:
                os.kill(self.process.pid, signal.SIGCONT)
            self.process.send_signal(number)
            try:
                self.process.wait(timeout=BOUND)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        if os.path.exists(self.socket):
            os.unlink(self.socket)

    def stop(self):
        self.end(signal.SIGTERM)

    def kill9(self):
        self.end(signal.SIGKILL)

    def restart(self, **options):
        self.stop()
        return self.start(**options)

    def pause(self):
        """Its process is held: connections stay, nothing moves."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        """Ends it and takes its folder away."""
        if self.alive:
            self.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)

    def twin(self, name, **options):
        """Another server that begins as this one stands (which is stopped for the copy, if it runs)."""
        was = self.alive
        if was:
            self.stop()
        other = Server(name, tcp=self.tcp, start=False, copy_of=self.data, **dict(self.options, **options))
        if was:
            self.start()
        return other

    # ---- statements ----

    def session(self, user="root", password="", database="bank", timeout=BOUND):
        return contextlib.closing(self.connect(user, password, database, timeout))

    def connect(self, user="root", password="", database="bank", timeout=BOUND):
        return wire.connect(socket=self.socket, user=user, password=password, database=database, timeout=timeout)

    def sql(self, text, database=""):
        """Statements on a connection of their own, committed; the last one's rows as text, or its count."""
        with self.session(database=database) as c:
            last = c.results(text)[-1]
        return last if isinstance(last, int) else [[None if v is None else v.decode("utf-8", "replace") for v in row] for row in last]

    def cell(self, text):
        rows = self.sql(text)
        return rows[0][0] if rows else None

    def followed(self, name, tables=""):
        """A database with these tables, which the account of the program may follow."""
        self.sql(f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4; GRANT SELECT ON {name}.* TO teller@localhost, teller@'127.0.0.1'; USE {name}; {tables}")
        return name

    def bank(self, name="bank"):
        return self.followed(name, BANK_TABLES)

    def rows(self, table, columns, database="bank"):
        with self.session(database=database) as c:
            c.run("SET time_zone = '+00:00'")
            return c.texts(f"SELECT {', '.join(f'`{name}`' for name in columns)} FROM {table}")

    # ---- a writer of which errors are expected ----

    errors = (OSError, ConnectionError, wire.ServerError)

    def writer(self, database="bank"):
        client = self.connect(database=database)
        client.run("SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')")  # literals as standard SQL has them
        return client

    @staticmethod
    def lost(error):
        return not isinstance(error, wire.ServerError) or error.number in (1053, 1317, 1927, 2006, 2013)

    # ---- commits that are in the log and not visible ----

    def hold(self, sql, database):
        return Held(self, sql, database)

    def let_go(self):
        self.sql("SET GLOBAL rpl_semi_sync_master_enabled = OFF")

    def script(self, text, database="bank"):
        """Text through the server's own client program, which knows DELIMITER and SOURCE."""
        done = subprocess.run(["mariadb", "--no-defaults", "--user=root", f"--socket={self.socket}", "--batch", "--skip-column-names", database],
                              input=text.encode(), capture_output=True, timeout=BOUND, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"mariadb: {done.stderr.decode('utf-8', 'replace')}")
        return done.stdout.decode("utf-8", "replace")

    def dump(self, table, order="1"):
        """All rows, in canonical text: every column the server has, hidden ones too; bytes in hexadecimal, text quoted."""
        schema, _, name = table.rpartition(".")
        schema = schema or "bank"
        columns = self.sql(f"SELECT column_name, character_set_name IS NULL AND data_type REGEXP 'blob|binary|bit|geometry|point' FROM "
                           f"information_schema.columns WHERE table_schema = {wire.quote(schema)} AND table_name = {wire.quote(name)} "
                           "ORDER BY ordinal_position")
        fields = ", ',', ".join(f"COALESCE(HEX(`{c}`), 'NULL')" if raw == "1" else f"QUOTE(`{c}`)" for c, raw in columns)
        return [row for (row,) in self.sql(f"SELECT CONCAT({fields}) FROM `{name}` ORDER BY {order}", schema)]

    # ---- the log ----

    def logs(self):
        return [row[0] for row in self.sql("SHOW BINARY LOGS")]

    def position(self):
        """(file, position, gtid)"""
        row = self.sql("SHOW MASTER STATUS")[0]
        return row[0], int(row[1]), self.cell("SELECT @@global.gtid_binlog_pos")

    def log_path(self, name=None):
        return os.path.join(self.data, name or self.logs()[-1])

    def events(self, name=None):
        """[(position, type, end, info)] of a log file, by the server's own words."""
        rows = self.sql(f"SHOW BINLOG EVENTS IN {wire.quote(name or self.logs()[-1])}")
        return [(int(r[1]), r[2], int(r[4]), r[5]) for r in rows]

    def dump_threads(self):
        """Ids of the connections that follow the log."""
        return [int(r[0]) for r in self.sql("SELECT id FROM information_schema.processlist WHERE command = 'Binlog Dump'")]

    def end_followers(self):
        """Readers that went away stay until the next event is sent to them, and hold the files they read."""
        end = time.monotonic() + BOUND
        while self.dump_threads():
            for thread in self.dump_threads():
                with contextlib.suppress(wire.ServerError):
                    self.sql(f"KILL {thread}")
            if time.monotonic() > end:
                raise TimeoutError("followers that do not end")
            time.sleep(0.02)

    def purge(self):
        """All of the log but the file it is in. A file goes when the engine has on disk what it tells, and nobody reads it."""
        self.end_followers()
        self.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1; CREATE DATABASE IF NOT EXISTS scratch; CREATE OR REPLACE TABLE scratch.t (a INT) ENGINE = InnoDB")
        end = time.monotonic() + BOUND
        while True:
            self.sql("INSERT INTO scratch.t VALUES (1); FLUSH LOGS")
            self.sql(f"PURGE BINARY LOGS TO {wire.quote(self.logs()[-1])}")
            if len(self.logs()) == 1:
                return
            if time.monotonic() > end:
                raise TimeoutError(f"logs that are not purged: {self.logs()}")
            time.sleep(0.02)

    # ---- how the program reaches it ----

    def url(self, user="teller", database="bank", **parameters):
        more = "".join(f"&{n.replace('_', '-')}={v}" for n, v in parameters.items())
        return f"mysql://{user}@localhost/{database}?socket={self.socket}{more}"

    def tcp_url(self, port=None, user="teller", database="bank", **parameters):
        more = "&".join(f"{n.replace('_', '-')}={v}" for n, v in parameters.items())
        return f"mysql://{user}@127.0.0.1:{port or self.port}/{database}" + (f"?{more}" if more else "")


class Held:
    """One commit that is logged and not visible, until it is let go: semi-synchronous replication without a replica."""

    def __init__(self, server, sql, database):
        self.server = server
        before = server.position()
        server.sql("SET GLOBAL rpl_semi_sync_master_timeout = 3600000; SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC; "
                   "SET GLOBAL rpl_semi_sync_master_wait_no_slave = ON; SET GLOBAL rpl_semi_sync_master_enabled = ON")
        self.session = server.connect(database=database)
        self.session.send(sql)
        end = time.monotonic() + BOUND
        while server.position() == before:
            if time.monotonic() > end:
                raise TimeoutError("a commit that is in the log")
            time.sleep(0.02)

    def release(self):
        session, self.session = self.session, None
        if session:
            self.server.let_go()
            session.receive()
            session.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()


@atexit.register
def end_all():
    for server in RUNNING:
        if server.alive:
            server.process.kill()
            server.process.wait()
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    sys.exit("this is what the tests beside it share")
