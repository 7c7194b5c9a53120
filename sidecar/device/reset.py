# As if the power had been cut.
import machine
machine.reset()
