# Compares the board with its own manifest: a "d" line (size or -, checksum, path) for each file that is
# not what the manifest says, then an "m" line with the manifest's own checksum (- where there is none)
# and the number of "d" lines.
def compare():
    k = 0
    try:
        f = open(J + "manifest", "rb")
    except OSError:
        return say("m - 0")
    t = S()
    with f:
        while 1:
            l = f.readline(2000)  # one that is damaged may be any length
            if not l:
                break
            t.update(l)
            l = l[:-1].split(b" ", 4)
            if len(l) < 5 or len(l[0]) < 64 or not l[4] or min(l[4]) < 32:
                continue
            try:
                p = l[4].decode()
                z = os.stat(R + p)[6]
                h = hexed(check(R + p))
                if h == l[K].decode():
                    continue
            except OSError:
                z = h = "-"
            except ValueError:
                continue  # damaged: the host will see that, too
            k += 1
            say("d %s %s %s" % (z, h, p))
    say("m %s %d" % (hexed(t.digest()), k))
