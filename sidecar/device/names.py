# The names that the user's program has; tidy.py takes all others away at the end. Where N_ is left over, a sync was
# cut short: its names are not the user's, and would fill a small board.
if "N_" not in globals():
    N_ = list(globals())
