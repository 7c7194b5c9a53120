# Finishes what an earlier sync was told to commit ("g"), or clears away what it had only staged; a journal that is
# damaged was never valid, and goes with it ("u").
if mode(J + "journal"):
    mend()
    say("g" if commit(1) else "u")
elif mode(J[:-1]):
    clear()
