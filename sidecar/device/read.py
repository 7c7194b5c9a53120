# A file's content: "b" lines of base64 ("x" lines of hex without binascii), then an "e" line (size, checksum).
# A is the path.
def read(p):
    try:
        from binascii import b2a_base64 as e
    except ImportError:
        e = 0
    s = S()
    z = 0
    with open(p, "rb") as f:
        while 1:
            n = f.readinto(B)
            if not n:
                break
            s.update(M[:n])
            z += n
            say("b" + e(M[:n])[:-1].decode() if e else "x" + hexed(M[:n]))
    say("e %d %s" % (z, hexed(s.digest())))
read(R + A)
