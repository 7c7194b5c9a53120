# Staging piece by piece, for firmware that cannot take a stream: b begins the staged file n, w writes to it,
# e ends it and compares its checksum with h, t stages a copy of what lies on the board.
def b(n):
    global F_
    F_ = open(J + n, "wb")
def w(d):
    F_.write(d)
def e(n, h):
    F_.close()
    verify(n, h)
def t(p, n, h):
    copy(p, n)
    verify(n, h)
