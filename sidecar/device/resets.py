# Raises where reset.py cannot work.
import machine
machine.reset
