# The micro:bit kind: files only, 9 kB of RAM, no memoryview, no str.encode.
# D is the manifest's name. `check` is Adler-32 in plain Python, cut after each 32 bytes.
import os, gc
D = "boardside.manifest"
def say(t):
    n = 0
    for c in bytes(t, "utf-8"):
        n += c
    print("\2%04x%s\3" % (n & 65535, t))
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
