#!/usr/bin/python3
"""The console in a real terminal: started on any, resized, suspended, flooded, and always given back."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tty_desk import *  # noqa: E402,F403


def restored(t, tty, name):
    t.ok(LEAVE in tty.seen and PASTE_OFF in tty.seen, f"{name}: the full screen and the marked pastes are left", tty.seen[-300:])
    t.ok(tty.given_back(), f"{name}: the terminal has its modes again")


def leaving(t):
    with terminal() as tty:
        tty.wait(re.escape(PASTE_ON), "marked pastes")
        tty.wait(rb"TELLERDESK", "the first screen")
        tty.keys(F3)
        tty.wait(rb"Leave tellerdesk", "the question")
        tty.keys(b"y")
        t.equal(tty.end(), 0, "F3 and y: exit 0")
        restored(t, tty, "F3 and y")
    with terminal() as tty:
        tty.wait(rb"TELLERDESK", "the first screen")
        tty.keys(b":quit\r")
        t.equal(tty.end(), 0, ":quit: exit 0")
        restored(t, tty, ":quit")


def signals(t):
    asking = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    for number in (*asking, signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGPIPE):
        with terminal() as tty:
            tty.wait(rb"F12", "the whole first screen")
            tty.process.send_signal(number)
            status = tty.end()
            if number in asking:
                t.equal(status, 0, f"{number.name}: exit 0")
            else:
                # A sanitizer, where there is one, has the last word.
                t.ok(status in (-number, 1), f"{number.name}: what would end it ends it", status)
            restored(t, tty, number.name)


def threads(t):
    """A fault in any thread: that which looks things up, that which ingests, its checkpointer."""
    bank = path("bank.db")
    arguments = ("--source", f"bank:{bank}")
    with terminal(arguments=arguments) as tty:
        tty.wait(rb"LIVE", "data that is kept current")
        count = len(tty.threads())
    t.ok(count >= 2, "the console has threads beside the main one", count)
    for i in range(count):
        for number in (signal.SIGSEGV, signal.SIGABRT):
            with terminal(arguments=arguments) as tty:
                tty.wait(rb"LIVE", "data that is kept current")
                tty.hit(sorted(tty.threads())[i], number)
                t.ok(tty.end() in (-number, 1), f"{number.name} in thread {i + 1} of {count}: a crash stays a crash")
                restored(t, tty, f"{number.name} in thread {i + 1}")


def early(t):
    """Asked to end before there is anything on the screen."""
    for what in (b"", PASTE_ON, b"TELLERDESK"):
        with terminal() as tty:
            tty.wait(re.escape(what), "so far")
            tty.process.send_signal(signal.SIGTERM)
            status = tty.end()
            # Before main there is nobody to ask.
            t.ok(status == 0 or (not what and status == -signal.SIGTERM), f"TERM after {what!r}: it ends", status)
            t.ok(tty.given_back(), f"TERM after {what!r}: the terminal has its modes")


def stalled(t):
    """A terminal that takes no bytes any more holds up nobody."""
    for number in (signal.SIGTERM, signal.SIGSEGV):
        with terminal(rows=60, columns=200) as tty:
            tty.wait(rb"F12", "the whole first screen")
            # Every resize is a whole frame; at last one does not get through.
            frame = [60]

            def full():
                frame[0] = 119 - frame[0]
                tty.size(frame[0], 200)
                tty.process.send_signal(signal.SIGWINCH)
                return tty.stuck()
            wait_for(full, "a frame that does not get through")
            t.ok(tty.stuck(), f"{number.name}, no reader: it hangs in a write")
            begun = time.monotonic()
            tty.process.send_signal(number)
            tty.end(read=False)
            took = time.monotonic() - begun
            t.ok(took < 10 and tty.process.returncode in (0, -number, 1), f"{number.name}, no reader: it ends all the same",
                 (took, tty.process.returncode))
            while tty.read(0.1):
                pass
            restored(t, tty, f"{number.name}, no reader")


def closed(t):
    """The terminal is gone: a window closed, a line cut."""
    for what, before in (("HUP", lambda: None), ("HUP ignored", lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))):
        tty = Terminal(before=before)
        try:
            tty.wait(rb"F12", "the whole first screen")
            os.close(tty.slave)
            os.close(tty.master)
            t.equal(tty.process.wait(BOUND), 0, f"the terminal closed, {what}: exit 0")
        finally:
            if tty.process.poll() is None:
                tty.process.kill()
            tty.process.wait()


def continued(t):
    """Stopped and continued by others: what they left of the modes and of the screen does not matter."""
    with terminal() as tty:
        tty.wait(rb"F12", "the whole first screen")
        tty.keys(b"1234")
        tty.wait(rb"4", "what was typed")
        ours = termios.tcgetattr(tty.slave)
        tty.process.send_signal(signal.SIGSTOP)
        os.waitpid(tty.process.pid, os.WUNTRACED)
        termios.tcsetattr(tty.slave, termios.TCSANOW, tty.modes)
        tty.seen = b""
        tty.process.send_signal(signal.SIGCONT)
        tty.wait(re.escape(PASTE_ON), "marked pastes again")
        tty.wait(rb"TELLERDESK.*1234.*F12", "the whole screen again")
        t.ok(termios.tcgetattr(tty.slave) == ours, "STOP, CONT: the modes are the console's again")
        tty.keys(b"\x06:quit\r")
        t.equal(tty.end(), 0, "STOP, CONT, quit: exit 0")
        restored(t, tty, "STOP, CONT, quit")
    with terminal() as tty:
        tty.wait(rb"F12", "the whole first screen")
        tty.process.send_signal(signal.SIGSTOP)
        os.waitpid(tty.process.pid, os.WUNTRACED)
        tty.process.send_signal(signal.SIGTERM)
        tty.process.send_signal(signal.SIGCONT)
        t.equal(tty.end(), 0, "STOP, TERM, CONT: exit 0")
        restored(t, tty, "STOP, TERM, CONT")


def background(t):
    """Ended while a shell has the terminal: its modes are the shell's, and it is not stopped for touching them."""
    with window() as tmux:
        before = tmux.shell("stty -a")
        tmux.run(f"clear; {PROGRAM} console --no-ingest --replica {path('r.db')}; echo left $?")
        tmux.wait("TELLERDESK > FIND", "the console")
        tmux.keys(b"\x1a")
        tmux.wait("TELLERDESK >", "the shell", gone=True)
        tmux.run("kill %1; bg %1; wait %1; echo ended $?")
        shown = tmux.wait("ended 0", "its end")
        t.ok("TELLERDESK >" not in shown, "kill of a stopped job: exit 0, and nothing painted", shown)
        t.equal(tmux.shell("stty -a"), before, "kill of a stopped job: stty -a as before")


