# What lies at each path in A: "k" lines in the same order with a file's size, d for a folder, - for nothing.
for p in A:
    m = mode(R + p)
    say("k " + (str(os.stat(R + p)[6]) if m & 0x8000 else "d" if m else "-"))
