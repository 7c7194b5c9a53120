# As if the power had been cut. Once it has said a dot, Ctrl-C does not keep it from that any more: who wants to catch
# the board while it boots need not wait.
import machine
try:
    from micropython import kbd_intr
    kbd_intr(-1)
except ImportError:
    pass
print(end=".")
machine.reset()
