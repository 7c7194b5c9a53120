# A file's content: "b" lines of base64 ("x" lines of hex without binascii), then an "e" line (size, checksum).
# A is the path, D where in it to begin, E how many bytes at most; -1: all.
def read(p, k):
    try:
        from binascii import b2a_base64 as e
    except ImportError:
        e = 0
    s = S()
    z = 0
    with open(p, "rb") as f:
        f.seek(D)
        while k:
            n = f.readinto(M[:k] if 0 < k < len(B) else B)
            if not n:
                break
            s.update(M[:n])
            z += n
            k -= n
            say("b" + e(M[:n])[:-1].decode() if e else "x" + hexed(M[:n]))
    say("e %d %s" % (z, hexed(s.digest())))
read(R + A, E)
