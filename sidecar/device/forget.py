# After a program of ours was cut short: takes away what it left. N_ holds the names that were there before.
if "N_" in globals():
    for n_ in [n for n in globals() if n not in N_]:
        del globals()[n_]
    del n_
