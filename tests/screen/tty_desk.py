"""A terminal of a test's own: the console on a pseudo terminal, byte by byte, or in tmux, as it looks.

    from tty_desk import *
    with terminal(term="linux") as tty:
        tty.wait(rb"TELLERDESK", "the first screen")
        tty.keys(b":quit\r")
        t.equal(tty.end(), 0, "it leaves")
    with window() as tmux:
        tmux.run("tellerdesk console")
        tmux.wait("TELLERDESK > FIND", "the first screen")

Nothing here waits longer than its bound, and nothing sleeps: it waits for what must come.
"""

import contextlib
import ctypes
import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from desk import *  # noqa: E402,F403

LEAVE = b"\x1b[?1049l"     # xterm's way back from the full screen
PASTE_ON, PASTE_OFF = b"\x1b[?2004h", b"\x1b[?2004l"
F3 = b"\x1bOR"
# The terminal library itself leaks when it does not know a terminal, and our own crashes are no news to a sanitizer.
SANITIZER = {"ASAN_OPTIONS": "detect_leaks=0:handle_segv=0", "TSAN_OPTIONS": "handle_segv=0"}
SYS_TGKILL = {"x86_64": 234, "aarch64": 131}.get(os.uname().machine)


class Terminal:
    """The console on a pseudo terminal of its own. before: called in its process, before it runs."""

    def __init__(self, term="xterm-256color", rows=24, columns=80, environment=None, arguments=("--no-ingest",),
                 before=lambda: None):
        self.master, self.slave = pty.openpty()
        self.size(rows, columns)
        self.modes = termios.tcgetattr(self.slave)
        self.seen = self.all = b""
        env = dict(ENVIRONMENT, TERM=term, **SANITIZER, **(environment or {}))
        self.process = subprocess.Popen(
            [PROGRAM, "console", "--replica", path("r.db"), *arguments], env=env, cwd=FOLDER,
            stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True,
            preexec_fn=lambda: (fcntl.ioctl(0, termios.TIOCSCTTY, 0), before()))

    def size(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds=0.02):
        """What has come goes to `seen`; False when nothing had."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            bytes_read = os.read(self.master, 1 << 16)
        except OSError:
            return False
        self.seen += bytes_read
        self.all += bytes_read
        return bool(bytes_read)

    def wait(self, pattern, what):
        """Reads until the pattern has come; forgets what came before it."""
        end = time.monotonic() + BOUND
        while not (found := re.search(pattern, self.seen)):
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: {self.seen[-2000:]!r}")
            self.read()
        self.seen = self.seen[found.end():]

    def keys(self, text):
        """Writes all of it, reading what comes back so that neither side blocks."""
        os.set_blocking(self.master, False)
        while text:
            self.read(0)
            with contextlib.suppress(BlockingIOError):
                text = text[os.write(self.master, text):]
        os.set_blocking(self.master, True)

    def end(self, read=True):
        """Its exit status, once it ended by itself; read False: nobody takes what it writes meanwhile."""
        end = time.monotonic() + BOUND
        while self.process.poll() is None and time.monotonic() < end:
            if read:
                self.read()
            else:
                time.sleep(0.01)
        while self.read(0):
            pass
        return self.process.returncode

    def stuck(self):
        """It waits for room in the terminal."""
        with open(f"/proc/{self.process.pid}/syscall", encoding="ascii") as f:
            call = f.read().split()
        return call[:2] in (["1", "0x1"], ["64", "0x1"])  # write(1, on either machine

    def threads(self):
        """Its threads beside the main one."""
        return [int(name) for name in os.listdir(f"/proc/{self.process.pid}/task") if int(name) != self.process.pid]

    def hit(self, thread, number):
        """Sends a signal to one thread."""
        ctypes.CDLL(None).syscall(SYS_TGKILL, self.process.pid, thread, int(number))

    def given_back(self):
        now = termios.tcgetattr(self.slave)
        return now == self.modes

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@contextlib.contextmanager
def terminal(*arguments, **named):
    t = Terminal(*arguments, **named)
    try:
        yield t
    finally:
        t.close()


class Window:
    """A shell in a tmux of its own, which shows what a terminal would show."""

    made = 0
    FLAGS = "alternate_on cursor_flag keypad_flag keypad_cursor_flag insert_flag mouse_any_flag origin_flag wrap_flag"

    def __init__(self, rows=24, columns=80, environment=None):
        Window.made += 1
        self.socket = f"t{Window.made}"
        self.env = dict(ENVIRONMENT, TERM="xterm-256color", LC_ALL="C.UTF-8", TMUX_TMPDIR=FOLDER, **SANITIZER, **(environment or {}))
        self.env.pop("TMUX", None)
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "PS1='ready> ' sh")
        self.wait("ready>", "a shell")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-u", "-L", self.socket, "-f", "/dev/null", *words], env=self.env,
                              capture_output=True, text=True, check=False).stdout

    def screen(self, *words):
        return self.tmux("capture-pane", "-p", *words)

    def tell(self, names):
        """What tmux knows of the terminal: its names of formats, space between."""
        return self.tmux("display-message", "-p", " ".join("#{" + n + "}" for n in names.split())).split()

    def wait(self, text, what, gone=False):
        """Until the text is (or is no more) on the screen; returns the screen."""
        shown = [""]

        def there():
            shown[0] = self.screen()
            return (text in shown[0]) != gone
        try:
            wait_for(there, what)
        except TimeoutError as error:
            raise TimeoutError(f"{what}; the screen:\n{shown[0]}") from error
        return shown[0]

    def keys(self, text):
        """Exactly these bytes."""
        if text:
            self.tmux("send-keys", "-H", *[f"{byte:02x}" for byte in text])

    def run(self, command):
        """One line to the shell."""
        self.keys(command.encode() + b"\r")

    def shell(self, command):
        """A command that ends by itself, without a trace on the screen; its output."""
        name = path("shell.out")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        self.run(f"clear; {command} >{name}.part 2>&1; mv {name}.part {name}")
        wait_for(lambda: os.path.exists(name), command)
        with open(name, encoding="utf-8", errors="replace") as f:
            return f.read()

    def size(self, rows, columns):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def close(self):
        self.tmux("kill-server")


@contextlib.contextmanager
def window(*arguments, **named):
    w = Window(*arguments, **named)
    try:
        yield w
    finally:
        w.close()
