#!/usr/bin/python3
"""A monkey at the keyboard: keys, pastes, windows and hours by lot; whatever it does, every screen is one that may be.

    monkey.py [--steps N] [--seeds N] [--seed N]        --seed: the first of the seeds

The seed is printed: the same one does the same again.
"""

import random


from banks import CIF, make
from desk import *  # noqa: F403
from eyes import faults
from play import Script

STEPS, SEEDS, SEED = numbers(steps=2000, seeds=3, seed=1)
LOOK = 50  # steps between two looks

NAMED = ("Enter Esc Tab Shift-Tab Up Down Left Right PgUp PgDn Home End Backspace Delete Space "
         "F1 F2 F4 F5 F6 F7 F8 F9 F10 F11 F12 F24 Ctrl-F Ctrl-L Ctrl-U Ctrl-D Ctrl-E Ctrl-A Ctrl-K Ctrl-R Ctrl-N Ctrl-P").split()
LETTERS = "abcdefghijklmnoprstuvwxzABCDEFGHIJKLMNOPRSTUVWXZ0123456789?:/+-*&!#%,.;=<>()[]{}é山ש"  # q, y: it would leave, and does so below
LINES = (f"F2 {CIF} Enter", "F2 stor Enter", "F2 lag Enter", "F2 find Enter", f'F2 ":hist {CIF}" Enter', f'F2 ":cif {CIF}" Enter', "F4 Ctrl-F zeta",
         "F2 help Enter", f"{CIF} Enter", f"{CIF + 1} Enter", "g 1", "g 2", "g 3", "g 4", 'F9 "-1d" Enter', "F9 now Enter", 'F9 "2026-13-99" Enter', "F2 Tab Tab",
         'F2 ":stor 1h" Enter', 'F2 ":asof yesterday" Enter', "& a Enter", "/ a Enter n N", "d -7d Enter", "z UTC Enter", "Ctrl-F")


def step(dice, script):
    """One thing a monkey does."""
    what = dice.random()
    if what < 0.45:
        script.keys(dice.choice(NAMED))
    elif what < 0.75:
        script.keys('"' + "".join(dice.choice(LETTERS) for _ in range(dice.randrange(1, 4))) + '"')
    elif what < 0.88:
        script.keys(dice.choice(LINES))
    elif what < 0.92:
        script.resize(*dice.choice([(80, 24), (60, 16), (120, 40), (200, 60), (dice.randrange(1, 260), dice.randrange(1, 90))]))
    elif what < 0.94:
        script.add(dice.choice(["paste 1", "paste 100", "paste 100000", 'paste "zeta 1001"', 'paste "' + "\u202e\u200b\u0301" * 9 + '"']))
    elif what < 0.96:
        script.add(f"now +{dice.choice(['1s', '40s', '5m', '1h', '3d'])}")
    elif what < 0.98:
        script.add(f"click {dice.randrange(0, 60)} {dice.randrange(0, 200)}" if dice.random() < 0.5 else f"wheel {dice.choice(['up', 'down'])}")
    else:
        script.idle()


def lead(seed):
    """Not in the mood to leave: what asks whether to is answered with no."""
    dice = random.Random(seed)
    text, amount = dice.choice([("c0", "one"), ("formats", "overflow"), ("long", "one"), ("stack", "overflow"), ("cjk", "one"), ("ascii", "empty")])
    bank = make(text, amount)
    script = Script(*dice.choice([(80, 24), (60, 16), (120, 40), (200, 60)])).idle()
    for n in range(1, STEPS + 1):
        step(dice, script)
        if n % LOOK == 0:
            script.shot(str(n))
    script.resize(80, 24).keys("Esc Esc Esc Esc Esc Esc", "F2 find Enter", f'F2 ":cif {CIF}" Enter').idle().shot("end")
    words = ["--no-ingest", *dice.choice([[], [], ["--ascii"], ["--accessible"]])]
    return bank, script, words


def played(t, seed):
    bank, script, words = lead(seed)
    begun = time.monotonic()
    screens, done = script.play(*words, replica=bank.replica, environment={"TELLERDESK_NOW": bank.now, "HOME": FOLDER, "XDG_STATE_HOME": FOLDER})
    name = f"seed {seed}, {bank.text}, {bank.amount} {' '.join(words[1:])}: {STEPS} steps, {len(screens)} looks in {time.monotonic() - begun:.1f} s"
    if not t.ok(done.status == 0 and len(screens) == len(script.sizes), name, f"exit {done.status} {done.err}\n{done.out[-3000:]}"):
        return
    wrong = [f"step {at}: {screen}\n{fault}" for at, screen in screens.items()
             for fault in faults(screen, "--ascii" in words, "--accessible" in words)]
    t.equal("\n".join(wrong[:3]), "", f"seed {seed}: every screen is one that may be")
    t.ok(screens["end"].code == "CIF" and str(CIF) in screens["end"].rows[1], f"seed {seed}: and in the end a customer is looked up as ever", screens["end"])


with tap() as t:
    for seed in range(SEED, SEED + SEEDS):
        played(t, seed)
