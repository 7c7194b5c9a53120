# A file's content on a flat board: "x" lines of hex, then an "e" line (size, checksum). A is the name.
with open(A, "rb") as f:
    while 1:
        b = f.read(32)
        if not b:
            break
        h = ""
        for x in b:
            h += "%02x" % x
        say("x" + h)
say("e " + check(A, 1))
