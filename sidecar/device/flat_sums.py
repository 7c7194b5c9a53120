# Size and checksum of each name in A on a flat board, as sums.py gives them.
for p in A:
    try:
        say("s %d %s" % (os.size(p), check(p)))
    except OSError:
        say("s -")
