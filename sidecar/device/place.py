# Where the project lies on this board (R), where Boardside keeps its own (J), one shared buffer (B),
# and the checksum of a file. pyboards keep the project in /flash and have / as a list of drives.
import sys, gc
try:
    # A file os.py of the user's would come first under that name.
    import uos as os
except ImportError:
    import os
R = "/flash" if "/flash" in sys.path else ""
J = R + "/.boardside/"
# Where a loss of power cut a rename out of a folder, littlefs hides the next file of that folder from every look
# until something is written (lfs_dir_getslice). Removing nothing counts as writing.
try:
    os.remove(J + "x")
except OSError:
    pass
gc.collect()
B = bytearray(2048 if gc.mem_free() > 60000 else 512)
M = memoryview(B)
def hexed(d):
    return "".join("%02x" % x for x in d)
def check(p):
    s = S()
    with open(p, "rb") as f:
        while 1:
            n = f.readinto(B)
            if not n:
                break
            s.update(M[:n])
            beat()
    return s.digest()
# A watchdog of the user's program goes on when the program was stopped. It is fed where it can be found: by its
# name, or as an attribute of what has a name. Never made: that would start one.
W = []
try:
    import __main__, machine
    for v in list(__main__.__dict__.values()) + list(sys.modules.values()):
        for v in [v] + list(getattr(v, "__dict__", {}).values()):
            if isinstance(v, machine.WDT):
                W.append(v.feed)
except Exception:
    pass
N = 0
def feed():
    for w in W:
        w()
def beat():
    # Between two steps of something long: food for the watchdog, and now and then a sign of life.
    global N
    N += 1
    feed()
    if not N & 31:
        say("")
def mode(p):
    try:
        return os.stat(p)[0]
    except OSError:
        return 0
