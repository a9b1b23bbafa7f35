#!/usr/bin/env python3
"""Makes share.inc: shares of crypto/share.h by an implementation of its own, from specs/recovery.md: GF(2^8) by
logarithms to the base 3, polynomials summed term by term, and interpolation by solving the linear equations."""
import hashlib

EXP, LOG = [1], {1: 0}
for i in range(1, 255):
    v = EXP[-1] << 1 ^ EXP[-1]  # times 3
    EXP.append(v ^ 0x11b if v > 255 else v)
    LOG[EXP[-1]] = i
assert sorted(EXP) == list(range(1, 256))


def mul(a, b):
    return EXP[(LOG[a] + LOG[b]) % 255] if a and b else 0


def power(a, n):
    return EXP[LOG[a] * n % 255]


def share(x, secret, rows):
    out = bytes(secret)
    for n, row in enumerate(rows, 1):
        out = bytes(o ^ mul(c, power(x, n)) for o, c in zip(out, row))
    return out


def solve(points):
    """The constant term: Gauss over the field."""
    n = len(points)
    m = [[power(x, k) if k else 1 for k in range(n)] + [y] for x, y in points]
    for c in range(n):
        r = next(r for r in range(c, n) if m[r][c])
        m[c], m[r] = m[r], m[c]
        inv = EXP[-LOG[m[c][c]] % 255]
        m[c] = [mul(inv, v) for v in m[c]]
        for r in range(n):
            if r != c and m[r][c]:
                m[r] = [v ^ mul(m[r][c], w) for v, w in zip(m[r], m[c])]
    return m[0][n]


assert mul(0x57, 0x83) == 0xc1 and mul(0x57, 0x13) == 0xfe  # FIPS 197, 4.2 and 4.2.1


def draw(text):
    return hashlib.sha256(text.encode()).digest()


for name, t, n in (("2 of 2", 2, 2), ("2 of 3", 2, 3), ("3 of 5", 3, 5), ("9 of 16", 9, 16), ("16 of 16", 16, 16)):
    secret, rows = draw("secret " + name), [draw(f"row {i} {name}") for i in range(1, t)]
    shares = [share(x, secret, rows) for x in range(1, n + 1)]
    last = range(n - t + 1, n + 1)
    assert bytes(solve([(x, shares[x - 1][i]) for x in last]) for i in range(32)) == secret
    print('{ "%s", %d, %d, "%s",\n  "%s",\n  "%s" },' % (name, t, n, secret.hex(), b"".join(rows).hex(), b"".join(shares).hex()))
