# Writing piece by piece on a flat board. There is no rename, so a file is written under its own name;
# e reads it back and compares its checksum with h. t takes a table of phrases: a mark, then after each mark a
# byte and what it stands for. x writes a piece that has such bytes, w one as it is.
T_ = b""
def t(d):
    global T_
    T_ = d
def b(n):
    global F_
    F_ = open(n, "wb")
def w(d):
    F_.write(d)
def x(d):
    for p in T_[1:].split(T_[:1]):
        d = d.replace(p[:1], p[1:])
    F_.write(d)
def e(n, h):
    F_.close()
    if check(n) != h:
        raise ValueError("verify")
