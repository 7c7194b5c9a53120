# Writing piece by piece on a flat board. There is no rename, so a file is written under its own name;
# e reads it back and compares its checksum with h.
def b(n):
    global F_
    F_ = open(n, "wb")
def w(d):
    F_.write(d)
def e(n, h):
    F_.close()
    if check(n) != h:
        raise ValueError("verify")
