# The journal: carries it out, or undoes it where it is damaged. Every line may be run again, so after a
# cut of power at any point the same journal is simply run once more.
#   "-path" remove a file    "<path" remove a folder    "+path" make a folder
#   ">n path" the staged file or folder n gets its name "=sum" Adler-32 of all lines before, ends it
def whole():
    a = 1
    c = 0
    try:
        with open(J + "journal", "rb") as f:
            for l in f:
                if l[:1] == b"=":
                    return l == b"=%d\n" % (c << 16 | a)
                n = "0"
                p = l[1:-1].decode()
                if l[:1] == b">":
                    n, p = p.split(" ", 1)
                if l[:1] not in b"-<+>" or "." in n or p[:1] != "/" or "/../" in p + "/":
                    break
                for x in l:
                    a += x
                    c += a
                a %= 65521
                c %= 65521
    except ValueError:
        pass
    return False
def clear(d=J[:-1]):
    for e in list(os.ilistdir(d)):  # FAT takes no slash at the end
        p = d + "/" + e[0]
        if e[1] & 0x4000:
            clear(p)
            os.rmdir(p)
        elif p not in (J + "manifest", J + "agent"):
            os.remove(p)
def place(n, p):
    m = mode(n)
    if m & 0x4000 and mode(p) & 0x4000:
        # A folder that is there already takes what is in the staged one.
        for e in list(os.ilistdir(n)):
            place(n + "/" + e[0], p + "/" + e[0])
        os.rmdir(n)
    elif m:
        # Else it has its name already: this is not the first time.
        os.rename(n, p)
def ours(p):
    # Does the manifest say that a sync put it there?
    if mode(J + "manifest"):
        with open(J + "manifest", "rb") as f:
            for l in f:
                if l[:-1].split(b" ", 4)[-1] == p.encode():
                    return True
def commit(k=0):
    # k: nobody who has looked at the board stands behind this journal. Then it removes nothing that is not ours,
    # and what cannot be done is left, for else no connection would ever get past it; but a flash that is full (28)
    # or takes no writes may do it later.
    g = whole()
    if g:
        with open(J + "journal", "rb") as f:
            for l in f:
                l = l[:-1].decode()
                beat()
                try:
                    if l[0] == ">":
                        n, p = l[1:].split(" ", 1)
                        place(J + n, R + p)
                        continue
                    p = R + l[1:]
                    m = mode(p)
                    if l[0] == "-":
                        if m & 0x8000 and (not k or ours(l[1:])):
                            os.remove(p)
                    elif l[0] == "<":
                        if m & 0x4000 and not list(os.ilistdir(p)):
                            os.rmdir(p)
                    elif l[0] == "+":
                        if not m:
                            os.mkdir(p)
                except OSError as e:
                    if not k or e.args[0] in (1, 5, 28, 30, 36):
                        raise
    os.remove(J + "journal")
    clear()
    return g
