# Takes away what a program of ours left in the board's globals; N_ holds the names that were there before.
def tidy(k):
    g = globals()
    for n in list(g):
        if n not in k:
            del g[n]
tidy(N_)
