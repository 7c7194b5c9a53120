# A program comes in pieces over a bad line: P_ takes the one that begins at n, once, and A_ is all so far.
A_ = ""
def P_(b, s, n):
    global A_
    G_(b, s)
    if len(A_) == n:
        A_ += b
    if len(A_) != n + len(b):
        raise ValueError("damaged")