def slips(t):
    """Ctrl-C and Ctrl-backslash are slips of a hand that copies."""
    with terminal() as tty:
        tty.wait(rb"F12", "the whole first screen")
        tty.keys(b"\x1c\x03")
        tty.wait(rb"leaves at once", "what Ctrl-C is answered")
        t.ok(tty.process.poll() is None, "Ctrl-C does not end it")


def mouse(t):
    clicks = {"xterm-256color": b"\x1b[<0;9;24M\x1b[<0;9;24m", "screen": b"\x1b[M )8\x1b[M#)8"}
    for term, click in clicks.items():
        for way in ("quit", "TERM", "SEGV"):
            with terminal(term=term, arguments=("--no-ingest", "--mouse")) as tty:
                tty.wait(rb"\x1b\[\?(1006;)?1000h", "the mouse is asked for")
                tty.wait(rb"F12", "the whole first screen")
                tty.keys(click)
                tty.wait(rb"Command ==>", "what a click on F2 asks")
                tty.seen = b""
                if way == "quit":
                    tty.keys(b"quit\r")
                else:
                    tty.process.send_signal(getattr(signal, f"SIG{way}"))
                tty.end()
                t.ok(re.search(rb"\x1b\[\?(1006;)?1000l", tty.seen) and tty.given_back(),
                     f"TERM={term}, {way}: a click works, and the mouse is given back", tty.seen[-300:])
    with terminal() as tty:
        tty.wait(rb"F12", "the whole first screen")
        tty.keys(b":quit\r")
        tty.end()
        t.ok(b"?1000" not in tty.seen, "the mouse is the terminal's unless asked for")


