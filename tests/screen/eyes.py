"""Reads a dumped screen as a person does: header, tables, the selected row, the keys; and what is wrong with it.

    screen = Screen(rows, roles, cursor, 80, 24)
    screen.code, screen.age         "CIF", "OFFLINE since 14:02"
    screen.table()                  the first table: columns by title, rows, the selected one
    screen.place()                  (3, 300) of "3 of 300"
    screen.holds(b"\\xffname")      that value, as it must be shown: whole, or cut with an ellipsis
    faults(screen, ascii=True)      what no screen may be, whatever it shows: a list of sentences

Nothing here knows where a pane puts its parts. Columns are found by the roles of their headings, a value by
its text, the selected row by its mark.
"""

import ctypes
import functools
import locale
import os
import re
import unicodedata

locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
LIBC = ctypes.CDLL(None)
LIBC.wcwidth.argtypes = [ctypes.c_wchar]

REPLACEMENT = "\ufffd"
ELLIPSIS = {False: "\u2026", True: "~"}
MARKS = 4  # on one base; the next ones stand for themselves
LEAST = (60, 16)  # what is smaller shows a word instead
AGE = re.compile(r"(LIVE|LAG|STALE) \d+(ms|s|m|h|d)|OFFLINE( since (\d\d-\d\d )?\d\d:\d\d)?|SNAPSHOT( \d+ ?%)?|REFUSED|NO DATA")
WORDS = re.compile(r"\b(no|none|nobody|nothing|not|never|type|reading|counting)\b", re.I)
LEAVING = ("F1", "F12")  # keys that must be told everywhere
BOX = range(0x2500, 0x2580)


@functools.lru_cache(maxsize=None)
def width(c):
    """Cells of a character as the C library counts them; -1: it is none that can be shown."""
    return 1 if " " <= c <= "~" else LIBC.wcwidth(c)


@functools.lru_cache(maxsize=None)
def is_mark(c):
    return unicodedata.category(c) in ("Mn", "Me")


@functools.lru_cache(maxsize=None)
def harmful(c):
    """What may not reach a terminal: it moves the cursor, turns the direction, or cannot be seen."""
    return c != REPLACEMENT and (unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn") or
                                 c in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0" or "\ufe00" <= c <= "\ufe0f" or
                                 "\u180b" <= c <= "\u180f" or "\U000e0000" <= c <= "\U000e0fff")


def decoded(raw):
    """The characters of bytes, where each byte that is no UTF-8 counts as one (U+FFFD)."""
    out, at = [], 0
    while at < len(raw):
        for n in (1, 2, 3, 4):
            try:
                out.append(raw[at:at + n].decode("utf-8"))
                at += n
                break
            except UnicodeDecodeError:
                continue
        else:
            out.append(REPLACEMENT)
            at += 1
    return out


def shown(value, ascii=False):
    """A value as it must stand on the screen, without its combining marks; what those that are too many leave stays."""
    out, marks, base = [], 0, False
    for c in decoded(value if isinstance(value, bytes) else value.encode()):
        if ascii:
            out.append(c if " " <= c <= "~" else "?")
        elif harmful(c) or c == REPLACEMENT:
            out.append(REPLACEMENT)
            marks, base = 0, True
        elif not is_mark(c):
            out.append(c)
            marks, base = 0, True
        elif not base or marks == MARKS:
            out.append(REPLACEMENT)
            marks, base = 0, True
        else:
            marks += 1
    return "".join(out)


def bare(text):
    return text if text.isascii() else "".join(c for c in text if not is_mark(c))


def cells(text):
    return len(text) if text.isascii() else sum(max(width(c), 0) for c in text)


def is_cut_of(text, whole, room, ascii=False):
    """text is whole, or as much of it as fits in so many cells, and an ellipsis."""
    text = text.rstrip(" ")
    if text == whole.rstrip(" "):
        return cells(whole.rstrip(" ")) <= room
    if not text.endswith(ELLIPSIS[ascii]):
        return False
    kept = text[:-1]
    # A wide character, or a flag of two, may not fit into what is left.
    return whole.startswith(kept.rstrip(" ")) and cells(whole) > room - 1 and cells(kept) >= min(room, cells(whole)) - 5


class Table:
    """Columns: title -> (column, width). rows: y. selected: y or None."""

    def __init__(self, y, columns, rows, selected):
        self.y, self.columns, self.rows, self.selected = y, columns, rows, selected

    def column(self, title):
        """A sign of the order may follow the title; at the edge it may be cut."""
        for name, place in self.columns.items():
            if name == title or re.fullmatch(re.escape(title) + r" *[^\w. ]+", name):
                return place
        return None


