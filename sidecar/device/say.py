# One line of an answer: \x02, a 16-bit sum of the text in hex, the text, \x03.
# The sum tells an answer from what a timer or a thread of the user's program prints in between.
def say(t):
    print("\2%04x%s\3" % (sum(t.encode()) & 65535, t))
