# Gives the unix port a board's flash and a board's way to boot; MicroPython runs it before anything else.
# Leaves nothing in the globals that boot.py, main.py and the REPL share.
#
# argv: REPL mode, image, bytes, fs (littlefs, fat), readonly (0, 1), writes until the power fails (-2 never) and how
# (half, none, garbage) or "count", unique id (hex), uart (0, 1), flaw of the flash (empty, or: full, lose, flip or an
# errno; the first write or erase since mounting that it hits; every how many).
#
# The flash's methods are straight lines: MicroPython looks for a Ctrl-C at jumps only,
# and a real board's flash driver cannot be interrupted halfway either.
# They allocate nothing, and be it a tuple, for files are closed by finalisers, which run with the heap locked; an
# exception that passes through littlefs leaves it with a list of open files that holds what is none any more.


def _boot():
    import gc
    import io
    import os
    import sys
    import time
    import vfs
    from micropython import kbd_intr, schedule

    _, mode, image, size, kind, readonly, power, uid, uart, flaw = sys.argv
    sys.argv[:] = []
    uid = bytes.fromhex(uid)
    line = open(9, "r+b")
    store = open(image, "r+b")

    power, torn = power.split()

    def program(flash, at, buf):
        flash.seek(at)
        flash.write(buf)

    def fail():
        line.write(b"X")
        line.read(1)  # never comes: the virtual board ends this process

    def torn_program(flash, at, buf):
        try:
            if torn != "none":
                program(flash, at, buf[: len(buf) // 2])
            if torn == "garbage":
                flash.write(bytes(x ^ 0xA5 for x in buf[len(buf) // 2 :]))
        finally:  # also where there is no RAM for the half
            fail()

    def quarter(flash):
        flash.write(flash.blank)
        flash.write(flash.blank)
        flash.write(flash.blank)
        flash.write(flash.blank)

    def clear(flash, at):
        flash.seek(at)
        quarter(flash)
        quarter(flash)
        quarter(flash)
        quarter(flash)

    def torn_clear(flash, at):
        flash.seek(at)
        try:
            if torn != "none":
                quarter(flash)
                quarter(flash)
            if torn == "garbage":
                flash.write(b"\xa5" * 2048)
        finally:
            fail()

    def counted_program(flash, at, buf):
        program(flash, at, buf)
        line.write(b"W")

    def counted_clear(flash, at):
        clear(flash, at)
        line.write(b"W")

    class Flash:
        seek = store.seek
        read = store.readinto
        write = store.write
        block = 512 if kind == "fat" else 4096
        count = int(size) // block
        blank = b"\xff" * 256  # all the time in the board's RAM
        # What is not used leaves its RAM to the board.
        programs = counted_program if torn == "count" else program, torn_program if int(power) >= 0 else None
        clears = counted_clear if torn == "count" else clear, torn_clear if int(power) >= 0 else None

        def __init__(self):
            self.left = int(power)

        def readblocks(self, n, buf, off=0):
            self.seek(n * self.block + off)
            self.read(buf)

        def writeblocks(self, n, buf, off=0):
            self.left -= 1
            self.programs[self.left == -1](self, n * self.block + off, buf)

        def ioctl(self, op, arg):
            return self.ops[op](self, arg)

        def erase(self, n):
            self.left -= 1
            self.clears[self.left == -1](self, n * self.block)
            return 0

        ops = {
            1: lambda self, _: 0,
            2: lambda self, _: 0,
            3: lambda self, _: 0,
            4: lambda self, _: self.count,
            5: lambda self, _: self.block,
            6: erase,
        }

    class Flawed(Flash):
        at = 0
        first = 1 << 29  # while it is being mounted nothing is wrong
        every = 1
        turns = 1  # does an erase count?

        def writeblocks(self, n, buf, off=0):
            at = self.at
            self.at = at + 1
            hit = (at >= self.first) & ((at - self.first) % self.every == 0)
            return self.writes[hit](self, n, buf, off)

        def erase(self, n):
            at = self.at
            self.at = at + self.turns
            hit = (at >= self.first) & ((at - self.first) % self.every == 0) & self.turns
            return self.erases[hit](self, n)

        writes = Flash.writeblocks, None
        erases = Flash.erase, None
        ops = dict(Flash.ops)
        ops[6] = erase

    def flawed(kind, number):
        def refuse(*_):
            raise OSError(number)

        def full(*_):
            return -28

        def lose(*_):
            return 0

        def flip(flash, n, buf, off):
            buf[len(buf) // 2] ^= 4
            Flash.writeblocks(flash, n, buf, off)
            buf[len(buf) // 2] ^= 4

        # FatFs makes an EIO of every number that a driver returns.
        return {"full": full if block != 512 else refuse, "lose": lose, "flip": flip}.get(kind, refuse)

    flash = Flawed() if flaw else Flash()
    block = flash.block
    make = vfs.VfsFat if kind == "fat" else vfs.VfsLfs2
    vfs.umount("/")
    try:
        vfs.mount(make(flash), "/", readonly=readonly == "1")
    except OSError:
        make.mkfs(flash)
        vfs.mount(make(flash), "/", readonly=readonly == "1")
    if flaw:
        flaw, first, every = flaw.split()
        hit = flawed(flaw, 28 if flaw == "full" else flaw.isdigit() and int(flaw))
        Flawed.turns = int(flaw != "flip")
        Flawed.writes = Flash.writeblocks, hit
        Flawed.erases = Flash.erase, hit
        Flawed.every = int(every)
        flash.at = 0
        Flawed.first = int(first)
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]

    def end(how):
        kbd_intr(-1)  # nothing interrupts a chip that resets or sleeps
        line.write(how)
        while 1:
            line.read(1)  # never comes: the virtual board ends this process

    # The unix port's `machine` cannot reset or sleep, and has no identity, no watchdog and no timers.
    try:
        import _thread
        import machine as ported

        class machine:
            def reset():
                end(b"H")

            def deepsleep(ms=0):
                end(b"Z%d;" % ms)

            def unique_id():
                return uid

        class WDT:
            # Runs on the line's clock, which no program of the board can stop.
            def __init__(self, id=0, timeout=5000):
                self.timeout = timeout
                self.feed()

            def feed(self):
                line.write(b"D%d;" % self.timeout)

        class Timer:
            # A thread counts, the callback runs between two steps of the main program, as a board's soft timers do.
            ONE_SHOT = 0
            PERIODIC = 1

            def __init__(self, id=-1, **v):
                self.turn = 0
                if v:
                    self.init(**v)

            def init(self, mode=1, period=0, freq=0, callback=None):
                self.turn += 1
                _thread.start_new_thread(self.count, (self.turn, mode, period or 1000 // freq, callback))

            def count(self, turn, mode, period, callback):
                while 1:
                    time.sleep_ms(period)
                    if self.turn != turn:
                        return
                    try:
                        schedule(callback, self)
                    except RuntimeError:  # the queue is full: a real timer drops this one, too
                        pass
                    if not mode:
                        return

            def deinit(self):
                self.turn += 1

        machine.WDT = WDT
        machine.Timer = Timer

        class UART:
            # The REPL's own UART, as on ESP32 and ESP8266; other firmware of this kind has no UART at all.
            def __init__(self, id, baudrate=0):
                if id:
                    raise ValueError("UART(%d) does not exist" % id)
                self.init(baudrate)

            def init(self, baudrate=0):
                if baudrate > 0:
                    line.write(b"U%d;" % baudrate)
                    line.read(1)

        if uart == "1":
            machine.UART = UART
        for name in dir(ported):
            if name[0] != "_":
                setattr(machine, name, getattr(ported, name))
        sys.modules["machine"] = machine
    except ImportError:
        pass

    def sweep():
        # A board's soft reset closes every file (gc_sweep_all); the unix port only ends.
        try:
            sys.modules.clear()
            shared.clear()
            gc.collect()
        except BaseException:
            pass

    shared = globals()
    sys.atexit(sweep)
    shared.pop("_boot")
    shared.pop("__file__")

    # As ports/rp2/main.c: main.py only at the friendly REPL and only after a boot.py that did not fail. Ctrl-C counts
    # in every step of the two, and in none of this.
    heard = []

    def boot():
        try:
            line.write(b"B")
            heard.append(line.read(1))  # a Ctrl-C that came while the chip started is pending by now
            for name in ("boot.py", "main.py") if mode == "0" else ("boot.py",):
                try:
                    if os.stat(name)[0] & 0x4000:
                        continue
                except OSError:
                    continue
                shared["__file__"] = name
                execfile(name)
        finally:
            kbd_intr(-1)

    try:
        try:
            boot()
        except BaseException as error:
            failed = error
        else:
            failed = None
    except KeyboardInterrupt as error:  # another one, while the first was looked at
        failed = error
    if isinstance(failed, SystemExit):
        return  # no REPL: the launcher makes a soft reset of it
    if failed:
        if not heard:
            line.read(1)
        text = io.StringIO()
        sys.print_exception(failed, text)
        lines = text.getvalue().split("\n")
        lines[1:3] = []  # the frames of these functions, which no board has
        print("\n".join(lines), end="")
    os.putenv("MICROPYINSPECT", "1")


_boot()
