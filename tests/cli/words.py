#!/usr/bin/python3
"""Languages: the catalogues of po/ are whole, current and fit; people are told in theirs, programs always the same."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import *  # noqa: E402,F403
from po import *  # noqa: E402,F403

BUILDDIR = os.environ.get("BUILDDIR", os.path.join(SRCDIR, "build"))
NOW = {"TELLERDESK_NOW": "2099-01-01T00:00:00Z"}
ENGLISH = re.compile(r"\bcould not\b|\bhint: |\bthe replica\b|\bcustomers\b")


# ---- the catalogues ----

def faults(entry):
    """What is wrong with a translation, in words."""
    found = []
    if entry.obsolete:
        return ["a text that is gone"]
    if entry.fuzzy:
        found.append("fuzzy")
    for form in entry.forms:
        english = entry.many if entry.many is not None and entry.forms.index(form) > 0 else entry.english
        if not form:
            found.append("not translated")
            continue
        if entry.format and conversions(form) != conversions(english):
            found.append(f"conversions: {conversions(form)} not {conversions(english)}")
        if re.match(r"\s*", form).group() != re.match(r"\s*", english).group():
            found.append("it begins with other blanks")
        if re.search(r"\s*$", form).group() != re.search(r"\s*$", english).group():
            found.append("it ends with other blanks")
        if entry.cell is not None and cells(filled(form)) > entry.cell:
            found.append(f"{cells(filled(form))} cells wide, not {entry.cell}: {form!r}")
        if "  " in form.strip() and "  " not in english.strip():
            found.append("two blanks")
        if any(ord(c) < 32 and c != "\n" or 0x7F <= ord(c) < 0xA0 or 0x200B <= ord(c) <= 0x200F for c in form):
            found.append("a character nobody sees")
    return found


def whole(t, language, entries, template):
    bad = [f"{e.english!r}: {', '.join(faults(e))}" for e in entries if faults(e)]
    t.ok(not bad, f"{language}: every text is translated, with its conversions and blanks, and fits its cell", "\n".join(bad))
    t.equal([e.english for e in entries if not e.obsolete], [e.english for e in template], f"{language}: has the texts of the template")
    t.ok(len(entries) > 300, f"{language}: the texts are many")
    plural = [e for e in entries if e.many is not None]
    t.ok(plural and len({len(e.forms) for e in plural}) == 1, f"{language}: has as many plural forms everywhere")


def typography(t, entries):
    """French: guillemets with a space that does not break, and such a space before high punctuation."""
    bad = []
    for e in entries:
        for form in e.forms:
            if re.search(r"«(?!\u00a0)|(?<!\u00a0)»|(?<=\S) [;?!:](?=\s|$)", form):
                bad.append(form)
    t.ok(not bad, "fr: spaces within guillemets and before ; ? ! : do not break", "\n".join(bad))


def current(t):
    copy = path("po")
    shutil.copytree(os.path.join(SRCDIR, "po"), copy)
    done = subprocess.run(["make", "-s", "-C", BUILDDIR, "update-po", f"words={copy}"], capture_output=True, text=True, check=False,
                          timeout=BOUND, env=dict(os.environ, MAKEFLAGS=""))
    changed = subprocess.run(["diff", "-ru", os.path.join(SRCDIR, "po"), copy], capture_output=True, text=True, check=False)
    t.ok(done.returncode == 0 and changed.returncode == 0, "`make update-po` has nothing to change", done.stderr + changed.stdout[:4000])


def template_of_sources(t, template):
    bad = [e.english for e in template if "<PRI" in e.english or "\r" in e.english or any(ord(c) > 126 for c in e.english)]
    t.ok(not bad, "no text has a conversion of inttypes.h, a return or a character beyond ASCII", bad)
    with open(os.path.join(SRCDIR, "Makefile.am"), encoding="utf-8") as f:
        listed = re.search(r"^words_functions = ((?:.*\\\n)*.*)$", f.read(), re.M).group(1)
    names = re.findall(r"(\w+):\d", listed)
    sources = "".join(open(os.path.join(base, f), encoding="utf-8").read() for folder in ("src", "ui")
                      for base, _, files in os.walk(os.path.join(SRCDIR, folder)) for f in files if f.endswith(".c"))
    gone = [n for n in names if not re.search(rf"\b{n}\(", sources)]
    t.ok(len(names) > 10 and not gone, "every function whose texts are extracted is called", gone)


# ---- what programs read ----

def questions(replica, cif, bank):
    """Commands that answer, with the formats that must not change."""
    ask = ("--replica", replica)
    for form in ("text", "json", "csv"):
        yield "lookup", cif, *ask, "--format", form
        yield "lookup", "999", *ask, "--format", form
        yield "lookup", cif, "--as-of", "-1d", *ask, "--format", form
        yield "search", "a", *ask, "--format", form
        yield "history", cif, *ask, "--format", form
        yield "stores", "--window", "1h", *ask, "--format", form
        yield "status", *ask, "--format", form
        yield "check", *ask, "--format", form
        yield "export", "--entity", "customer", *ask, "--format", form
    for form in ("json", "csv"):
        yield "check-source", "--source", f"bank:{bank}", *ask, "--format", form
    yield "config", "validate", *ask, "--json"
    yield "dump", *ask
    yield "--version",


def same_answers(t, languages, replica, cif, bank):
    for language in languages:
        for words in questions(replica, cif, bank):
            plain = desk(*words, environment=NOW)
            told = desk(*words, environment={**NOW, "TELLERDESK_LANGUAGE": language})
            t.ok(plain.raw and told.raw == plain.raw and told.status == plain.status,
                 f"{language}: the same bytes and status: {' '.join(words[:-1])[:60]}", f"{plain}\n{told}")


# ---- what people read ----

def mistakes(replica):
    ask = ("--replica", replica)
    yield "lookup", "abc", *ask
    yield "lookup", *ask
    yield "lookup", "1", "--as-of", "2026-13-01", *ask
    yield "lookup", "1", "--zone", "Mars/Olympus", *ask
    yield "lookup", "1", "--as-off", "now", *ask
    yield "lokup",
    yield "status", "--format", "xml", *ask
    yield "status", "--replica", path("gone.db")
    yield "history", "1", "--entity", "shoes", *ask
    yield "stores", "--window", "7s", *ask
    yield "ingest", "--source", "oracle://x", "--replica", path("none.db")
    yield "ingest", "--source", "mysql://teller:secret@host/db", "--replica", path("none.db")
    yield "ingest", "--once", "--source", f"bank:{path('gone')}", "--replica", path("none.db")
    yield "ingest", "--source", f"csv:{FOLDER}", "--model", "atlantis", "--replica", path("none.db")
    yield "resync", "--adopt-model", *ask
    yield "console", *ask
    yield "generate",
    yield "lookup", "1", "--max-age", "1s", *ask


def told_in_theirs(t, languages, replica):
    for language in languages:
        for words in mistakes(replica):
            english = desk(*words, environment=NOW)
            told = desk(*words, environment={**NOW, "TELLERDESK_LANGUAGE": language})
            said = told.err.startswith("tellerdesk: ") and told.err != english.err and not ENGLISH.search(told.err)
            same = told.status == english.status and told.out == english.out and told.err.count("\n") == english.err.count("\n")
            t.ok(english.status != 0 and said and same, f"{language}: said in their language: {' '.join(words[:3])}", f"{english}\n{told}")
        helps = [desk(c, "--help").out for c in ("lookup", "generate", "console", "ingest")]
        theirs = [desk(c, "--help", "--language", language).out for c in ("lookup", "generate", "console", "ingest")]
        known = {line for out in helps for line in out.splitlines() if re.search(r"[a-z]{3,} [a-z]{3,}", line[20:])}
        left = [line for out in theirs for line in out.splitlines() if line in known]
        t.ok(all(theirs) and not left, f"{language}: nothing of --help stays English", "\n".join(left))
        t.ok(all(cells(line) <= 79 for out in theirs for line in out.splitlines()), f"{language}: --help is no wider than a terminal")
        listed = desk("--help", "--language", language).out
        widest = max(map(cells, desk("--help").out.splitlines()))
        t.ok(listed and all(cells(line) <= widest for line in listed.splitlines()),
             f"{language}: the list of commands is no wider than in English", listed)


def which_language(t, replica):
    """LC_ALL, LANGUAGE, the setting and the option, whatever locales the system has."""
    french, ascii_french = "réplica", "replica"
    cases = [
        ({"LC_ALL": "C.UTF-8"}, (), "could not"),
        ({"LC_ALL": "C"}, (), "could not"),
        ({"LC_ALL": "C.UTF-8", "LANGUAGE": "fr"}, (), "could not"),
        ({"LC_ALL": "", "LC_MESSAGES": "fr_FR.UTF-8", "LC_CTYPE": "C.UTF-8"}, (), french),
        ({"LC_ALL": "", "LANG": "de_DE.UTF-8", "LANGUAGE": "de:fr", "LC_CTYPE": "C.UTF-8"}, (), french),
        ({"LC_ALL": "fr_FR.UTF-8", "TELLERDESK_LANGUAGE": "en"}, (), "could not"),
        ({"LC_ALL": "C.UTF-8", "TELLERDESK_LANGUAGE": "fr"}, (), french),
        ({"LC_ALL": "C.UTF-8", "TELLERDESK_LANGUAGE": "fr"}, ("--language", "id"), "tidak dapat"),
        ({"LC_ALL": "C.UTF-8"}, ("--language=fr",), french),
        ({"LC_ALL": "C"}, ("--language=fr",), ascii_french),
        ({"LC_ALL": "C.UTF-8"}, ("--language=fr", "--ascii"), ascii_french),
        ({"LC_ALL": "C.UTF-8"}, ("--config", path("fr.conf")), french),
    ]
    with open(path("fr.conf"), "w", encoding="utf-8") as f:
        f.write("[tellerdesk]\nlanguage = fr\n")
    for environment, words, said in cases:
        result = desk("status", "--replica", path("gone.db"), *words, environment=environment)
        plain = "ASCII" if said == ascii_french and "impossible" in result.err else ""
        t.ok(said in result.err and (not plain or result.err.isascii()), f"{environment} {' '.join(words)} says \"{said}\" {plain}", result)
    result = desk("status", "--language", "xx", environment={"LC_ALL": "C.UTF-8"})
    t.ok(result.status == 2 and "could not" in result.err and "fr" in result.err, "a language there is not is refused", result)


def kept_in_english(t, bank, replica):
    """What is written down is not in the language of who happened to start it."""
    log = path("log")
    told = desk("ingest", "-v", "--once", "--source", f"bank:{bank}", "--replica", replica, environment={"TELLERDESK_LANGUAGE": "fr"})
    t.ok("fini à la position" in told.err, "fr: narration on stderr", told)
    desk("ingest", "-v", "--once", "--source", f"bank:{bank}", "--replica", replica, "--log", log, environment={"TELLERDESK_LANGUAGE": "fr"})
    with open(log, encoding="utf-8") as f:
        text = f.read()
    t.ok("done at position" in text and "fini" not in text, "fr: a file of the log is English", text)
    os.rename(bank, bank + ".away")
    def trouble():
        source = desk("status", "--json", "--replica", replica, environment={"TELLERDESK_LANGUAGE": "fr"}).json()["sources"][0]
        return source["error"], source["hint"]
    with running("ingest", "--language", "fr", "--replica", replica) as service:
        wait_for(lambda: trouble()[0], "the service tells its error")
        error, hint = trouble()
        status, _, err = terminate(service)
    os.rename(bank + ".away", bank)
    t.ok(error.startswith("could not open bank ") and hint.startswith("make one: "), "fr: the replica keeps what went wrong in English",
         f"{error}\n{hint}")
    t.ok(status == 0 and "impossible d'ouvrir la banque" in err and "créez-en une" in err, "fr: its service says it in French", err)
    finding = desk("check-source", "--source", f"bank:{path('gone')}", "--replica", replica, environment={"TELLERDESK_LANGUAGE": "fr"})
    t.ok("impossible" in finding.err, "fr: a preflight that could not be made", finding)
    with sqlite3.connect(bank) as db:
        db.execute("ALTER TABLE customer_info RENAME COLUMN city TO town")
    found = {f: desk("check-source", "--source", f"bank:{bank}", "--replica", replica, "--format", f, environment={"TELLERDESK_LANGUAGE": "fr"})
             for f in ("text", "json")}
    t.ok("la table n'a pas cette colonne" in found["text"].out and "refus" in found["text"].out, "fr: findings for people", found["text"])
    t.ok("the table has no such column" in found["json"].out and '"refuse"' in found["json"].out.replace(" ", ""),
         "fr: findings for programs", found["json"])


def main():
    with tap() as t:
        template = read(os.path.join(SRCDIR, "po", "tellerdesk.pot"))[1:]
        languages = catalogues(SRCDIR)
        t.equal(sorted(languages), ["fr", "id"], "there are French and Indonesian")
        for language, entries in languages.items():
            whole(t, language, entries, template)
        typography(t, languages["fr"])
        template_of_sources(t, template)
        current(t)
        bank, replica = make_bank("bank.db"), path("replica.db")
        ingest(bank, replica)
        cif = str(read_bank(bank, "SELECT min(cif) FROM customer_info")[0][0])
        same_answers(t, languages, replica, cif, bank)
        told_in_theirs(t, languages, replica)
        which_language(t, replica)
        kept_in_english(t, bank, replica)


main()
