# Makes the folder A and those above it that are missing.
def mkdir(p):
    if not mode(p):
        if "/" in p[1:]:
            mkdir(p[:p.rindex("/")])
        os.mkdir(p)
    elif mode(p) & 0x8000:
        raise OSError(20)
mkdir(R + A)
