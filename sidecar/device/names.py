# The names that the user's program has; tidy.py takes all others away at the end.
N_ = list(globals())
