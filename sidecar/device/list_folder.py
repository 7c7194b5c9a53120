# What lies in the folder A, and below it if D is 1; A may be a file, too. Lines as list.py gives them, and
# a "u" line for another drive (an SD card, a ROM), which is not entered: / has such entries without a size.
def walk(d):
    n = 0
    for e in os.ilistdir(d or "/"):
        p = d + "/" + e[0]
        if p + "/" == J:
            continue
        n += 1
        if e[1] & 0x4000:
            m = d or len(e) > 3
            say(("o - " if m else "u - ") + p[len(R):])
            if D and m:
                n += walk(p)
        else:
            say("w %d %s" % (e[3] if len(e) > 3 else os.stat(p)[6], p[len(R):]))
    return n
if A and mode(R + A) & 0x8000:
    say("w %d %s" % (os.stat(R + A)[6], A))
    say("e 1")
elif A and not mode(R + A):
    raise OSError(2)
else:
    say("e %d" % walk(R + A))
