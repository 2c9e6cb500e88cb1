"""SIGTERM ends a service at once, whatever it is waiting for: the 200 ms that are promised, from each state.

    stopping(t, server, proxy, tries)       of each state; the best must be within the promise, none much beyond
"""

import select
import socket

from stage import *  # noqa: F403

PROMISED = 0.2
QUICK = 1.0  # on a machine that does other things too


class Silent:
    """A listener that accepts and never says a word."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]

    def met(self):
        return bool(select.select([self.listener], [], [], 0)[0])

    def close(self):
        self.listener.close()


class Full(Silent):
    """One whose queue is full: a connect to it hangs, as to a host that is gone."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.crowd = []
        for _ in range(8):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", self.port))
            self.crowd.append(s)

    def close(self):
        for s in (*self.crowd, self.listener):
            s.close()


def connecting_to(port):
    """Whether a process of ours is on its way to this port (SYN_SENT)."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        return sum(1 for line in file if line.split()[2].endswith(f":{port:04X}") and line.split()[3] == "02")


def busy(service):
    """CPU seconds it has used."""
    with open(f"/proc/{service.pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class States:
    """Each brings a service into its state and returns what cleans up after it. The server's bank has 60,000 customers."""

    def __init__(self, server, proxy):
        self.server, self.proxy, self.turn = server, proxy, 0

    def start(self, url, live=False):
        self.turn += 1
        self.service = Service(url, fresh(f"stop{self.turn}.db"))
        if live:
            self.service.until_live()
        return self.service

    def connecting_to_a_silent_listener(self):
        silent = Silent()
        self.service = self.start(self.server.tcp_url(silent.port))
        self.service.wait(silent.met, "a connection to the silent listener")
        time.sleep(0.05)
        return silent.close

    def connecting_to_a_host_that_is_gone(self):
        full = Full()
        before = connecting_to(full.port)
        self.service = self.start(self.server.tcp_url(full.port))
        self.service.wait(lambda: connecting_to(full.port) > before, "a connect that hangs")
        return full.close

    def waiting_to_try_again(self):
        self.service = self.start(self.server.tcp_url(1))
        self.service.until_state("offline")
        return lambda: None

    def idle(self):
        self.start(self.server.url(), live=True)
        return lambda: None

    def on_a_stalled_stream(self):
        self.start(self.server.tcp_url(self.proxy.port), live=True)
        self.proxy.stall()
        time.sleep(0.3)
        return self.proxy.flow

    def on_a_stream_cut_in_the_middle_of_an_event(self):
        self.start(self.server.tcp_url(self.proxy.port), live=True)
        self.proxy.trickle(64, 0.02)
        self.server.sql("UPDATE customer_info SET address = REPEAT('x', 190) WHERE cif <= 500", "bank")
        time.sleep(0.3)
        return self.proxy.flow

    def with_the_server_frozen(self):
        self.start(self.server.url(), live=True)
        self.server.pause()
        time.sleep(0.2)
        return self.server.go_on

    def in_the_first_copy(self):
        self.proxy.trickle(20000, 0.02)
        self.start(self.server.tcp_url(self.proxy.port))
        self.service.until_state("snapshot")
        time.sleep(0.2)
        return self.proxy.flow

    def in_a_first_copy_that_is_stalled(self):
        self.proxy.trickle(20000, 0.02)
        self.start(self.server.tcp_url(self.proxy.port))
        self.service.until_state("snapshot")
        self.proxy.stall()
        time.sleep(0.2)
        return self.proxy.flow

    def in_a_transaction_of_many_rows(self):
        self.start(self.server.url(), live=True)
        used = busy(self.service)
        self.server.sql(f"UPDATE customer_info SET phone = '{self.turn}'", "bank")
        self.service.wait(lambda: busy(self.service) > used + 0.05, "a service that is at it")
        return lambda: None

    def in_a_resync(self):
        self.proxy.flow()
        self.start(self.server.tcp_url(self.proxy.port), live=True)
        self.proxy.trickle(20000, 0.02)
        asks = subprocess.Popen([PROGRAM, "resync", "--replica", self.service.replica], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        time.sleep(0.5)

        def clean():
            self.proxy.flow()
            asks.kill()
            asks.wait()
        return clean


ALL = (States.connecting_to_a_silent_listener, States.connecting_to_a_host_that_is_gone, States.waiting_to_try_again, States.idle, States.on_a_stalled_stream,
          States.on_a_stream_cut_in_the_middle_of_an_event, States.with_the_server_frozen, States.in_the_first_copy, States.in_a_first_copy_that_is_stalled,
          States.in_a_transaction_of_many_rows, States.in_a_resync)


def one(states, bring, number):
    clean = bring(states)
    try:
        status, seconds = states.service.terminate(number)
        writer = value(states.service.replica, "SELECT pid FROM td_status")
        return status, seconds, writer
    finally:
        clean()
        if states.service.alive:
            states.service.kill9()


def ended(t, states, bring, tries):
    name = bring.__name__.replace("_", " ")
    odd, took = [], []
    for turn in range(tries):
        number = (signal.SIGTERM, signal.SIGINT, signal.SIGTERM)[turn % 3]
        try:
            status, seconds, _ = one(states, bring, number)
        except TimeoutError as error:
            odd.append(str(error))
            continue
        took.append(seconds)
        if status != 0:
            odd.append(f"{number.name}: exit {status}: {states.service.said()[-500:]}")
    t.equal(odd, [], f"{name}: ends with 0")
    t.ok(took and min(took) < PROMISED and max(took) < QUICK, f"{name}: at once", " ".join(f"{s:.3f}" for s in took))
    print(f"# {name}: " + " ".join(f"{s * 1000:.0f}" for s in took) + " ms")


def batches(t, states, server, proxy):
    """--once that is told to end before its end has not done what it was to do: exit 7."""
    silent = Silent()
    for name, url, ready in (("connecting", server.tcp_url(silent.port), lambda p: silent.met()), ("copying", server.tcp_url(proxy.port), lambda p: state(path("once.db")) == "snapshot")):
        proxy.trickle(20000, 0.02)
        service = Service(url, fresh("once.db"), more=("--once",))
        service.wait(lambda: ready(service), name)
        status, seconds = service.terminate()
        proxy.flow()
        t.ok(status == 7 and seconds < QUICK, f"a batch, {name}: ends with 7", f"exit {status} after {seconds:.3f} s: {service.said()}")
    silent.close()


def stopping(t, server, proxy, tries, states=States, all_=ALL):
    shown = states(server, proxy)
    for bring in all_:
        ended(t, shown, bring, tries)
    batches(t, shown, server, proxy)
