"""PostgreSQL servers of our own: each in a folder below TMPDIR, on a unix socket, ended by pid.

    with Server(wal_level="logical", max_slot_wal_keep_size="4MB") as s:
        s.sql("CREATE TABLE t (...); INSERT ...")       one simple query: its statements are one transaction
        with s.session() as a: ...                      a connection that stays; a.run, a.cell, a.later
        s.database("other")                             CREATE DATABASE, with what the program's account needs there
        s.publish("t", "u")                             CREATE PUBLICATION tellerdesk FOR TABLE t, u
        s.url()                                         postgresql://teller@/bank?host=...
        s.restart(wal_level="replica"); s.kill9(); s.start(); s.pause(); s.go_on()
        other = s.standby(); other.promote()            a streaming standby, started
        other = s.twin("name")                          a copy of it as it stands

A server begins with the database `bank` and an account `teller` that may connect, replicate, and read every table made after. It
trusts whoever comes, but the members of by_scram, by_md5, by_password (what they have to show) and by_reject. Its settings are
those that following asks for, small and without fsync; a keyword changes one (None leaves it out). tcp=True lets it listen on a
free port of the loopback too. Its segments of log are of 1 MB.

Servers of one process are copies of one, and have its system identifier, unless they are started with alien=True.

PostgreSQL refuses to run as root: run by root, it runs as the user `postgres`.
"""

import atexit
import concurrent.futures
import contextlib
import ctypes
import glob
import os
import pwd
import shutil
import signal
import socket as sockets
import stat
import subprocess
import sys
import tempfile
import time

try:
    import psycopg2
    import psycopg2.extensions
except ImportError:  # told by available()
    psycopg2 = None

BOUND = 60.0
PR_SET_PDEATHSIG = 1

DEFAULTS = {
    "wal_level": "logical", "max_wal_senders": 20, "max_replication_slots": 20, "max_connections": 60, "fsync": "off", "shared_buffers": "16MB",
    "wal_buffers": "1MB", "max_wal_size": "32MB", "min_wal_size": "4MB", "autovacuum": "off", "max_parallel_workers": 0, "jit": "off",
    "dynamic_shared_memory_type": "mmap", "log_line_prefix": "%m [%p] %q%a ", "log_timezone": "UTC", "timezone": "UTC",
}

HBA = """\
{first}local all,replication +by_reject               reject
host  all,replication +by_reject 127.0.0.1/32  reject
local all,replication +by_scram                scram-sha-256
host  all,replication +by_scram  127.0.0.1/32  scram-sha-256
local all,replication +by_md5                  md5
host  all,replication +by_md5    127.0.0.1/32  md5
local all,replication +by_password             password
host  all,replication +by_password 127.0.0.1/32 password
local all,replication all                      trust
host  all,replication all        127.0.0.1/32  trust
"""

# What a DBA gives the account of the program, see the manual; and a right to read that tables made later have too.
ACCOUNTS = """CREATE ROLE teller LOGIN REPLICATION
CREATE ROLE by_scram
CREATE ROLE by_md5
CREATE ROLE by_password
CREATE ROLE by_reject
ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT SELECT ON TABLES TO teller
ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT USAGE ON SCHEMAS TO teller
"""

# The bank of data/models/demography.model, as a DBA would write it.
BANK_TABLES = """
CREATE TABLE store (store_id VARCHAR(20) PRIMARY KEY, name VARCHAR(80), city VARCHAR(80));
CREATE TABLE customer_info (cif BIGINT PRIMARY KEY, name VARCHAR(120) NOT NULL, birthdate DATE, gender VARCHAR(12),
  address VARCHAR(200), city VARCHAR(80), country VARCHAR(80), email VARCHAR(120), phone VARCHAR(60), store_id VARCHAR(20),
  registered_at TIMESTAMP, changed_by VARCHAR(40));
CREATE TABLE bank_product (productid BIGINT PRIMARY KEY, cif BIGINT, producttype VARCHAR(40), opendate DATE, status VARCHAR(20));
CREATE TABLE customer_asset (assetid BIGINT PRIMARY KEY, cif BIGINT, assettype VARCHAR(40), assetvalue NUMERIC(18,2), valuation_date DATE);
CREATE INDEX ON bank_product (cif);
CREATE INDEX ON customer_asset (cif);
"""

# Tables of a database that may be published: those of partitions are named by their parent.
OWN_TABLES = ("SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "
              "AND NOT c.relispartition AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1")

LIBC = ctypes.CDLL(None, use_errno=True)
MADE = {}     # the data folder that new servers are copies of
RUNNING = []


