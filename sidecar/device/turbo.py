# Gives the REPL's UART the speed NEW; OLD is the one it has. Unless STAY it stays only if the host shows within half
# a second that both understand each other: "t" the speed changes now; "h" at the new one, until the host sends the 200
# bytes from 0x20 up, at once, as content will come; then "k" it stays, or "f" it is OLD again. "n" this firmware cannot.
#
# ESP32 (ports/esp32/machine_uart.c): UART(0) is the REPL's, and can be made anew since 1.19; before, it raises
# ValueError. What is still in the transmit FIFO, 128 bytes, leaves at the new speed; and since the REPL's UART has no
# driver, the lines after uart_set_baudrate() may raise OSError: the speed has changed all the same.
# ESP8266 (ports/esp8266/machine_uart.c, uart.c): the same call; it empties the FIFOs.
# "linux" is the unix port, which has no UART unless a virtual board gives it one. On all others UART(0) may be
# anything, and making it would take its pins.
def turbo():
    try:
        import machine, micropython, select, sys, time
        u = sys.platform in ("esp32", "esp8266", "linux") and machine.UART
        k = micropython.kbd_intr
        i = sys.stdin.buffer
        o = select.poll()
        o.register(sys.stdin, 1)
        def to(**v):
            try:
                u(0, **v)
            except OSError:
                pass
        to()
    except (AttributeError, ImportError, TypeError, ValueError):
        return say("n")
    # Noise may hold a Ctrl-C.
    k(-1)
    try:
        say("t")
        time.sleep_ms(3 + 1500000 // OLD)
        to(baudrate=NEW)
        if STAY:
            # The host's end follows.
            time.sleep_ms(20)
            return say("k")
        e = time.ticks_add(time.ticks_ms(), 500)
        n = 0
        while time.ticks_diff(e, time.ticks_ms()) > 0:
            say("h" + 20 * "Uz\x7f")
            x = time.ticks_add(time.ticks_ms(), 60)
            while time.ticks_diff(x, time.ticks_ms()) > 0 and o.poll(60):
                c = i.read(1)[0] - 32
                n = n + 1 if c == n else c == 0
                if n > 199:
                    return say("k")
                if n:
                    x = time.ticks_add(time.ticks_ms(), 60)
        time.sleep_ms(3 + 1500000 // NEW)
        to(baudrate=OLD)
        say("f")
    finally:
        k(3)
turbo()