def keypad(t):
    """CIFs on the numeric keypad, as terminals send it that were asked for application keys."""
    with terminal() as tty:
        tty.wait(rb"F12", "the whole first screen")
        tty.keys(b"\x1bOt\x1bOw\x1bOq\x1bOq\x1bOM")
        tty.wait(rb"no customer 4711", "the lookup")
        t.ok(True, "the numeric keypad types digits, its Enter sends them")


def colours(t):
    """Colours by what the terminal has, what the environment says, and the theme."""
    colour = rb"\x1b\[[0-9;]*\b([34][0-7]|9[0-7]|[34]8;5;[0-9]+)\b[0-9;]*m"
    cases = (("xterm-256color", {}, (), rb"38;5;63"), ("screen", {}, (), rb"\x1b\[36m"), ("linux", {}, (), rb"\x1b\[36m"),
             ("xterm-256color", {}, ("--theme", "dark"), rb"48;5;234"), ("xterm-256color", {}, ("--theme", "light"), rb"48;5;231"),
             ("xterm-256color", {}, ("--theme", "green"), rb"38;5;40"), ("screen", {}, ("--theme", "green"), rb"\x1b\[32m"),
             ("xterm-256color", {}, ("--theme", "contrast"), rb"48;5;16"), ("xterm-256color", {"NO_COLOR": "1"}, (), None),
             ("xterm-256color", {}, ("--no-color",), None), ("xterm-256color", {}, ("--theme", "mono"), None),
             ("xterm-256color", {"NO_COLOR": "1"}, ("--theme", "dark"), None), ("vt100", {}, (), None), ("vt220", {}, (), None))
    for term, environment, arguments, wanted in cases:
        name = " ".join([f"TERM={term}", *[f"{k}={v}" for k, v in environment.items()], *arguments])
        with terminal(term=term, environment=environment, arguments=("--no-ingest", *arguments)) as tty:
            tty.wait(rb"(?s).*F12", "the whole first screen")
            tty.process.send_signal(signal.SIGWINCH)
            tty.keys(b"\x0c:")
            tty.wait(rb"(?s)(?=.*Command ==>)", "the whole screen again")
            shown = tty.seen
            t.ok(re.search(wanted or colour, shown) if wanted else not re.search(colour, shown),
                 f"{name}: {'its colours' if wanted else 'no colour'}", shown[-1500:])
            t.ok(b"\x1b[2m" not in shown or term != "linux", f"{name}: no dim where it cannot be read")
            print(f"# {name}: colours", flush=True)


def ascii_only(t):
    """A locale without UTF-8 gets ASCII, lines and ellipses too."""
    for term in ("xterm-256color", "linux", "vt100"):
        with terminal(term=term, environment={"LC_ALL": "C"}) as tty:
            tty.wait(rb"-(-{40}|\x1b\[7[0-9]b)", f"{term}: a rule of hyphens")
            tty.keys(b"?")
            tty.wait(rb"HELP", "help")
            tty.keys(b"\x1b:quit\r")
            tty.end()
            t.ok(all(byte < 0x80 for byte in tty.all) and b"\x0e" not in tty.all, f"TERM={term}, LC_ALL=C: ASCII alone", tty.all)


