# A file's content on a flat board: "x" lines of hex, then an "e" line (size, checksum). A is the name.
# os.size gives another number for a file that was never closed: one whose writing was cut short.
z = 0
with open(A, "rb") as f:
    while 1:
        b = f.read(32)
        if not b:
            break
        z += len(b)
        h = ""
        for x in b:
            h += "%02x" % x
        say("x" + h)
say("e %d %s" % (z, check(A)))
