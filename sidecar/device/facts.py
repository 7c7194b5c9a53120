# What this board is and can do, g as flags.py gives it: an "f" line (flags, free RAM, flash block, free and all blocks, root,
# unique id, platform, version) and an "n" line (the name of the board).
def facts(g):
    if mode(J + "journal"):
        g += "j"
    if getattr(getattr(sys, "modules", {}).get("ota"), "slot", 0):
        g += "o"
    try:
        import vfs
        for x in vfs.mount():
            if x[1] == (R or "/"):
                g += "l" if "Lfs" in str(x[0]) else "a" if "Fat" in str(x[0]) else ""
    except (ImportError, TypeError):
        pass
    v = (0, 0, 0)
    try:
        v = os.statvfs(R or "/")
        v = (v[1] or v[0], v[3], v[2])
    except (AttributeError, OSError):
        pass
    u = ""
    try:
        import machine
        u = hexed(machine.unique_id())
    except (ImportError, AttributeError):
        pass
    gc.collect()
    i = sys.implementation
    say("f %s %d %d %d %d %s %s %s %s" % (
        (g or "-", gc.mem_free()) + v + (R or "/", u or "-", sys.platform, ".".join(str(x) for x in i[1][:3]))))
    say("n " + (getattr(i, "_machine", "") or (os.uname()[4] if hasattr(os, "uname") else sys.platform)))
