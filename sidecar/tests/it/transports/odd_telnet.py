"""A telnet server with habits in front of a board: odd_telnet.py KIND ADDRESS.

As telnet_server.py; the user is micro and the password python. It passes on what is data, and lets 255 be. Kinds:

late       says nothing for a second, then asks
greets     greets at once, and asks a second later
colours    prompts in colours, and a title for the window
echo       sends back what is typed, stars for the password
banner     2 kB of it before
once       closes the connection after a wrong password
three      asks three times
quiet      says nothing at all to the right password
password   asks for the password only
flood      asks for every option again and again, and for types, sizes and variables of the terminal
closes     hangs up at once
resets     resets the connection after the user
hangs      never says anything
slow       takes a second for the password prompt, and one for its word on it
none       never asks
"""

import socket
import struct
import sys
import time

from relay import listen, relay

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240


class Hear:
    """Data without telnet's own words."""

    def __init__(self):
        self.state = "data"

    def __call__(self, data):
        out = bytearray()
        for byte in data:
            if self.state == "data" and byte == IAC:
                self.state = "command"
            elif self.state == "data":
                if byte:
                    out.append(byte)
            elif self.state == "command" and byte in (DO, DONT, WILL, WONT):
                self.state = "option"
            elif self.state == "command" and byte == IAC:
                out.append(IAC)
                self.state = "data"
            else:
                self.state = "data"
        return bytes(out)


def flood():
    every = b"".join(bytes([IAC, verb, option]) for option in range(60) for verb in (DO, WILL))
    subs = b"".join(bytes([IAC, SB, option, 1, IAC, SE]) for option in (24, 31, 39))
    return every + subs


def line(client, hear, kind, stars, rest):
    while b"\r" not in rest:
        data = client.recv(256)
        if not data:
            raise OSError
        some = hear(data)
        rest += some
        if kind == "echo":
            client.sendall(b"*" * len(some.strip()) if stars else some)
        if kind == "flood":
            client.sendall(flood())
    at = rest.index(13)
    text = bytes(rest[:at])
    del rest[: at + 1]
    if rest[:1] == b"\n":
        del rest[:1]
    return text


def login(client, hear, kind):
    user, password = b"Username: ", b"Password: "
    if kind == "colours":
        user = b"\x1b]0;board\x07\x1b[1;32mboard \x1b[33mLOGIN:\x1b[0m \x1b[K"
        password = b"\x1b[31mpassword for micro:\x1b[0m "
    if kind == "banner":
        client.sendall(b"\r\n".join([b"= Property of nobody: users and passwords are checked =="] * 40) + b"\r\n")
    if kind == "greets":
        client.sendall(b"Welcome to the board.\r\n")
    if kind in ("late", "greets"):
        time.sleep(1)
    rest = bytearray()
    for _ in range(3):
        said = b"micro"
        if kind != "password":
            client.sendall(user)
            said = line(client, hear, kind, False, rest)
        if kind == "resets":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if kind == "slow":
            time.sleep(1)
        client.sendall(b"\r\n" + password)
        word = line(client, hear, kind, True, rest)
        if kind == "slow":
            client.sendall(b"\r\n")
            time.sleep(1)
        if (said, word) == (b"micro", b"python"):
            client.sendall(b"" if kind == "quiet" else b"\r\nWelcome, micro.\r\n")
            return True
        if kind == "once":
            return False
        client.sendall(b"\r\nLogin incorrect\r\n")
    return False


def serve(client, kind, address):
    hear = Hear()
    if kind == "closes":
        return
    if kind == "hangs":
        while client.recv(256):
            pass
        return
    if kind == "flood":
        client.sendall(flood())
    if kind != "none" and not login(client, hear, kind):
        return
    relay(client, address, hear, lambda data: data.replace(b"\xff", b"\xff\xff"))


_, kind, address = sys.argv
listen(lambda client: serve(client, kind, address))
