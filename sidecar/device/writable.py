# Does this file system keep what is written to it? Writes A pieces of 256 bytes, each of them another, in a new file,
# reads them back and removes them: an "a" line with the errno of a refusal or 0, and how many pieces were wrong.
def writable():
    n = J[:-1]
    m = mode(n)
    r = k = 0
    p = bytearray(256)
    def fill(i):
        for x in range(256):
            p[x] = x * 7 + i * 31 & 255
    try:
        if not m:
            os.mkdir(n)
        with open(J + "try", "wb") as f:
            for i in range(A):
                fill(i)
                f.write(p)
        with open(J + "try", "rb") as f:
            for i in range(A):
                fill(i)
                k += f.read(256) != p
    except OSError as e:
        r = e.args[0]
    try:
        if mode(J + "try"):
            os.remove(J + "try")
        if not m and mode(n):
            os.rmdir(n)
    except OSError as e:
        r = r or e.args[0]
    say("a %d %d" % (r, k))
writable()
