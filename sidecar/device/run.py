# Runs the file A of the board in the board's own globals, as main.py runs.
import sys
exec(open(("/flash" if "/flash" in sys.path else "") + A).read())