class Screen:
    def __init__(self, rows, roles, cursor, columns, lines, name=""):
        self.rows, self.roles, self.cursor, self.name = rows, roles, cursor, name
        self.w, self.h = columns, lines

    def __str__(self):
        return f"{self.name} ({self.w}x{self.h}, cursor {self.cursor})\n" + "\n".join(f"|{row}" for row in self.rows)

    @functools.cached_property
    def grid(self):
        """What stands in each cell: a character with its marks; "" in the second cell of a wide one."""
        out = []
        for row in self.rows:
            if row.isascii():
                out.append(list(row.ljust(self.w)))
                continue
            line = []
            for c in row:
                n = width(c)
                if n == 0 and line:
                    line[-1] += c
                else:
                    line.append(c)
                    line.extend([""] * (n - 1))
            out.append(line + [" "] * (self.w - len(line)))
        return out

    @functools.cached_property
    def plain(self):
        """The rows without marks."""
        return [bare(row) for row in self.rows]

    def text(self, y, x, w):
        """Cells of a row, without marks."""
        if self.rows[y].isascii():
            return self.rows[y][x:x + w].ljust(min(w, self.w - x))
        return bare("".join(self.grid[y][x:x + w]))

    @property
    def still(self):
        """The rows, but for the room on the disk, which is nobody's to keep."""
        return [re.sub(r"[\d.,]+ .?B free", "room", row) for row in self.rows]

    @property
    def code(self):
        found = re.match(r" ?TELLERDESK > ([A-Z]+)\b", self.rows[0])
        return found.group(1) if found else None

    @property
    def age(self):
        """The words at the end of the first row."""
        found = [m for m in AGE.finditer(self.rows[0]) if m.end() == len(self.rows[0].rstrip())]
        return found[0].group(0) if found else None

    @property
    def body(self):
        """Rows of the pane: without header, field, message and keys."""
        return self.rows[2:-2]

    @property
    def message(self):
        return self.rows[-2].strip()

    def says(self, words):
        return any(words in row for row in self.rows)

    def place(self):
        """(n, of) of "3 of 300" on the second row."""
        found = re.search(r"(\d[\d,]*) of (\d[\d,]*)\s*$", self.rows[1])
        return tuple(int(n.replace(",", "")) for n in found.groups()) if found else None

    def runs(self, y, letters):
        """[(x, width)] of the cells of a row that have one of these roles, each run of one role."""
        return [(m.start(), len(m.group(0))) for letter in letters for m in re.finditer(f"{re.escape(letter)}+", self.roles[y])]

    def table(self, title=None):
        """The first table, or the one with such a column; None where there is none."""
        for y in range(2, self.h - 2):
            columns = {self.text(y, x, w).strip(): (x, w) for x, w in self.runs(y, "hs")} if "h" in self.roles[y] else {}
            columns.pop("", None)
            first = min((x for x, _ in columns.values()), default=0)
            if "l" in self.roles[y + 1][max(first - 3, 0):first] or self.roles[y + 1][first] == "o":
                continue  # fields with their labels, old and new: nothing to choose from
            if columns and (title is None or any(name.startswith(title) for name in columns)):
                return self._table(y, columns)
        return None

    def _table(self, y, columns):
        first = min(x for x, _ in columns.values())
        w = next(n for x, n in columns.values() if x == first)
        rows = []
        while y + 1 + len(rows) < self.h - 2:
            at = y + 1 + len(rows)
            # A blank row ends it, or what stands below: a title, labels, an axis, a sentence over all columns.
            before, behind = self.roles[at][max(first - 1, 0)], self.roles[at][min(first + w, self.w - 1)]
            if not self.text(at, max(first - 1, 0), w + 1).strip() or self.roles[at][first] in "Tl_m" or \
                    before not in ".s" or len(columns) > 1 and behind not in ".s":
                break
            rows.append(at)
        marked = [r for r in rows if first and self.grid[r][first - 1] == ">"]
        return Table(y, columns, rows, marked[0] if marked else None)

    def cell(self, table, y, title):
        x, w = table.column(title)
        return self.text(y, x, w).rstrip()

    def record(self):
        """Labels of fields ("Name . . ."): label -> column it begins at."""
        out = {}
        for y in range(2, self.h - 2):
            for found in re.finditer(r"(?:^|(?<=[ >]))([A-Za-z][A-Za-z .-]*?) *(?:\. )+", self.plain[y]):
                out.setdefault(found.group(1).strip(), (y, found.start(1)))
        return out


def holds(screens, value, ascii=False, least=8):
    """One of the screens shows the value: whole, or at least the beginning and an ellipsis."""
    raw = value if isinstance(value, bytes) else value.encode()
    whole = shown(raw, ascii).rstrip(" ")
    begin = next((n for n in range(1, len(whole) + 1) if cells(whole[:n]) >= least), len(whole))
    cut = re.compile("(?=" + re.escape(whole[:begin]) + r"(?s:(.*?)) *" + re.escape(ELLIPSIS[ascii]) + ")")
    for screen in screens:
        for text in screen.plain[2:-1]:
            if whole.strip() and whole in text or any(whole[begin:].startswith(found.group(1)) for found in cut.finditer(text)):
                return True
    # A line end in a value that takes rows is one of them.
    return wrapped(screens, whole) or wrapped(screens, shown(raw.replace(b"\n", b""), ascii))


