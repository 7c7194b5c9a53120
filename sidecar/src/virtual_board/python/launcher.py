# Runs the unix port of MicroPython as a board: CPython loads it as a C library and calls its `main`.
# Not the board's file system or boot order: that is flash.py, which MicroPython runs first.
#
# argv: library, heap, REPL mode (0 friendly, 1 raw), parts to hide, flash.py's text, flash.py's arguments.
# stdin and stdout are the board's UART; stderr is the line to the virtual board:
# "B" boot.py comes next, which is answered by a byte, "S" soft reset, "H" hard reset, "X" the power is gone,
# "U<baud>;" the UART has another speed; this one is answered by a byte,
# "D<ms>;" the watchdog is fed, "Z<ms>;" deep sleep.
import ctypes
import os
import signal
import sys
import threading
import time

library, heap, mode, hidden, script = sys.argv[1:6]
os.dup2(2, 8)  # the launcher's own
os.dup2(2, 9)  # flash.py's, which a garbage collection may close
os.dup2(1, 2)  # a board's sys.stderr is its UART too

libc = ctypes.CDLL(None)
libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG: no orphans when the virtual board is killed
board = ctypes.CDLL(library)

# A UART interrupt that sees 0x03 calls mp_sched_keyboard_interrupt(); here a signal is the interrupt.
# SIGINT itself stays MicroPython's: whether it is caught tells if the interrupt character is on.
# Without SA_RESTART, or a blocked read would go on sleeping.
signal.signal(signal.SIGINT, signal.SIG_DFL)
libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.signal(signal.SIGUSR1, ctypes.cast(board.mp_sched_keyboard_interrupt, ctypes.c_void_p))
signal.siginterrupt(signal.SIGUSR1, True)



def writable(name):
    """Address of a constant of the library, which the loader has made read-only."""
    at = ctypes.addressof(ctypes.c_char.in_dll(board, name))
    libc.mprotect(ctypes.c_void_p(at & ~4095), ctypes.c_size_t(8192), 3)
    return at


def hide_module(name):
    """Takes a module out of the tables of built-in ones, as if the firmware had been built without it."""
    board.qstr_init()
    wanted = board.qstr_find_strn(name, len(name)) << 3 | 2  # MP_OBJ_NEW_QSTR
    for table in "mp_builtin_module_map", "mp_builtin_extensible_module_map":
        flags, _, entries = (ctypes.c_size_t * 3).in_dll(board, table)  # mp_map_t
        used = flags >> 3
        libc.mprotect(ctypes.c_void_p(entries & ~4095), ctypes.c_size_t(used * 16 + 8192), 3)
        for at in range(entries, entries + used * 16, 16):
            if ctypes.c_size_t.from_address(at).value == wanted:
                ctypes.c_size_t.from_address(at).value = 0


for part in filter(None, hidden.split(",")):
    if part == "stdin.buffer":
        # What MICROPY_PY_SYS_STDIO_BUFFER=0 leaves out: the attr slot (byte 17) of the text streams' type.
        ctypes.c_uint8.from_address(writable("mp_type_vfs_posix_textio") + 17).value = 0
    else:
        hide_module(part.encode())

def keep_stdin():
    """A UART cannot be closed; a program's sys.stdin.close() closes ours."""
    os.dup2(0, 7)

    def look():
        while True:
            time.sleep(0.03)
            try:
                os.fstat(0)
            except OSError:
                os.dup2(7, 0)

    # Interrupts are for the main thread.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGUSR1})
    threading.Thread(target=look, daemon=True).start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGUSR1})


keep_stdin()
kind = ctypes.c_uint8.in_dll(board, "pyexec_mode_kind")
kind.value = int(mode)
args = ["micropython", "-X", "heapsize=" + heap, "-c", script, mode] + sys.argv[6:]
board.micropython_unix_main(len(args), (ctypes.c_char_p * (len(args) + 1))(*map(os.fsencode, args), None))

# A soft reset keeps the REPL's mode, as `for (;;)` around ports/rp2/main.c does.
os.write(8, b"S")
os.write(1, b"MPY: soft reboot\r\n")
os.dup2(8, 2)
os.dup2(7, 0)
again = list(sys.orig_argv)
again[-len(sys.argv) + 3] = str(kind.value)
os.execv(sys.executable, again)
