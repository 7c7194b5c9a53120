# Starts the agent: the one that is sent along as t, or else the one that lies on the board. h is the start of
# its SHA-256. It is deflated Python in pieces of z bytes, so that a small board compiles one after the other.
# Gives nothing if there is no such agent; then B_ stays, to be called again with one. While the agent runs B_ is 0:
# where it is no more, after the agent was cut short, the board was reset. Nothing else of ours gets into the user's
# globals.
def B_(h, z, t=0):
    global B_
    b = B_
    B_ = 0
    import sys, io
    from hashlib import sha256
    from deflate import DeflateIO
    k = t
    if not t:
        B_ = b
        try:
            with open(("/flash" if "/flash" in sys.path else "") + "/.boardside/agent", "rb") as f:
                k = f.read()
        except OSError:
            return
    if sha256(k).digest()[:8] == h:
        if not t:
            B_ = 0
        k = DeflateIO(io.BytesIO(k), 1, 13)
        g = {"T_": t}
        for n in z:
            exec(k.read(n), g)
        del k
        return g["run"]