def sizes(t):
    with terminal(environment={"LINES": "10", "COLUMNS": "20"}) as tty:
        tty.wait(rb"TELLERDESK", "the first screen")
        tty.wait(rb"F12", "its last row")
        t.ok(True, "LINES and COLUMNS of the environment do not count")
        tty.size(12, 50)
        tty.wait(rb"The window is 50 x 12", "what a small window says")
        t.ok(True, "a window too small says so")
        tty.size(40, 120)
        tty.wait(rb"TELLERDESK", "the screen again")
        t.ok(True, "and all is there again when it grows")


def suspending(t):
    """Ctrl-Z and fg, under a shell that controls jobs."""
    with window() as tmux:
        tmux.run(f"{PROGRAM} console --no-ingest --replica {path('r.db')}")
        tmux.wait("TELLERDESK > FIND", "the console")
        tmux.keys(b"1234")
        tmux.wait("CIF ==> 1234_", "what was typed")
        tmux.keys(b"\x1a")
        shown = tmux.wait("TELLERDESK >", "the shell again", gone=True)
        t.ok("ready>" in shown, "Ctrl-Z gives the terminal to the shell", shown)
        tmux.run("fg")
        tmux.wait("CIF ==> 1234_", "the console as it was")
        t.ok(True, "fg shows it as it was")
        tmux.tmux("send-keys", "F2")
        tmux.wait("Command ==>", "F2 as tmux sends it")
        tmux.keys(b"quit\r")
        shown = tmux.wait("TELLERDESK >", "the shell at last", gone=True)
        t.ok("ready>" in shown, "the shell's own screen is back", shown)


def storm(t):
    """Two hundred sizes in a row, some too small: the last one is what counts, and all of it is right."""
    with window(environment={"TELLERDESK_NOW": "2026-11-20T07:02:33Z", "LINES": "7", "COLUMNS": "33"}) as tmux:
        tmux.run(f"{PROGRAM} console --no-ingest --replica {path('r.db')}")
        tmux.wait("TELLERDESK > FIND", "the console")
        tmux.keys(b"47")
        tmux.wait("CIF ==> 47_", "what was typed")
        for i in range(200):
            tmux.size(10 + i * 7 % 50, 40 + i * 13 % 160)
        tmux.size(24, 80)
        shown = tmux.wait("CIF ==> 47_", "the console as it was")
        wait_for(lambda: len(tmux.screen().rstrip("\n").split("\n")) == 24, "the last row")
        shown = tmux.screen()
        tmux.keys(b"\x0c:")
        tmux.wait("Command ==>", "painted again")
        tmux.keys(b"\x1b")
        again = tmux.wait("Command ==>", "as before", gone=True)
        rows = shown.rstrip("\n").split("\n")
        t.equal(shown, again, "after 200 sizes the screen is what it is when painted again")
        t.ok(rows[0].startswith(" TELLERDESK > FIND") and rows[-1].startswith(" F1Help") and len(rows[2]) == 80,
             "after 200 sizes the screen is right", shown)


def busy(t):
    """Resized while ingest runs and the bank changes; what was typed and who is shown stay."""
    bank = path("busy.db")
    made = desk("generate", "--to", f"bank:{bank}", "--customers", "200", "--delay", "0s", "-q")
    t.ok(made.status == 0, "a bank that changes", made)
    with window() as tmux, running("generate", "--to", f"bank:{bank}", "--customers", "0", "--changes", "200/s", "--for", "120s", "-q"):
        tmux.run(f"{PROGRAM} console --source bank:{bank} --replica {path('busy-replica.db')}")
        tmux.wait("LIVE", "data that is kept current")
        cif = read_bank(bank, "SELECT cif FROM customer_info ORDER BY cif LIMIT 1")[0][0]
        tmux.keys(f"{cif}\r".encode())
        tmux.wait("TELLERDESK > CIF", "a customer")
        for rows, columns in ((16, 60), (40, 120), (60, 200), (15, 59), (24, 80)) * 4:
            tmux.size(rows, columns)
            small = rows < 16
            tmux.wait("It needs 60 x 16" if small else f"CIF ==> {cif}", f"{columns}x{rows}")
            if not small:
                wait_for(lambda: "F1Help" in tmux.screen().rstrip("\n").split("\n")[-1] and
                         len(tmux.screen().rstrip("\n").split("\n")) == rows, f"{columns}x{rows}: the last row at its place")
        t.ok(True, "resized twenty times while ingest runs: the customer stays, every size is whole")
        tmux.keys(b":quit\r")
        tmux.wait("TELLERDESK >", "the shell", gone=True)
        t.ok(True, "and it leaves")


