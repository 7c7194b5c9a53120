# The journal: carries it out, or undoes it where it is damaged. Every line may be run again, so after a
# cut of power at any point the same journal is simply run once more.
#   "-path" remove a file    "<path" remove a folder    "+path" make a folder
#   ">n path" the staged file n gets its name           "=sum" Adler-32 of all lines before, ends it
def whole():
    a = 1
    c = 0
    with open(J + "journal", "rb") as f:
        for l in f:
            if l[:1] == b"=":
                return l == b"=%d\n" % (c << 16 | a)
            for x in l:
                a += x
                c += a
            a %= 65521
            c %= 65521
    return False
def clear():
    for e in list(os.ilistdir(J[:-1])):  # FAT takes no slash at the end
        if e[0] not in ("manifest", "agent"):
            os.remove(J + e[0])
def commit():
    if whole():
        with open(J + "journal", "rb") as f:
            for l in f:
                l = l[:-1].decode()
                p = R + l[1:]
                m = mode(p)
                if l[0] == "-":
                    if m & 0x8000:
                        os.remove(p)
                elif l[0] == "<":
                    if m & 0x4000 and not list(os.ilistdir(p)):
                        os.rmdir(p)
                elif l[0] == "+":
                    if not m:
                        os.mkdir(p)
                elif l[0] == ">":
                    n, p = l[1:].split(" ", 1)
                    if mode(J + n):
                        os.rename(J + n, R + p)
    os.remove(J + "journal")
    clear()
