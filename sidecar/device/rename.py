# Gives the path A the name D. A "k" line says what stands against it: "-" nothing lies at A, "t" something lies
# at D, "p" there is no folder above D; "+": it is done.
def rename(a, d):
    if not mode(a):
        return "-"
    if mode(d):
        return "t"
    p = d[:d.rindex("/")]
    if p and not mode(p) & 0x4000:
        return "p"
    os.rename(a, d)
    return "+"
say("k " + rename(R + A, R + D))
