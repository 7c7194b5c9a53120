# Has this firmware folders? Sent first where raw-paste mode is missing; must run on the smallest board.
print("\2%s\3" % ("0066f" if not hasattr(__import__("os"), "mkdir") else "0074t"))
