# After a program of ours was cut short: takes away what it left. N_ holds the names that were there before. Says 1 if
# there was anything of ours: the board was not reset since.
if "N_" in globals():
    for n_ in [n for n in globals() if n not in N_]:
        del globals()[n_]
    del n_
    print(1)
if "B_" in globals():
    del B_
    print(1)
