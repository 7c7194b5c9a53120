# Finishes what an earlier sync was told to commit, or clears away what it had only staged.
if mode(J + "journal"):
    commit()
    say("g")
elif mode(J[:-1]):
    clear()
