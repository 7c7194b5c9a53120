# The value of the expression t: its repr between \x02 and \x03. Leaves no name behind.
def v_(t):
    del globals()["v_"]
    print("\2%s\3" % repr(eval(t)))
