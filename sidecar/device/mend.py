# FAT: a rename writes the new name, then removes the old one. Where power was lost in between, both stand for the
# same clusters, and to remove or replace one frees those of the other: it still reads well, until something else is
# written there. So the content goes to clusters of its own, under a third name, before either goes; any step of that
# may be cut short and run again. To be called before a journal that was found is carried out.
def twins(n, p):
    m = mode(n)
    if m & mode(p) & 0x4000:
        open(n + "/-", "w").close()
        k = mode(p + "/-")
        os.remove(n + "/-")
        return k
    if not m & mode(p) & 0x8000:
        return 0
    # Nothing is staged that lies there already.
    with open(n, "rb") as f, open(p, "rb") as g:
        while 1:
            k = f.read(256)
            if k != g.read(256):
                return 0
            if not k:
                return m
def cure(n, p):
    c = n + "~"
    if mode(c) and not mode(n):
        return cure(c, p)
    m = mode(n)
    if twins(n, p):
        if m & 0x4000:
            if not mode(c):
                os.mkdir(c)
            for e in list(os.ilistdir(n)):
                e = "/" + e[0]
                cure(n + e, c + e)
                place(n + e, c + e)
            os.rmdir(p)
        else:
            try:
                with open(n, "rb") as f, open(c, "wb") as g:
                    while 1:
                        k = f.readinto(B)
                        if not k:
                            break
                        g.write(M[:k])
            except OSError:
                # No room: the next sync finds it missing.
                os.remove(c)
                os.remove(n)
            os.remove(p)
    if mode(c) and not mode(p):
        if m:
            (os.rmdir if m & 0x4000 else os.remove)(n)
        os.rename(c, p)
def mend():
    # Only FAT takes a name for another one that differs in case.
    if mode(J + "JOURNAL") and whole():
        with open(J + "journal", "rb") as f:
            for l in f:
                if l[:1] == b">":
                    n, p = l[1:-1].decode().split(" ", 1)
                    cure(J + n, R + p)
