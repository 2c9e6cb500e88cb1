#!/usr/bin/python3
"""A password comes from where the database's own tools take it, and goes nowhere else.

Not into arguments, environment, log, errors, status, the replica, the state folder, nor a core.
"""

import resource
import sys
import os

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scene import *  # noqa: E402,F403

PASSWORD = "pa55-wÖrd'\"#\\ x"  # what option files must quote
WRONG = "n0t-the-pa55word"
MARK = [PASSWORD.encode(), b"pa55-w", WRONG.encode()]


def option_file(name, *lines):
    """A file as mysql_config(1) writes it, for nobody else's eyes."""
    with open(path(name), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    os.chmod(path(name), 0o600)
    return path(name)


def line(password):
    """Quoted for an option file: backslashes are escapes there."""
    return 'password="' + password.replace("\\", "\\\\").replace('"', '\\"') + '"'


def holders(folder_, *more):
    """Files below a folder that hold what nobody should read there."""
    found = []
    for where, _, names in os.walk(folder_):
        for name in names:
            full = os.path.join(where, name)
            if full.endswith((".cnf", ".conf")) or not os.path.isfile(full):  # ours
                continue
            with open(full, "rb") as file:
                data = file.read()
            found += [full for m in MARK if m in data]
    return found


def proc(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read()


def given(t, server):
    """Every place a password may stand."""
    places = {
        "~/.my.cnf, [client]": ((".my.cnf", "[client]", "user=nobody", line(PASSWORD)), {}),
        "~/.my.cnf, [tellerdesk] after [client]": ((".my.cnf", "[client]", line(WRONG), "[tellerdesk]", line(PASSWORD)), {}),
        "defaults-file in the URL": (("own.cnf", "[tellerdesk]", line(PASSWORD)), {"defaults_file": path("own.cnf")}),
    }
    for name, (file, parameters) in places.items():
        written = option_file(*file)
        result = desk("check-source", "--source", server.url("keeper", **parameters), "--json")
        t.equal(result.status, 0, f"{name}: it is taken", result)
        os.unlink(written)
    result = desk("check-source", "--source", server.url("keeper"), "--json")
    t.ok(result.status == 3 and "keeper" in result.err and "hint:" in result.err, "without one: denied, exit 3, with what to do", result)
    for url in (server.url("keeper:" + WRONG), server.tcp_url(3306, user=f"keeper:{WRONG}"), server.url("keeper", password=WRONG)):
        result = desk("ingest", "--once", "--source", url, "--replica", path("never.db"))
        t.ok(result.status == 2 and WRONG not in result.out + result.err and "hint:" in result.err, "in a URL it is refused, and not repeated", result)
    config = option_file("desk.conf", "[tellerdesk]", f"source = {server.url('keeper:' + WRONG)}")
    for words in (("config", "show"), ("config", "validate"), ("ingest", "--once", "--replica", path("never.db"))):
        result = desk("--config", config, *words)
        t.ok(WRONG not in result.out + result.err, f"nor does {' '.join(words[:2])} show one that a file has", result)


def kept(t, server):
    """A service that knows it, through a wrong one, a reconnect, every command, and -v at its loudest."""
    own = option_file("service.cnf", "[client]", line(PASSWORD))
    replica, url = fresh("kept.db"), server.url("keeper", defaults_file=own)
    with follow(url, replica, more=("--log-level", "debug")) as service:
        service.until_live()
        words = proc(service.pid, "cmdline") + proc(service.pid, "environ")
        t.ok(not any(m in words for m in MARK), "not in arguments, not in the environment", words)
        server.restart()
        service.until_live()
        said = service.said(True).encode()
        t.ok(not any(m in said for m in MARK), "not in what the service says", said)
        for command in (("status", "--json"), ("lookup", "1", "--json"), ("dump",), ("check", "--against-source"), ("resync", "--json")):
            result = desk(*command, "--replica", replica)
            t.ok(not any(m in result.raw + result.err_raw for m in MARK), f"not in the answer of {command[0]}", result)
        t.equal(service.terminate()[0], 0, "it ends as it should")
    server.sql("ALTER USER keeper@localhost IDENTIFIED BY 'another'")
    result = once(url, replica)
    t.ok(result.status == 3 and not any(m in result.raw + result.err_raw for m in MARK), "changed at the server: denied, and not told", result)
    server.sql(f"ALTER USER keeper@localhost IDENTIFIED BY {wire.quote(PASSWORD)}")
    t.equal(holders(FOLDER), [], "not in the replica, the state folder or any file the program wrote")


def no_core(t, server):
    """A crash leaves no core, whatever the limit."""
    own = option_file("core.cnf", "[client]", line(PASSWORD))

    def unlimited():
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # who started us in the background may have it ignored
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    for number in (signal.SIGABRT, signal.SIGQUIT):
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        except (ValueError, OSError):
            t.skip(f"{number.name} leaves no core", "this machine does not let cores be asked for")
            continue
        with follow(server.url("keeper", defaults_file=own), fresh("core.db"), limits=unlimited) as service:
            service.until_live()
            service.process.send_signal(number)
            _, wait_status = os.waitpid(service.pid, 0)
            service.process.returncode = -number
            t.ok(not os.WCOREDUMP(wait_status), f"{number.name} leaves no core", wait_status)


with tap() as t:
    if need(t):
        with Server("passwords") as server:
            server.sql(BANK_TABLES + "INSERT INTO customer_info (cif, name) VALUES (1, 'One')", "bank")
            server.sql(f"CREATE USER keeper@localhost IDENTIFIED BY {wire.quote(PASSWORD)}; GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO keeper@localhost; "
                       "GRANT SELECT ON bank.* TO keeper@localhost")
            given(t, server)
            kept(t, server)
            no_core(t, server)
