# The checksum of a file on a flat board: Adler-32 in plain Python, cut after each 32 bytes.
def check(p):
    a = 1
    c = 0
    with open(p, "rb") as f:
        while 1:
            b = f.read(32)
            if not b:
                break
            for x in b:
                a += x
                c += a
            a %= 65521
            c %= 65521
    return "%04x%04x" % (c, a)
