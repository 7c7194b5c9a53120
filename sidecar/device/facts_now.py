# Says what the board is.
facts(flags())
