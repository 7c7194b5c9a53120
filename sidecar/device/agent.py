# The agent: runs on the board for a whole sync and takes one reliable, compressed stream of orders from binary
# stdin.
#
# A frame is \x02, a sequence number (0x20 to 0x5f, counting up), a byte e, a length (two times seven bits, high
# first, each with 0x80), and so many bytes: payload and its CRC-32 (begun with the sequence number, little
# endian), in which e, which occurs nowhere else in the frame, stands for 0x03. 0x03 itself would interrupt this
# program, which is how the user cancels. After each C bytes of it the agent says \x05: it has room for so many
# more. Each whole frame is answered by \x06, the number expected next, and 255 minus it. A frame that is damaged
# or not the expected one is dropped and answered the same way, which tells the host where to go on from.
#
# Inside are raw deflate streams, one behind the other (or plain bytes where w is 0), of orders. Numbers are four bytes, little endian.
#   T name size content    before everything else: the journal (j), the names of the staged files (n) where they are
#                          not just 0, 1, 2 ..., and how the manifest is made (r)
#   P size content         stage a file
#   C size path-size path  stage a copy of a file
#   D size path-size path steps   stage a file made of an old one: steps are <HHi bytes to insert, bytes to copy,
#                          and how far to skip in the old one before that; then the bytes to insert
#   G sums                 check what was staged: the sum over the sums of the files, the sum of the manifest if
#                          there is one; run the journal
#   X size program         run a program, which may say lines; then . or ! and what it raised
#   E                      leave
# Names are one a line in the order of staging, behind the folders that they lie in, as `+folder`.
# How the manifest is made is its text, where `=from size` stands for a part of the old one, and `!rest` for the
# line of the next staged file, whose sums are put before the rest.
try:
    import uio as io, ustruct as struct
    from ubinascii import crc32
except ImportError:
    import io, struct
    from binascii import crc32
I = sys.stdin.buffer
O = sys.stdout.buffer
class R_(io.IOBase):
    def __init__(s, c, x):
        s.b = b""
        s.p = 0
        s.q = 32
        s.c = c
        s.f = memoryview(bytearray(x))
    def readinto(s, v):
        if s.p >= len(s.b):
            s.fill()
        n = min(len(v), len(s.b) - s.p)
        v[:n] = s.b[s.p:s.p + n]
        s.p += n
        return n
    def fill(s):
        f = s.f
        while 1:
            while I.read(1) != b"\2":
                pass
            feed()
            h = I.read(4)
            n = (h[2] & 127) << 7 | h[3] & 127
            if n > len(f):
                continue
            i = 0
            while n - i > s.c:
                I.readinto(f[i:i + s.c])
                i += s.c
                feed()
                O.write(b"\5")
            I.readinto(f[i:n])
            d = bytes(f[:n]).replace(h[1:2], b"\3")
            n -= 4
            k = h[0] == s.q and n > 0 and crc32(memoryview(d)[:n], s.q) == struct.unpack("<I", d[n:])[0]
            if k:
                s.q = 32 + (s.q - 31 & 63)
            O.write(bytes((6, s.q, 255 - s.q)))
            if k:
                s.b = memoryview(d)[:n]
                s.p = 0
                return
class D_:
    # What the frames carry: one raw deflate stream behind the other.
    def __init__(s, r, w):
        s.r = r
        s.w = w
        s.d = None
    def readinto(s, v):
        while 1:
            if not s.d:
                from deflate import DeflateIO
                gc.collect()
                s.d = DeflateIO(s.r, 1, s.w)
            n = s.d.readinto(v)
            if n:
                return n
            s.d = None
