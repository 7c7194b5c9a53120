# The stream agent: takes one reliable, compressed stream of orders from binary stdin.
#
# A frame is \x02, a sequence number (0x20 to 0x5f, counting up), a length, and so many bytes: payload and
# its CRC-32 (begun with the sequence number, little endian), where 0x1b 0x01 stands for 0x03 and
# 0x1b 0x02 for 0x1b. 0x03 would interrupt this program, which is how the user cancels.
# Each frame is answered by \x06, the number expected next, and 255 minus it. A frame that is damaged or not
# the expected one is dropped and answered the same way, which tells the host where to go on from.
#
# Inside is raw deflate (or plain bytes where W is 0) of orders. Numbers are little endian.
#   P size:4 sum content    stage a file       C size:4 sum path    stage a copy of a file (size of the path)
#   G                       run the journal, which is the last staged file           E    leave
# The staged files are numbered from 0 in the order they come.
import io
from binascii import crc32
class R_(io.IOBase):
    def __init__(s):
        s.b = b""
        s.p = 0
        s.q = 32
    def readinto(s, v):
        if s.p >= len(s.b):
            s.fill()
        n = min(len(v), len(s.b) - s.p)
        v[:n] = s.b[s.p:s.p + n]
        s.p += n
        return n
    def fill(s):
        while 1:
            while I.read(1) != b"\2":
                pass
            h = I.read(2)
            d = I.read(h[1])
            if b"\x1b" in d:
                d = d.replace(b"\x1b\1", b"\3").replace(b"\x1b\2", b"\x1b")
            k = h[0] == s.q and len(d) > 4 and crc32(d[:-4], s.q) == int.from_bytes(d[-4:], "little")
            if k:
                s.q = 32 + (s.q - 31 & 63)
            O.write(bytes((6, s.q, 255 - s.q)))
            if k:
                s.b = d[:-4]
                s.p = 0
                return
def stream():
    r = d = R_()
    w = 0
    try:
        from deflate import DeflateIO, RAW
        w = 15
        while w > 8:
            try:
                gc.collect()
                bytearray((1 << w) + 8000)
                break
            except MemoryError:
                w -= 1
        gc.collect()
        if w > 8:
            d = DeflateIO(r, RAW, w)
        else:
            w = 0
    except ImportError:
        pass
    say("w %d" % w)
    def take(n):
        i = 0
        while i < n:
            k = d.readinto(M[i:n])
            i += k
        return bytes(M[:n])
    n = 0
    while 1:
        c = take(1)
        if c == b"E":
            return
        if c == b"G":
            go(str(n - 1))
            n = 0
            say("g")
            continue
        z = int.from_bytes(take(4), "little")
        h = take(len(S().digest()))
        if c == b"C":
            copy(take(z).decode(), str(n))
        else:
            with open(J + str(n), "wb") as f:
                while z:
                    k = d.readinto(M[:min(z, len(M))])
                    f.write(M[:k])
                    z -= k
        verify(str(n), h)
        n += 1
I = sys.stdin.buffer
O = sys.stdout.buffer
try:
    stream()
except Exception as e:
    say("x %s %s" % (e.args[0] if isinstance(e, OSError) else type(e).__name__, e))
    if not mode(J + "journal"):
        clear()
