# What lies at each path in A: "k" lines in the same order, f for a file, d for a folder, - for nothing.
for p in A:
    p = mode(R + p)
    say("k " + ("f" if p & 0x8000 else "d" if p else "-"))
