# What this board is: an "f" line as facts.py gives it, an "n" line with its name. No root, no free flash.
import sys
gc.collect()
u = ""
try:
    import machine
    for x in machine.unique_id():
        u += "%02x" % x
except ImportError:
    pass
say("f - %d 0 0 0 / %s %s %s" % (gc.mem_free(), u or "-", sys.platform, ".".join([str(x) for x in sys.implementation[1][:3]])))
say("n " + os.uname()[4])