def solid(text):
    """Without blanks, and of what stands in for many characters but one."""
    return re.sub(r"([\ufffd?])\1+", r"\1", text.replace(" ", "").replace("\u3000", ""))


def wrapped(screens, whole):
    """A long value takes rows, each from the column it began at or from the edge, broken at blanks or anywhere, over pages."""
    wanted = solid(whole)
    return bool(wanted) and any(goes_on(screens, screen, y, x, wanted) for screen in screens for y in range(3, screen.h - 1)
                                for x in starts(screen, y, wanted))


def piece(screen, y, x):
    """What stands from a column on, up to what stands beside it."""
    return solid(re.split(r"   ", screen.text(y, x, screen.w - x), maxsplit=1)[0])


def goes_on(screens, screen, y, x, wanted):
    """From that place on all of it can be put together from pieces at the beginnings of lines."""
    rest = wanted[len(os.path.commonprefix([piece(screen, y, x), wanted])):]
    pieces = {piece(s, line, at) for s in screens for line in range(3, s.h - 1) for at in {x, 1}} if rest else ()
    while rest:
        before = wanted[:len(wanted) - len(rest)][-1:]
        # Of a run of stand-ins that is broken each line has its own.
        taken = max(len(os.path.commonprefix([p[1:] if p[:1] == before and before in "\ufffd?" else p, rest])) for p in pieces)
        if not taken:
            return False
        rest = rest[taken:]
    return True


def starts(screen, y, wanted):
    """Columns at which such a value may begin."""
    cell = [bare(c) for c in screen.grid[y]]
    return [x for x, c in enumerate(cell) if c == wanted[0] and wanted.startswith(solid("".join(cell[x:x + 9]))[:2])]


def faults(screen, ascii=False, accessible=False):
    """What no screen may be."""
    out = []
    if len(screen.rows) != screen.h:
        return [f"{len(screen.rows)} rows instead of {screen.h}"]
    for y, row in enumerate(screen.rows):
        if row.isascii() and row.isprintable() and len(row) <= screen.w:
            continue
        found = sorted({f"U+{ord(c):04X}" for c in row if harmful(c)})
        if found:
            out.append(f"row {y} has {' '.join(found)}")
        if cells(row) > screen.w:
            out.append(f"row {y} has {cells(row)} cells instead of {screen.w}")
        if any(width(c) < 0 for c in row):
            out.append(f"row {y} has what cannot be shown")
        if ascii and not all(" " <= c <= "~" for c in row):
            out.append(f"row {y} is not ASCII: {row}")
        if accessible and any(ord(c) in BOX for c in row):
            out.append(f"row {y} has lines")
    if out:
        return out
    y, x = screen.cursor
    if not (0 <= y < screen.h and 0 <= x < screen.w):
        out.append(f"the cursor is outside: {screen.cursor}")
    if screen.w < LEAST[0] or screen.h < LEAST[1]:
        if not any(re.search(rf"\b{screen.w}\b.*\b{screen.h}\b", row) or row.endswith(ELLIPSIS[ascii]) for row in screen.rows[:1]):
            out.append("a small window does not tell its size")
        return out
    return out + frame_faults(screen, accessible) + table_faults(screen)


def frame_faults(screen, accessible):
    out = []
    if not screen.code:
        out.append(f"no code: {screen.rows[0]}")
    if not screen.age:
        out.append(f"no age: {screen.rows[0]}")
    elif screen.age.split()[0] not in ("LIVE",) and screen.age.split()[0] not in screen.rows[0][:screen.rows[0].rindex(screen.age)]:
        out.append(f"past the threshold the title does not say it: {screen.rows[0]}")
    if accessible and re.search(r"\d\d:\d\d:\d\d", screen.rows[0]):
        out.append(f"a clock ticks: {screen.rows[0]}")
    last = screen.h - 1
    told = [screen.text(last, x, w) for x, w in screen.runs(last, "k")]
    for key in LEAVING:
        if key not in told:
            out.append(f"the keys do not tell {key}: {screen.rows[last]}")
    for x, w in screen.runs(last, "k"):
        if screen.roles[last][x + w:x + w + 1] != "K" or not screen.text(last, x + w, 1).strip():
            out.append(f"{screen.text(last, x, w)} has no label: {screen.rows[last]}")
    return out


def table_faults(screen):
    """The row that is selected has a mark, and the cursor unless a field has the focus."""
    table = screen.table()
    if table is None or not table.rows:
        return []
    first = min(x for x, _ in table.columns.values())
    marks = [y for y in table.rows if first and screen.grid[y][first - 1] == ">"]
    y, x = screen.cursor
    if len(marks) != 1:
        return [f"{len(marks)} rows are marked as selected"]
    # A menu that lies over it has a mark and the cursor of its own; a line in the focus is in reverse.
    if y != marks[0] and screen.grid[y][x] != ">" and screen.roles[y][x] != "s" and screen.roles[y][min(x, screen.w - 1)] not in "fT" and screen.roles[y][max(x - 1, 0)] not in "fT":
        return [f"the cursor is neither on the selected row nor in a field: {screen.cursor}"]
    return []