class W_:
    # A transaction: the files that were staged, and the manifest as far as they are in it.
    def __init__(s):
        s.n = 0
        s.q = S()
        s.r = s.m = s.o = s.l = None
    def open(s):
        # The next file. A name that the file system refuses is found here, or by vet.
        n = str(s.n)
        try:
            if s.l:
                n = s.l.readline()[:-1].decode()
                while n[:1] == "+":
                    os.mkdir(J + n[1:])
                    n = s.l.readline()[:-1].decode()
            s.p = J + n
            return open(s.p, "wb")
        except OSError as e:
            # littlefs says 36, too, where it has no room for the entry of a new file.
            n = n.split("/")[-1]
            if e.args[0] == 22 or e.args[0] == 36 and len(n) > 99:
                raise ValueError("name " + n)
            raise
    def recipe(s):
        s.r = open(J + "r", "rb")
        s.m = open(J + "m", "wb")
        s.line("")
    def line(s, k):
        # The line of a staged file, and those up to the next one.
        if k:
            s.m.write(k)
            s.m.write(s.o)
        for l in s.r:
            if l[:1] == b"!":
                s.o = l[1:]
                return
            if l[:1] == b"=":
                i, z = l[1:].split()
                with open(J + "manifest", "rb") as f:
                    f.seek(int(i))
                    move(f, s.m, int(z))
            else:
                s.m.write(l)
        s.o = b""
    def staged(s):
        # Reads a file back.
        h = S()
        c = 0
        with open(s.p, "rb") as f:
            while 1:
                k = f.readinto(B)
                if not k:
                    break
                beat()
                h.update(M[:k])
                if not K:
                    c = crc32(M[:k], c)
        h = h.digest()
        s.q.update(h)
        if s.r and not K:
            s.line("%s %08x " % (hexed(h), c))
        s.n += 1
    def go(s, h):
        k = s.q.digest()
        if s.l:
            s.l.close()
        if s.m:
            s.r.close()
            s.m.close()
            k += check(J + "m")
        if k != h:
            raise ValueError("verify")
        go()
def keep(t):
    # The agent stays on the board for the next time, where there is plenty of room.
    try:
        v = os.statvfs(R or "/")
        if t and 16 < v[3] <= v[2] and v[3] * (v[1] or v[0]) > 65536 and mode(J[:-1]):
            # In place: a part of it is never run, for its sum is wrong.
            with open(J + "agent", "wb") as f:
                f.write(t)
    except (OSError, AttributeError):
        pass
def window():
    # How large a window the RAM can hold; 0 without deflate.
    try:
        import deflate
    except ImportError:
        return 0
    w = 15
    while w > 8:
        try:
            gc.collect()
            bytearray((1 << w) + 8000)
            gc.collect()
            return w
        except MemoryError:
            w -= 1
    return 0
def fail(k, e):
    say("%s %s %s" % (k, e.args[0] if isinstance(e, OSError) and e.args else type(e).__name__, e))
def agent(c):
    gc.collect()
    x = 1032 if gc.mem_free() > 40000 else 264
    r = d = R_(c, x)
    w = window()
    if w:
        d = D_(r, w)
    say("w %d %d" % (w, x))
    def take(n):
        v = memoryview(bytearray(n))
        i = 0
        while i < n:
            i += d.readinto(v[i:])
        return bytes(v)
    def size():
        return struct.unpack("<I", take(4))[0]
    t = None
    while 1:
        c = take(1)
        if c == b"E":
            return 1
        if c == b"X":
            try:
                exec(take(size()), globals())
                say(".")
            except Exception as e:
                fail("!", e)
            continue
        if not t:
            begin()
            t = W_()
        if c == b"G":
            t.go(take(len(S().digest()) * (2 if t.m else 1)))
            t = None
            say("g")
            keep(globals().pop("T_", 0))
            continue
        if c == b"T":
            c = take(1)
            z = size()
            with open(J + c.decode(), "wb") as g:
                move(d, g, z)
            if c == b"r":
                t.recipe()
            elif c == b"n":
                t.l = open(J + "n", "rb")
            continue
        z = size()
        with t.open() as g:
            if c == b"P":
                move(d, g, z)
            else:
                with open(R + take(size()).decode(), "rb") as f:
                    if c == b"C":
                        move(f, g, z)
                        z = 0
                    i = 0
                    while z:
                        u, v, k = struct.unpack("<HHi", take(8))
                        move(d, g, u)
                        i += k
                        f.seek(i)
                        move(f, g, v)
                        i += v
                        z -= u + v
        t.staged()
def flags():
    # It could not run without these.
    return "hcdimrb"
def run(c, k):
    # c: bytes between two signs of room; k: compare first
    facts(flags())
    if k:
        compare()
    try:
        return agent(c)
    except Exception as e:
        fail("x", e)
        # What was not kept is looked at once more.
        if "verify" not in e.args and mode(J[:-1]) and not mode(J + "journal"):
            clear()
