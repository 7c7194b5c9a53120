# The checksum of a file on a flat board: Adler-32 in plain Python, cut after each 32 bytes; with k its size before it.
# os.size gives another number for a file that was never closed: one whose writing was cut short.
def check(p, k=0):
    a = 1
    c = 0
    z = 0
    with open(p, "rb") as f:
        while 1:
            b = f.read(32)
            if not b:
                break
            z += len(b)
            for x in b:
                a += x
                c += a
            a %= 65521
            c %= 65521
    return ("%d " % z if k else "") + "%04x%04x" % (c, a)
