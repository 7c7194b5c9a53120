# A board with WebREPL, run by MicroPython's unix port: its own module `websocket` on one side, a virtual board's line
# on the other. `_webrepl` is not in that port: what extmod/modwebrepl.c and webrepl.py do is done here in the same
# order and with the same limits. Files are written by typing at the board's raw prompt, where a real one is, too, when
# it takes a file.
#
# Arguments: port, the board's port, password, and what goes wrong:
#   none
#   close=N    the board closes the connection after N bytes of a file
#   bye=N      it says goodbye, as a web socket does, after N bytes of REPL to the host
#   reset      a soft reset ends the connection before the board says that it restarts, as on an ESP8266
#   ping       it sends a ping before each answer
#   text       what it sends before it is asked for a password is no web socket at all
import binascii
import hashlib
import select
import socket
import struct
import sys
import websocket

PORT, BOARD, PASSWORD, FAULT = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
FAULT, _, AT = FAULT.partition("=")
AT = int(AT or 0)
TEXT, BINARY = 1, 2
GET_DATA_OPTS, SET_DATA_OPTS = 8, 9


class Ended(Exception):
    pass


def shake_hands(s):
    # websocket_helper.server_handshake
    key = None
    s.readline()
    while True:
        line = s.readline()
        if not line:
            raise Ended
        if line == b"\r\n":
            break
        name, value = line.split(b":", 1)
        if name == b"Sec-WebSocket-Key":
            key = value.strip()
    if not key or FAULT == "text":
        s.write(b"HTTP/1.0 200 OK\r\n\r\n<html>this is a web server</html>\r\n")
        raise Ended
    d = hashlib.sha1(key)
    d.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    accept = binascii.b2a_base64(d.digest())[:-1]
    s.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
    s.write(accept)
    s.write(b"\r\n\r\n")


def listen(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    s.listen(4)
    return s


class Line:
    # The virtual board's line.
    def __init__(self):
        self.s = socket.socket()
        self.s.connect(socket.getaddrinfo("127.0.0.1", BOARD)[0][-1])

    def until(self, end):
        got = b""
        while not got.endswith(end):
            some = self.s.recv(1)
            if not some:
                raise Ended
            got += some
        return got[:-len(end)]

    def run(self, code):
        # At the raw prompt.
        self.s.sendall(code.encode() + b"\x04")
        self.until(b"OK")
        out = self.until(b"\x04")
        error = self.until(b"\x04>")
        if error:
            # dupterm: Exception in read() method, deactivating
            raise Ended
        return out


class WebRepl:
    def __init__(self, s):
        self.s = s
        self.ws = websocket.websocket(s, True)
        s.setblocking(False)
        self.line = None
        self.typed = b""
        self.raw = False
        self.head = b""
        self.left = 0
        self.op = 0
        self.file = 0
        self.said = 0
        self.ws.write(b"Password: ")

    def binary(self, data):
        old = self.ws.ioctl(SET_DATA_OPTS, BINARY)
        self.ws.write(data)
        self.ws.ioctl(SET_DATA_OPTS, old)

    def answer(self):
        self.binary(b"WB\0\0")

    def log_in(self, c):
        if c not in b"\r\n":
            if len(self.typed) < 10:
                self.typed += c
            return
        if self.typed != PASSWORD.encode():
            self.ws.write(b"\r\nAccess denied\r\n")
            raise Ended
        self.line = Line()
        self.ws.write(b"\r\nWebREPL connected\r\n>>> ")

    def finish(self):
        if not self.left:
            self.line.run("W_.close();del W_")
            self.head = b""
            self.answer()

    def begin(self):
        sig, self.op, _, _, size, length, name = struct.unpack("<2sBBQLH64s", self.head)
        if self.op == 3:
            self.head = b""
            return self.binary(bytes(sys.implementation[1][:3]))
        name = name.split(b"\0")[0].decode()
        self.line.run("W_=open(%r,%r)" % (name, "wb" if self.op == 1 else "rb"))
        self.answer()
        if self.op == 1:
            self.left = size
            self.finish()
        else:
            self.left = 1

    def files(self, c):
        if len(self.head) < 82:
            self.head += c
            if len(self.head) < 82:
                self.head += self.ws.read(82 - len(self.head)) or b""
            if len(self.head) == 82:
                self.begin()
            return
        if self.op == 1:
            self.left -= 1
            some = c
            if self.left:
                more = self.ws.read(min(511, self.left)) or b""
                self.left -= len(more)
                some += more
            self.file += len(some)
            if FAULT == "close" and self.file >= AT:
                raise Ended
            # As the firmware: what cannot be written is not told.
            self.line.run("try:W_.write(%r)\nexcept OSError:pass" % some)
        else:
            self.left = 0
            some = binascii.unhexlify(self.line.run("import binascii;print(binascii.hexlify(W_.read(256)).decode(),end='')"))
            self.binary(struct.pack("<H", len(some)) + some)
            self.left = 1 if some else 0
        self.finish()

    def from_host(self):
        typed = b""
        while True:
            c = self.ws.read(1)
            if c is None:
                break
            if not c:
                raise Ended
            if not self.line:
                self.log_in(c)
            elif self.ws.ioctl(GET_DATA_OPTS, 0) == TEXT:
                typed += c
            else:
                self.files(c)
        if typed:
            self.line.s.sendall(typed)
        for c in typed:
            self.raw = c == 1 or self.raw and c != 2
            if c == 4 and FAULT == "reset" and not self.raw:
                raise Ended

    def from_board(self):
        some = self.line.s.recv(256)
        if not some:
            raise Ended
        if FAULT == "ping":
            self.s.write(b"\x89\0")  # the module takes the content of an answer for content of the REPL
        self.ws.write(some)
        self.said += len(some)
        if FAULT == "bye" and self.said >= AT:
            self.s.write(b"\x88\x00")
            raise Ended

    def close(self):
        self.s.close()
        if self.line:
            self.line.s.close()


def serve():
    door = listen(PORT)
    print("listening")
    client = None
    while True:
        poll = select.poll()
        poll.register(door, select.POLLIN)
        if client:
            poll.register(client.s, select.POLLIN)
            if client.line:
                poll.register(client.line.s, select.POLLIN)
        ready = [item[0] for item in poll.poll()]
        if door in ready:
            s, _ = door.accept()
            try:
                shake_hands(s)
                if client:
                    s.close()  # Concurrent WebREPL connection rejected
                else:
                    client = WebRepl(s)
            except (Ended, OSError):
                s.close()
        if not client:
            continue
        try:
            if client.s in ready:
                client.from_host()
            if client.line and client.line.s in ready:
                client.from_board()
        except (Ended, OSError):
            client.close()
            client = None


serve()
