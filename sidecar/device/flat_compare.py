# Compares a flat board with its own manifest, as compare.py does. Text files there cannot be iterated.
k = 0
try:
    f = open(D)
except OSError:
    f = 0
if f:
    while 1:
        l = f.readline()
        if not l:
            break
        l = l[:-1].split(" ", 4)
        if len(l) < 5 or len(l[0]) < 64 or not l[4] or min(l[4]) < " ":
            continue
        p = l[4][1:]
        try:
            h = check(p, 1)
            if h.endswith(" " + l[2]):
                continue
        except OSError:
            h = "- -"
        k += 1
        say("d %s /%s" % (h, p))
    f.close()
    say("m %s %d" % (check(D), k))
else:
    say("m - 0")
