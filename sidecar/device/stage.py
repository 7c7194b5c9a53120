# New content lies beside the old one, in Boardside's folder under a number, until it is verified.
# The last staged file is the journal; `go` makes it valid and runs it, and Ctrl-C no longer stops that:
# each line of it may be run again.
if not mode(J[:-1]):
    os.mkdir(J[:-1])
elif not mode(J + "journal"):
    clear()
def verify(n, h):
    if check(J + n) != h:
        raise ValueError("verify")
def copy(p, n):
    with open(R + p, "rb") as f, open(J + n, "wb") as g:
        while 1:
            k = f.readinto(B)
            if not k:
                break
            g.write(M[:k])
def vet(n):
    # A name that the file system refuses, or another drive (an SD card), where no rename leads, must not be
    # found out in the middle of the renames. / lists other drives without a size.
    o = [e[0] for e in os.ilistdir(R or "/") if len(e) < 4]
    with open(J + n, "rb") as f:
        for l in f:
            if l[:1] in b">+":
                c = l[:-1].decode().split("/")[1:]
                if c[0] in o:
                    raise ValueError("drive " + c[0])
                for c in c:
                    try:
                        os.stat(J + c)
                    except OSError as e:
                        if e.args[0] != 2:
                            raise ValueError("name " + c)
def go(n):
    if mode(J + n):
        vet(n)
    while 1:
        try:
            if mode(J + n):
                os.rename(J + n, J + "journal")
            if mode(J + "journal"):
                commit()
            return
        except KeyboardInterrupt:
            pass
