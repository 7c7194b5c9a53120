# Can this file system be written to? An "a" line with 0, or with the errno of the refusal.
def writable():
    n = J[:-1]
    m = mode(n)
    try:
        if not m:
            os.mkdir(n)
        with open(J + "try", "wb") as f:
            f.write(b"boardside" * 60)
        with open(J + "try", "rb") as f:
            k = f.read() == b"boardside" * 60
        os.remove(J + "try")
        if not m:
            os.rmdir(n)
        say("a %d" % (0 if k else 5))
    except OSError as e:
        say("a %d" % e.args[0])
writable()
