# Before something that stays: what is defined among garbage leaves 9 kB of heap in fragments.
import gc
gc.collect()
