"""Reading the catalogues of po/: what words.py and the screens' languages.py share."""

import os
import re
import unicodedata

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def unquoted(text):
    inner = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text))
    return re.sub(r"\\(.)", lambda m: ESCAPES[m.group(1)], inner)


class Entry:
    def __init__(self, block):
        fields, field, self.notes = {}, None, []
        for line in block.split("\n"):
            m = re.match(r"(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?) (\".*)$", line)
            if line.startswith("#"):
                self.notes.append(line)
            elif m:
                field = m.group(1)
                fields[field] = m.group(2)
            elif line:
                fields[field] += line
        self.english = unquoted(fields.get("msgid", '""'))
        self.many = unquoted(fields["msgid_plural"]) if "msgid_plural" in fields else None
        self.forms = [unquoted(fields[f]) for f in sorted(fields) if f.startswith("msgstr")]
        self.format = not any(re.match(r"#,.*\bno-c-format\b", n) for n in self.notes)
        self.obsolete = block.startswith("#~")
        self.fuzzy = any(re.match(r"#,.*\bfuzzy\b", n) for n in self.notes)
        cell = [re.match(r"#\. xgettext: cell (\d+)", n) for n in self.notes]
        self.cell = min([int(m.group(1)) for m in cell if m], default=None)


def read(path):
    with open(path, encoding="utf-8") as f:
        return [Entry(block) for block in re.split(r"\n\n+", f.read().strip())]


def catalogues(srcdir):
    """{language: entries without the header}"""
    folder = os.path.join(srcdir, "po")
    return {name[:-3]: read(os.path.join(folder, name))[1:] for name in sorted(os.listdir(folder)) if name.endswith(".po")}


def conversions(text):
    """In the order of what they are filled with: %2$s is the second."""
    found = re.findall(r"%(?:(\d+)\$)?([-+ #0-9.*]*(?:hh|h|ll|l|j|z|t|L)?[a-zA-Z%])", text)
    return ["%" + c for _, c in sorted(found, key=lambda f: int(f[0] or 0))]


def filled(text):
    """As wide as it gets where the width is known: %02d is two cells, %% one."""
    return re.sub(r"%(?:\d+\$)?0(\d)d|%(%)", lambda m: "0" * int(m.group(1) or 1), text)


def cells(text):
    wide = 0
    for c in text:
        if unicodedata.combining(c) or unicodedata.category(c) in ("Cf", "Mn", "Me"):
            continue
        wide += 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1
    return wide
