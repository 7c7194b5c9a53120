# Has this firmware folders? Sent first where raw-paste mode is missing; must run on the smallest board.
import os
print("\2%s\3" % ("0066f" if not hasattr(os, "mkdir") else "0074t"))
