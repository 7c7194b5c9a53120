# Size and checksum of each path in A: "s" lines in the same order, "s -" where there is no such file.
for p in A:
    z = "-"
    if mode(R + p) & 0x8000:
        z = "%d %s" % (os.stat(R + p)[6], hexed(check(R + p)))
    say("s " + z)
