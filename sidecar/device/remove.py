# Removes the path A, a folder with all that is in it if D is true. "v" lines name what went.
def remove(p):
    m = mode(p)
    if not m:
        raise OSError(2)
    if m & 0x4000:
        if not D:
            raise OSError(21)
        for e in list(os.ilistdir(p)):
            remove(p + "/" + e[0])
        os.rmdir(p)
    else:
        os.remove(p)
    say("v " + p[len(R):])
remove(R + A)