def programs():
    """The folder of the newest PostgreSQL; None: there is none."""
    found = []
    with contextlib.suppress(OSError):
        found.append(subprocess.run(["pg_config", "--bindir"], capture_output=True, check=False).stdout.decode().strip())
    newest = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[-2]) if p.split("/")[-2].isdigit() else 0)
    return next((p for p in found + newest[::-1] if os.access(os.path.join(p, "initdb"), os.X_OK) and os.access(os.path.join(p, "postgres"), os.X_OK)), None)


def owner():
    """Whom the server runs as."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def available():
    try:
        return psycopg2 is not None and programs() is not None and owner() is not None
    except KeyError:
        return False


def reachable_folder():
    """A folder of this process that the server's user can get at: the test's own folder above it lets others pass."""
    folder = tempfile.mkdtemp(prefix="pg-")
    for here in (folder, os.path.dirname(folder)):
        mode = stat.S_IMODE(os.stat(here).st_mode)
        if not mode & stat.S_IXOTH:
            os.chmod(here, mode | stat.S_IXOTH)
    return folder


FOLDER = reachable_folder()


def become_owner():
    """In a child: the server's user, who dies with us (asked for last: a change of user forgets it)."""
    user = owner()
    if os.geteuid() == 0:
        os.initgroups(user.pw_name, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def give(*paths):
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, owner().pw_uid, owner().pw_gid)


def tool(name, *arguments, text=None):
    """One of PostgreSQL's programs as the server's user, to its end; what it says."""
    done = subprocess.run([os.path.join(programs(), name), *arguments], input=(text or "").encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          cwd=FOLDER, env=clean_environment(), preexec_fn=become_owner, timeout=BOUND, check=False)
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {said[-3000:]}")
    return said


def clean_environment():
    """Nothing of the caller's PG... variables."""
    return dict({k: v for k, v in os.environ.items() if not k.startswith("PG")}, HOME=FOLDER, LC_ALL="C.UTF-8")


