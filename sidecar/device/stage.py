# New content lies beside the old one, in Boardside's folder, until it is verified: the files of the project
# under their numbers, the manifest as m, the journal as j. `go` makes the journal valid and runs it, and Ctrl-C
# no longer stops that: each line of it may be run again.
def begin():
    if not mode(J[:-1]):
        os.mkdir(J[:-1])
    elif not mode(J + "journal"):
        clear()
def move(f, g, n):
    # n bytes from one file to another.
    while n:
        k = f.readinto(M[:min(n, len(M))])
        if not k:
            raise ValueError("verify")
        g.write(M[:k])
        n -= k
        beat()
def vet():
    # A name that the file system refuses, or another drive (an SD card), where no rename leads, must not be
    # found out in the middle of the renames. / lists other drives without a size.
    # Names of plain characters are good everywhere, and each look costs a search through the folder.
    o = [e[0] for e in os.ilistdir(R or "/") if len(e) < 4]
    with open(J + "j", "rb") as f:
        for l in f:
            if l[:1] in b">+":
                c = l[:-1].decode().split("/")[1:]
                if c[0] in o:
                    raise ValueError("drive " + c[0])
                for c in c:
                    if len(c) < 60 and not [x for x in c if not (x in "_-." or "0" <= x <= "9" or "A" <= x <= "Z" or "a" <= x <= "z")]:
                        continue
                    try:
                        os.stat(J + c)
                    except OSError as e:
                        if e.args[0] != 2:
                            raise ValueError("name " + c)
def go():
    if mode(J + "j"):
        vet()
    while 1:
        try:
            if mode(J + "j"):
                os.rename(J + "j", J + "journal")
            if mode(J + "journal"):
                commit()
            return
        except KeyboardInterrupt:
            pass
