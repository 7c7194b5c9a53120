# Size and checksum of each name in A on a flat board, as sums.py gives them.
for p in A:
    try:
        say("s " + check(p, 1))
    except OSError:
        say("s -")
