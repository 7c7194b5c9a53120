# What of Python this firmware has, a letter each.
def flags():
    g = ""
    for c, m, a in (
        ("h", "hashlib", "sha256"),
        ("c", "binascii", "crc32"),
        ("d", "deflate", "DeflateIO"),
        ("i", "io", "IOBase"),
        ("m", "os", "mkdir"),
        ("r", "os", "rename"),
    ):
        try:
            # The firmware's own, not a file of that name.
            try:
                m = __import__("u" + m)
            except ImportError:
                m = __import__(m)
            if hasattr(m, a):
                g += c
        except ImportError:
            pass
    if hasattr(sys.stdin, "buffer"):
        g += "b"
    return g
