"""All pairs: few combinations of many values, in which every two values of two dimensions meet.

    pairs({"size": ["80x24", "60x16"], "ascii": [False, True], "text": list("abc")})    -> [{...}, ...]

The same for the same dimensions: nothing is drawn by lot.
"""

import itertools


def pairs(dimensions):
    names = sorted(dimensions, key=lambda n: (-len(dimensions[n]), n))
    missing = {(a, x, b, y) for a, b in itertools.combinations(names, 2) for x in range(len(dimensions[a]))
               for y in range(len(dimensions[b]))}
    out = []
    while missing:
        first = min(missing)
        row = {first[0]: first[1], first[2]: first[3]}
        for name in names:
            if name not in row:
                row[name] = max(range(len(dimensions[name])), key=lambda v: (met(missing, row, name, v), -v))
        missing -= {(a, row[a], b, row[b]) for a, b in itertools.combinations(names, 2)}
        out.append({name: dimensions[name][row[name]] for name in names})
    return out


def met(missing, row, name, value):
    """How many pairs that still miss this value would make."""
    return sum(((name, value, other, at) in missing) + ((other, at, name, value) in missing) for other, at in row.items())
