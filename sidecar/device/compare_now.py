# Compares.
compare()
