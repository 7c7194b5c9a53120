# Lists.
say("e %d" % every(R))