def free_port():
    """A port nobody listens on now; whoever takes it must be ready to try another."""
    with contextlib.closing(sockets.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def new_data(name):
    """An initialised data folder: the accounts, and the database."""
    folder = os.path.join(FOLDER, name)
    os.mkdir(folder, 0o700)
    give(folder)
    tool("initdb", "--pgdata", folder, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions", "--wal-segsize=1")
    alone = ("--single", "-D", folder, "-c", "fsync=off", "-c", "log_min_messages=error")
    tool("postgres", *alone, "template1", text=ACCOUNTS + "CREATE DATABASE bank\n")
    tool("postgres", *alone, "postgres", text="ALTER ROLE postgres SET search_path = public\n")
    return folder


def template():
    if "folder" not in MADE:
        MADE["folder"] = new_data("template")
    return MADE["folder"]


# ---- statements ----

Failure = psycopg2.Error if psycopg2 else Exception  # .pgcode is the SQLSTATE; None: the connection broke


class Session:
    """A connection in autocommit: BEGIN opens a transaction. All values are text as the server writes it, or None."""

    def __init__(self, **parameters):
        self.connection = psycopg2.connect(**parameters)
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        as_text = psycopg2.extensions.new_type(tuple(psycopg2.extensions.string_types), "AS_TEXT", lambda value, _: value)
        psycopg2.extensions.register_type(as_text, self.connection)
        self.notices = self.connection.notices
        self.pool = None

    def run(self, text):
        """The last statement's rows; of one without rows their count."""
        self.cursor.execute(text)
        return self.cursor.fetchall() if self.cursor.description else self.cursor.rowcount

    def texts(self, text):
        return [list(row) for row in self.run(text)]

    def cell(self, text):
        rows = self.run(text)
        return rows[0][0] if rows else None

    def later(self, text):
        """The same in a thread: for what waits. .result(seconds) is what run returns, or its failure; .done()."""
        self.pool = self.pool or concurrent.futures.ThreadPoolExecutor(1)
        return self.pool.submit(self.run, text)

    def load(self, table, lines):
        """COPY table FROM STDIN: lines of its text format."""
        import io
        self.cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO("".join(line + "\n" for line in lines)))

    @property
    def pid(self):
        return self.connection.get_backend_pid()

    def drop(self):
        """Without a word to the server."""
        with contextlib.suppress(OSError, Failure):
            sockets.socket(fileno=os.dup(self.connection.fileno())).shutdown(sockets.SHUT_RDWR)
        self.close()

    def close(self):
        with contextlib.suppress(Failure):
            self.connection.close()
        if self.pool:
            self.pool.shutdown(wait=False)


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def number(lsn):
    """16/B374D848 as a number."""
    high, low = lsn.split("/")
    return int(high, 16) << 32 | int(low, 16)


class Server:
    def __init__(self, name=None, tcp=False, start=True, alien=False, copy_of=None, **options):
        self.options = dict(DEFAULTS)
        self.options.update(options)
        self.folder = os.path.join(FOLDER, name or f"s{len(RUNNING)}")
        self.log = os.path.join(self.folder, "log")
        self.data = os.path.join(self.folder, "d")
        self.tcp, self.port, self.process = tcp, None, None
        os.mkdir(self.folder, 0o755)
        give(self.folder)
        if alien:
            os.rename(new_data(f"{os.path.basename(self.folder)}.new"), self.data)
        else:
            subprocess.run(["cp", "-a", "--reflink=auto", copy_of or template(), self.data], check=True)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.data, "postmaster.pid"))
        self.hba()
        RUNNING.append(self)
        if start:
            self.start()

    # ---- coming and going ----

    @property
    def socket(self):
        """Its file; what libpq calls the host is its folder."""
        return os.path.join(self.folder, f".s.PGSQL.{self.port or 5432}")

    def words(self):
        words = [os.path.join(programs(), "postgres"), "-D", self.data, "-p", str(self.port or 5432), "-c", f"unix_socket_directories={self.folder}",
                 "-c", f"listen_addresses={'127.0.0.1' if self.tcp else ''}"]
        for name, value in self.options.items():
            if value is not None:
                words += ["-c", f"{name}={'on' if value is True else 'off' if value is False else value}"]
        return words

    def start(self, **options):
        """Starts and waits until it answers."""
        self.options.update(options)
        for _ in range(5 if self.tcp else 1):
            if self.tcp and not self.port:
                self.port = free_port()
            with open(self.log, "ab") as log:
                begun = log.tell()
                self.process = subprocess.Popen(self.words(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, env=clean_environment(),
                                                preexec_fn=become_owner)
            if self.answers():
                return self
            if "could not bind" not in self.said(begun):
                break
            self.port = None
        raise RuntimeError(f"postgres did not start: {self.said(begun)[-3000:]}")

    def answers(self):
        end = time.monotonic() + BOUND
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise TimeoutError(f"postgres does not answer: {self.said()[-3000:]}")
            try:
                self.connect(database="postgres").close()
                return True
            except Failure:
                time.sleep(0.01)
        return False

    def said(self, begun=0):
        with open(self.log, "rb") as file:
            file.seek(begun)
            return file.read().decode("utf-8", "replace")

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    def processes(self):
        """The pids of its children."""
        return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and parent(pid) == self.process.pid]

    def end(self, number_):
        """A signal to the first process, and all of them are gone."""
        if not self.alive:
            return
        children = self.processes()
        self.process.send_signal(number_)
        try:
            self.process.wait(timeout=BOUND)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise
        gone(children)

    def stop(self):
        """As a DBA does it: connections are ended, what is in memory is written."""
        self.go_on()
        self.end(signal.SIGINT)

    def kill9(self):
        """All of its processes at once, as a machine that loses its power (what was written stays)."""
        if self.alive:
            self.process.send_signal(signal.SIGSTOP)  # no children that are not in the list
            children = self.processes()
            for pid in (*children, self.process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            gone(children)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.socket)

    def restart(self, **options):
        self.stop()
        return self.start(**options)

    def reload(self, **options):
        """Settings that need no start: by ALTER SYSTEM, which the command line of a server overrules, so not those it was started with."""
        for name, value in options.items():
            self.sql(f"ALTER SYSTEM SET {name} = {quote(str(value))}")
        self.sql("SELECT pg_reload_conf()")
        for name, value in options.items():
            until(lambda n=name, v=value: self.cell(f"SELECT setting || COALESCE(unit, '') FROM pg_settings WHERE name = {quote(n)}") in (str(v), str(v) + "ms")
                  or self.cell(f"SHOW {n}") == str(v), f"{name} to be {value}")

    def pause(self):
        """Its processes are held: connections stay, nothing moves."""
        self.process.send_signal(signal.SIGSTOP)
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def go_on(self):
        if self.alive:
            for pid in (*self.processes(), self.process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        """Ends it and takes its folder away."""
        self.forget_memory(self.kill9)
        shutil.rmtree(self.folder, ignore_errors=True)

    def forget_memory(self, action):
        """The mark of shared memory that a killed server leaves on the machine."""
        segment = None
        with contextlib.suppress(OSError, IndexError, ValueError):
            with open(os.path.join(self.data, "postmaster.pid"), encoding="utf-8") as file:
                segment = int(file.read().splitlines()[6].split()[1])
        action()
        if segment is not None:
            LIBC.shmctl(segment, 0, None)  # IPC_RMID

    def twin(self, name, **options):
        """Another server that begins as this one stands (which is stopped for the copy, if it runs)."""
        was = self.alive
        if was:
            self.stop()
        other = Server(name, tcp=self.tcp, start=False, copy_of=self.data, **dict(self.options, **options))
        if was:
            self.start()
        return other

    def standby(self, name="standby", start=True, slot=None, **options):
        """A streaming standby of this one, by pg_basebackup; its application_name is its name."""
        copy = os.path.join(FOLDER, f"{name}.copy")
        os.mkdir(copy, 0o700)
        give(copy)
        tool("pg_basebackup", "-D", copy, "-h", self.folder, "-p", str(self.port or 5432), "-U", "postgres", "-X", "stream", "-c", "fast", "--no-sync")
        conninfo = f"host={self.folder} port={self.port or 5432} user=postgres application_name={name}"
        other = Server(name, tcp=self.tcp, start=False, copy_of=copy, **dict(self.options, primary_conninfo=conninfo, primary_slot_name=slot, hot_standby="on", **options))
        shutil.rmtree(copy)
        other.file("d/standby.signal", "")
        if start:
            other.start()
        return other

    def promote(self):
        self.sql("SELECT pg_promote()", "postgres")
        until(lambda: self.sql("SELECT pg_is_in_recovery()", "postgres") == [["f"]], "a standby to be promoted")
        return self

    # ---- its files ----

    def file(self, name, text, mode=0o600):
        """A file in its folder that is its user's; its path."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        give(path)
        return path

    def hba(self, first=""):
        """Who may come in: these lines before the others. A running server reads them at once."""
        self.file("d/pg_hba.conf", HBA.format(first=first and first.rstrip() + "\n"))
        if self.alive:
            begun = os.path.getsize(self.log)
            self.process.send_signal(signal.SIGHUP)
            until(lambda: "reloading configuration files" in self.said(begun), "pg_hba.conf to be read")

    # ---- statements ----

    def session(self, user="postgres", database="bank", **more):
        return contextlib.closing(self.connect(user, database, **more))

    def connect(self, user="postgres", database="bank", **more):
        parameters = dict(host=self.folder, port=self.port or 5432, user=user, dbname=database, connect_timeout=int(BOUND), application_name="test", client_encoding="UTF8")
        return Session(**dict(parameters, **more))

    def sql(self, text, database="bank"):
        """On a connection of its own, as one transaction; the last statement's rows as text, or its count."""
        with self.session(database=database) as c:
            result = c.run(text)
        return result if isinstance(result, int) else [list(row) for row in result]

    def cell(self, text, database="bank"):
        rows = self.sql(text, database)
        return rows[0][0] if rows else None

    def script(self, text, database="bank", user="postgres"):
        """Text through psql, each statement on its own, the first failure ends it; what it prints: fields by |."""
        done = subprocess.run([os.path.join(programs(), "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", str(self.port or 5432),
                               "-U", user, "-d", database], input=text.encode(), capture_output=True, env=clean_environment(), timeout=BOUND, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr.decode('utf-8', 'replace')}")
        return done.stdout.decode("utf-8", "replace")

    def database(self, name, tables=""):
        """A database, with these tables."""
        self.sql(f'CREATE DATABASE "{name}"', "postgres")
        if tables:
            self.sql(tables, name)
        return name

    def publish(self, *tables, database="bank", name="tellerdesk"):
        self.sql(f"CREATE PUBLICATION {name}" + (f" FOR TABLE {', '.join(tables)}" if tables else ""), database)

    def followed(self, name, tables=""):
        """A database with these tables, all of them published: the program's account may follow it."""
        if self.sql(f"SELECT 1 FROM pg_database WHERE datname = {quote(name)}", "postgres") == []:
            self.database(name)
        if tables:
            self.sql(tables, name)
        self.publish(*[row[0] for row in self.sql(OWN_TABLES, name)], database=name)
        return name

    def bank(self, name="bank"):
        return self.followed(name, BANK_TABLES)

    def rows(self, table, columns, database="bank"):
        names = ", ".join(f'"{name}"' for name in columns)
        return self.sql(f"SELECT {names} FROM {table}", database)

    # ---- a writer of which errors are expected ----

    errors = (Failure,)

    def writer(self, database="bank"):
        return self.connect(database=database)

    @staticmethod
    def lost(error):
        """The connection is gone, or the server ends or begins."""
        return error.pgcode is None or error.pgcode.startswith(("08", "57P0"))

    # ---- commits that are in the log and not visible ----

    def hold(self, sql, database):
        return Held(self, sql, database)

    def let_go(self):
        self.reload(synchronous_standby_names="")

    def dump(self, table, database="bank"):
        """All rows, in canonical text, in order."""
        return [row for (row,) in self.sql(f'SELECT t::text COLLATE "C" FROM {table} t ORDER BY 1', database)]

    # ---- the log ----

    def lsn(self):
        """The end of the log, as a number."""
        return number(self.cell("SELECT pg_current_wal_insert_lsn()", "postgres"))

    def switch(self):
        """The next segment of the log."""
        self.sql("SELECT pg_switch_wal()", "postgres")

    def checkpoint(self):
        self.sql("CHECKPOINT", "postgres")

    def noise(self, megabytes=1):
        """Log that is nobody's."""
        self.sql(f"SELECT pg_logical_emit_message(false, 'noise', repeat('x', 1 << 20)) FROM generate_series(1, {megabytes})", "postgres")

    def slots(self):
        """{name: {column of pg_replication_slots: text}}"""
        with self.session(database="postgres") as c:
            rows = c.run("SELECT * FROM pg_replication_slots")
            names = [column.name for column in c.cursor.description]
        return {row[0]: dict(zip(names, row)) for row in rows}

    def drop_slot(self, name):
        """Whoever uses it loses the connection first."""
        def gone_():
            if name not in self.slots():
                return True
            self.sql(f"SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = {quote(name)} AND active", "postgres")
            with contextlib.suppress(Failure):
                self.sql(f"SELECT pg_drop_replication_slot({quote(name)})", "postgres")
            return False
        until(gone_, f"slot {name} to be dropped")

    def lose_slot(self, name):
        """Its log is taken away from it, as by a limit (max_slot_wal_keep_size must be 1MB)."""
        def lost():
            if self.slots()[name]["wal_status"] == "lost":
                return True
            self.noise(2)
            self.switch()
            self.checkpoint()
            return False
        until(lost, f"slot {name} to be lost")

    def walsenders(self, application=None):
        """Pids of the connections that follow the log."""
        return [int(r[0]) for r in self.sql("SELECT pid FROM pg_stat_replication" + (f" WHERE application_name = {quote(application)}" if application else ""), "postgres")]

    def system(self):
        return self.cell("SELECT system_identifier FROM pg_control_system()", "postgres")

    def timeline(self):
        """Of what is written now (the control file learns it at the checkpoint after a promotion)."""
        return int(self.cell("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)", "postgres"), 16)

    # ---- how the program reaches it ----

    def url(self, user="teller", database="bank", **parameters):
        if self.port:
            parameters.setdefault("port", self.port)
        more = "".join(f"&{name}={value}" for name, value in parameters.items())
        return f"postgresql://{user}@/{database}?host={self.folder}{more}"

    def tcp_url(self, port=None, user="teller", database="bank", **parameters):
        more = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"postgresql://{user}@127.0.0.1:{port or self.port}/{database}" + (f"?{more}" if more else "")


class Held:
    """One commit that is logged and not visible, until it is let go: a synchronous standby that never comes."""

    def __init__(self, server, sql, database):
        self.server = server
        server.reload(synchronous_standby_names="never")
        self.session = server.connect(database=database)
        self.answer = self.session.later(sql)
        until(lambda: self.answer.done() or server.cell(f"SELECT wait_event FROM pg_stat_activity WHERE pid = {self.session.pid}", "postgres") == "SyncRep", "a commit that waits for its standby")
        if self.answer.done():
            raise RuntimeError(f"a commit that does not wait: {self.answer.result()}")

    def release(self):
        session, self.session = self.session, None
        if session:
            self.server.let_go()
            self.answer.result(BOUND)
            session.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()


def parent(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return None if fields[0] == "Z" else int(fields[1])
    except (OSError, IndexError):
        return None


def gone(pids):
    """Waits for processes that are not ours to reap."""
    until(lambda: all(parent(pid) is None for pid in pids), "the server's processes to end")


def until(condition, what):
    end = time.monotonic() + BOUND
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.01)


@atexit.register
def end_all():
    for server in RUNNING:
        server.forget_memory(server.kill9)
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    sys.exit("this is what the tests beside it share")
