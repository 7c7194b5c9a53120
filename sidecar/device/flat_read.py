# A file's content on a flat board: "x" lines of hex, then an "e" line (size, checksum). A is the name.
# The size is what was read: a file that was being written when the line was cut has none, os.size is wrong of it.
n = 0
with open(A, "rb") as f:
    while 1:
        b = f.read(32)
        if not b:
            break
        n += len(b)
        h = ""
        for x in b:
            h += "%02x" % x
        say("x" + h)
say("e %d %s" % (n, check(A)))
