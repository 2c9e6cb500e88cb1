"""A network that can be made bad: a proxy between the program and a server.

    with Proxy(("127.0.0.1", server.port)) as p:       or Proxy(server.socket, path="/tmp/x/p")
        url = server.tcp_url(p.port)
        p.cut()                 all connections end at once, as a reset; new ones pass
        p.stall(); p.flow()     nothing is forwarded and nothing is closed; then it is
        p.refuse(); p.flow()    new connections are closed as soon as they come
        p.delay(0.2)            each piece later, in order
        p.trickle(10, 0.01)     at most so many bytes at a time, with a pause
        p.half_close()          the server's side is told to have ended, the other way stays open
        p.cut_after(5000)       reset when so many more bytes have come from the server: in the middle of an event
        p.upstream = ...        where new connections go

What happens to the bytes is decided in one thread; the methods may be called from any.
"""

import contextlib
import os
import selectors
import socket as sockets
import struct
import threading
import time

BUFFER = 1 << 16
HELD = 1 << 20  # bytes a direction may hold before its sender is made to wait


class Way:
    """One direction of a connection: what was read from `source` and `sink` does not have yet."""

    def __init__(self, source, sink, from_server):
        self.source, self.sink, self.from_server = source, sink, from_server
        self.held, self.size, self.ended, self.told = [], 0, False, False

    def put(self, data, ready):
        self.held.append((ready, data))
        self.size += len(data)


