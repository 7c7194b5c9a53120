# What lies in Boardside's own folder and is neither the manifest nor the agent: a "w" line for each file (size, name), an
# "e" line with their number, and a "j" line where there is a journal: 1 if it is whole.
n = 0
if mode(J[:-1]):
    for e in os.ilistdir(J[:-1]):
        if e[0] not in ("manifest", "agent"):
            n += 1
            say("w %d %s" % (e[3] if len(e) > 3 else os.stat(J + e[0])[6], e[0]))
say("e %d" % n)
if mode(J + "journal"):
    say("j %d" % whole())
