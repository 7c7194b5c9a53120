"""A telnet server with a login in front of a board: telnet_server.py KIND ADDRESS [PASSWORD].

ADDRESS is host:port, where the board is; prints the port that it listens on. Kinds:

proper  as RFC 854 has it: all 256 values pass once both ends have agreed on BINARY; before, NUL is dropped behind CR
pycom   as in MicroPython's ports/cc3200/telnet/telnet.c, and in Pycom's: what is above 127 begins an option and goes
        away with two bytes behind it, NUL goes away, and so does what comes between the prompt for the password and
        the options behind it; nothing is doubled on the way back
deaf    takes the user, and hangs up
"""

import select
import sys

from relay import listen, relay

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
ECHO, SGA, LINEMODE = 1, 3, 34
USER, PASSWORD = b"micro", (sys.argv[3:] or ["python"])[0].encode()


class Proper:
    """Agrees to BINARY, SGA and ECHO, and answers only what changes something."""

    def __init__(self, client):
        self.client, self.state, self.on = client, "data", set()

    def hear(self, data):
        out = bytearray()
        for byte in data:
            if self.state == "data" and byte == IAC:
                self.state = "command"
            elif self.state == "return" and byte == 0:
                self.state = "data"
            elif self.state in ("data", "return"):
                if byte == IAC:
                    self.state = "command"
                    continue
                out.append(byte)
                self.state = "return" if byte == 13 and not (WILL, 0) in self.on else "data"
            elif self.state == "command" and byte == IAC:
                out.append(IAC)
                self.state = "data"
            elif self.state == "command":
                self.state = byte if byte in (DO, DONT, WILL, WONT) else "data"
            else:
                self.negotiate(self.state, byte)
                self.state = "data"
        return bytes(out)

    def negotiate(self, command, option):
        if command in (DO, WILL) and (command, option) not in self.on:
            good = option in (0, ECHO, SGA)
            if good:
                self.on.add((command, option))
            answer = (WILL if good else WONT) if command == DO else (DO if good else DONT)
            self.client.sendall(bytes([IAC, answer, option]))

    def say(self, data):
        data = data.replace(b"\xff", b"\xff\xff")
        return data if (DO, 0) in self.on else data.replace(b"\r", b"\r\0").replace(b"\r\0\n", b"\r\n")


class Pycom:
    """Not clean at all."""

    def __init__(self, client):
        self.client = client

    def hear(self, data):
        out, at = bytearray(), 0
        while at < len(data):
            if data[at] > 127:
                at += 3
                continue
            if data[at]:
                out.append(data[at])
            at += 1
        return bytes(out)

    def say(self, data):
        return data


def line(client, telnet, rest):
    """Up to a carriage return; None at the end."""
    got = bytearray(rest)
    while b"\r" not in got:
        data = client.recv(256)
        if not data:
            return None
        got += telnet.hear(data)
    return bytes(got[: got.index(13)])


def login(client, telnet, kind):
    for _ in range(3):
        if kind == "pycom":
            client.sendall(bytes([IAC, WONT, ECHO, IAC, WONT, SGA, IAC, WILL, LINEMODE]))
        client.sendall(b"Login as: ")
        user = line(client, telnet, b"")
        if user is None or kind == "deaf":
            return False
        client.sendall(b"Password: ")
        if kind == "pycom":
            # A turn of its loop later; what came until then is read and forgotten.
            ready, _, _ = select.select([client], [], [], 0.05)
            if ready:
                client.recv(256)
            client.sendall(bytes([IAC, WILL, ECHO, IAC, WONT, SGA, IAC, WILL, LINEMODE]))
        password = line(client, telnet, b"")
        if password is None:
            return False
        if (user, password) == (USER, PASSWORD):
            if kind == "pycom":
                client.sendall(bytes([IAC, WILL, ECHO, IAC, WILL, SGA, IAC, WONT, LINEMODE]))
            client.sendall(b'\r\nLogin succeeded!\r\nType "help()" for more information.\r\n')
            return True
        client.sendall(b"\r\nInvalid credentials, try again.\r\n")
    return False


def serve(client, kind, address):
    telnet = Pycom(client) if kind == "pycom" else Proper(client)
    client.sendall(b"MicroPython v1.20.2 on 2020-01-01; LoPy with ESP32\r\n")
    if not login(client, telnet, kind):
        return
    relay(client, address, telnet.hear, telnet.say)


kind, address = sys.argv[1:3]
listen(lambda client: serve(client, kind, address))