class Proxy:
    def __init__(self, upstream, path=None):
        self.upstream = upstream
        self.path, self.port = path, None
        if path:
            self.listener = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
            self.listener.bind(path)
        else:
            self.listener = sockets.socket()
            self.listener.bind(("127.0.0.1", 0))
            self.port = self.listener.getsockname()[1]
        self.listener.listen(64)
        self.listener.setblocking(False)
        self.wake_out, self.wake_in = sockets.socketpair()
        self.lock = threading.Lock()
        self.orders, self.pairs = [], []
        self.mode, self.later, self.piece, self.pause = "flow", 0.0, 0, 0.0
        self.left = None  # bytes from the server until a cut
        self.connections = self.cuts = self.passed = 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.selector.register(self.wake_out, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    # ---- orders, from any thread ----

    def order(self, name, *arguments):
        """Returns when it has been carried out."""
        done = threading.Event()
        with self.lock:
            self.orders.append((name, arguments, done))
            self.wake_in.send(b"x")  # before the thread can take the order, which may be its last
        if not done.wait(10):
            raise TimeoutError(f"the proxy does not {name}")

    def cut(self):
        self.order("cut")

    def stall(self):
        self.order("mode", "stall")

    def flow(self):
        self.order("mode", "flow")

    def refuse(self):
        self.order("mode", "refuse")

    def delay(self, seconds):
        self.order("slow", seconds, 0, 0.0)

    def trickle(self, bytes_, pause):
        self.order("slow", 0.0, bytes_, pause)

    def half_close(self):
        self.order("half_close")

    def cut_after(self, count):
        self.order("cut_after", count)

    def close(self):
        self.order("end")
        self.thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- the thread ----

    def work(self):
        while True:
            self.watch()
            for key, mask in self.selector.select(self.next_due()):
                if key.fileobj is self.listener:
                    self.accept()
                elif key.fileobj is self.wake_out:
                    self.wake_out.recv(4096)
                elif key.data in self.pairs:
                    self.step(key, mask)
            for pair in list(self.pairs):
                self.drain(pair)
            if self.obey():
                return

    def obey(self):
        with self.lock:
            orders, self.orders = self.orders, []
        ended = False
        for name, arguments, done in orders:
            ended |= bool(getattr(self, "do_" + name)(*arguments))
            done.set()
        return ended

    def do_cut(self):
        for pair in list(self.pairs):
            self.drop(pair, reset=True)

    def do_mode(self, mode):
        self.mode, self.left = mode, None
        if mode == "flow":
            self.later, self.piece, self.pause = 0.0, 0, 0.0

    def do_slow(self, later, piece, pause):
        self.mode, self.later, self.piece, self.pause = "flow", later, piece, pause

    def do_half_close(self):
        for pair in self.pairs:
            for way in pair:
                if way.from_server:
                    with contextlib.suppress(OSError):
                        way.sink.shutdown(sockets.SHUT_WR)

    def do_cut_after(self, count):
        self.left = count

    def do_end(self):
        self.do_cut()
        for s in (self.listener, self.wake_out, self.wake_in):
            s.close()
        self.selector.close()
        if self.path:
            os.unlink(self.path)
        return True

    def accept(self):
        try:
            client, _ = self.listener.accept()
        except OSError:
            return
        self.connections += 1
        if self.mode == "refuse":
            client.close()
            return
        try:
            if isinstance(self.upstream, str):
                server = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
                server.connect(self.upstream)
            else:
                server = sockets.create_connection(self.upstream, timeout=5)
        except OSError:
            client.close()
            return
        for s in (client, server):
            s.setblocking(False)
            if s.family == sockets.AF_INET:
                s.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        pair = (Way(client, server, False), Way(server, client, True))
        self.pairs.append(pair)
        for way in pair:
            self.selector.register(way.source, selectors.EVENT_READ, pair)

    def watch(self):
        """What each socket is waited for."""
        now = time.monotonic()
        for pair in self.pairs:
            for way, back in (pair, pair[::-1]):
                mask = 0
                if self.mode != "stall" and not way.ended and way.size < HELD:
                    mask |= selectors.EVENT_READ
                if self.mode != "stall" and back.held and back.held[0][0] <= now:
                    mask |= selectors.EVENT_WRITE
                registered = way.source in self.selector.get_map()
                if mask and registered:
                    self.selector.modify(way.source, mask, pair)
                elif mask:
                    self.selector.register(way.source, mask, pair)
                elif registered:
                    self.selector.unregister(way.source)

    def next_due(self):
        due = [way.held[0][0] for pair in self.pairs for way in pair if way.held]
        return None if not due or self.mode == "stall" else max(0.0, min(due) - time.monotonic())

    def step(self, key, mask):
        pair = key.data
        way = pair[0] if key.fileobj is pair[0].source else pair[1]
        if not mask & selectors.EVENT_READ:
            return
        try:
            data = way.source.recv(BUFFER)
        except BlockingIOError:
            return
        except OSError:
            self.drop(pair, reset=True)
            return
        if not data:
            way.ended = True
            return
        if way.from_server and self.left is not None and len(data) >= self.left:
            way.put(data[:self.left], 0.0)
            self.left = None
            self.drain(pair)
            self.drop(pair, reset=True)
            return
        if way.from_server and self.left is not None:
            self.left -= len(data)
        self.keep(way, data)

    def keep(self, way, data):
        ready = time.monotonic() + self.later
        if not self.piece:
            way.put(data, ready)
            return
        ready = max(ready, way.held[-1][0] + self.pause if way.held else ready)
        for at in range(0, len(data), self.piece):
            way.put(data[at:at + self.piece], ready)
            ready += self.pause

    def drain(self, pair):
        if self.mode == "stall" or pair not in self.pairs:
            return
        for way in pair:
            while way.held and way.held[0][0] <= time.monotonic():
                ready, data = way.held[0]
                try:
                    sent = way.sink.send(data)
                except BlockingIOError:
                    break
                except OSError:
                    self.drop(pair, reset=True)
                    return
                self.passed += sent
                way.size -= sent
                if sent < len(data):
                    way.held[0] = (ready, data[sent:])
                    break
                way.held.pop(0)
            if way.ended and not way.held and not way.told:
                way.told = True
                with contextlib.suppress(OSError):
                    way.sink.shutdown(sockets.SHUT_WR)
        if all(way.told for way in pair):
            self.drop(pair)

    def drop(self, pair, reset=False):
        if pair not in self.pairs:
            return
        self.pairs.remove(pair)
        self.cuts += reset
        for way in pair:
            if way.source in self.selector.get_map():
                self.selector.unregister(way.source)
            if reset:
                with contextlib.suppress(OSError):
                    way.source.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
            way.source.close()


class Listener:
    """A listener that accepts and never says a word: what a connect to a dead firewall meets."""

    def __init__(self):
        self.listener = sockets.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