def hostile(t):
    """Nothing in the data reaches a terminal of any type as it is."""
    bank = make_bank("hostile.db", 2)
    write_bank(bank, "DELETE FROM bank_product", "DELETE FROM customer_asset", "DELETE FROM customer_info",
               ("INSERT INTO customer_info (cif, name, address, city) VALUES (31, CAST(? AS TEXT), CAST(? AS TEXT), 'X')",
                (b"cr\rOVER\x1b[2J\x1b]0;x\x07\x0e\x9b2J", "c1 \u009b2J\u009d0;y\u0007 \u202eover".encode())))
    ingest(bank, path("hostile-replica.db"))
    for term in ("xterm-256color", "screen", "linux", "vt100", "vt220", "dumb"):
        with terminal(term=term, arguments=("--no-ingest", "--replica", path("hostile-replica.db"))) as tty:
            tty.wait(rb"F12", "the whole first screen")
            tty.seen = tty.all = b""
            tty.keys(b"31\r")
            tty.wait(rb"OVER.*F11", "the customer")
            bad = [what for what in (b"\rOVER", b"\x1b]0", b"\x07", b"\x0e", b"\x9b2J", b"\xc2\x9b", b"\xc2\x9d", b"\xe2\x80\xae")
                   if what in tty.all]
            t.equal(bad, [], f"TERM={term}: no byte of the data moves anything", tty.all)


def floods(t):
    with terminal() as tty:
        tty.wait(rb"F12", "the whole first screen")
        begun = time.monotonic()
        tty.keys(b"\x1b[200~" + b"7" * 1_000_000 + b"\x1b[201~")
        tty.wait(rb"777", "the paste in the field")
        tty.keys(b"\x06" + b"4711\r")
        tty.wait(rb"no customer 4711", "the lookup after it")
        t.ok(True, "a marked paste of a megabyte is one field's worth, and the next lookup works")
        marked = time.monotonic() - begun
        t.ok(marked < 5, "the paste is there at once", marked)
        tty.keys(b"8" * 1_000_000)
        tty.keys(b"\x06" + b"4712\r")
        tty.wait(rb"customer 4712|4712", "the lookup after it")
        t.ok(True, "so is an unmarked one, of which every byte is a key")
        print(f"# a megabyte: {marked:.1f} s as a marked paste, {time.monotonic() - begun - marked:.1f} s as keys", flush=True)
        # What is sent is what differs from the screen before: four other digits each.
        digits = b"1234567890"
        tty.keys(b"".join(b"%c%c%c%c\r" % (d, d, d, d) for d in digits))
        for d in digits:
            tty.wait(b"%c%c%c%c" % (d, d, d, d), f"customer {chr(d) * 4} of ten")
        t.ok(tty.process.poll() is None, "ten lookups typed without waiting, each is painted, in order")


with tap() as t:
    bank = make_bank("bank.db", 20)
    made = desk("ingest", "--once", "-q", "--source", f"bank:{bank}", "--replica", path("r.db"))
    t.ok(made.status == 0, "a replica to look at", made)
    for test in (leaving, signals, threads, early, stalled, closed, continued, background, slips, mouse, keypad,
                 colours, ascii_only, sizes, suspending, storm, busy, hostile, floods):
        try:
            test(t)
        except TimeoutError as error:
            t.ok(False, f"{test.__name__}: {error}")
