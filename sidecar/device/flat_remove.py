# Removes each name in A from a flat board; what is not there is no error.
for p in A:
    try:
        os.remove(p)
    except OSError:
        pass
