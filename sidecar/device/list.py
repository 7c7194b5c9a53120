# Everything that lies on the board: a "w" line for each file (size, path), an "o" line for each folder,
# an "e" line with their number. Boardside's own folder is left out.
def every(d):
    n = 0
    for e in os.ilistdir(d or "/"):
        p = d + "/" + e[0]
        if p + "/" == J:
            continue
        n += 1
        if e[1] & 0x4000:
            say("o - " + p[len(R):])
            n += every(p)
        else:
            say("w %d %s" % (e[3] if len(e) > 3 else os.stat(p)[6], p[len(R):]))
    return n
