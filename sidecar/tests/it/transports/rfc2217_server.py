"""pyserial's RFC 2217 server over one serial port: rfc2217_server.py TTY [RECORD].

Prints the port that it listens on. With RECORD the serial port is a fake one that notes each change of its lines in
that file, a line each, and sends back what it is sent. One client after another; a new one throws the old one out.
"""

import os
import select
import socket
import sys

import serial
import serial.rfc2217


class Recorded:
    """What PortManager asks of a serial port, on paper."""

    def __init__(self, path):
        self.paper = open(path, "w", buffering=1)
        self.reader, self.writer = os.pipe()
        self.values = {"cts": False, "dsr": False, "ri": False, "cd": False}

    def __getattr__(self, name):
        return self.__dict__["values"].get(name)

    def __setattr__(self, name, value):
        if name in ("paper", "reader", "writer", "values"):
            self.__dict__[name] = value
            return
        self.values[name] = value
        print(name, value, file=self.paper)

    def fileno(self):
        return self.reader

    def read(self, size):
        return os.read(self.reader, size)

    def write(self, data):
        os.write(self.writer, data)

    def reset_input_buffer(self):
        print("reset_input_buffer", file=self.paper)

    def reset_output_buffer(self):
        print("reset_output_buffer", file=self.paper)


class Terminal(serial.Serial):
    """A pseudo-terminal has no modem lines; pyserial would end with ENOTTY."""

    cts = dsr = ri = cd = False

    def _update_dtr_state(self):
        pass

    def _update_rts_state(self):
        pass


class Connection:
    def __init__(self, client):
        self.client = client

    def write(self, data):
        self.client.sendall(data)


def serve(client, port):
    manager = serial.rfc2217.PortManager(port, Connection(client))
    while True:
        ready, _, _ = select.select([client, port], [], [])
        if client in ready:
            data = client.recv(4096)
            if not data:
                return
            # One by one: what comes before a command leaves before it.
            for byte in manager.filter(data):
                port.write(byte)
        if port in ready:
            client.sendall(b"".join(manager.escape(port.read(max(1, port.in_waiting or 0)))))


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(sys.argv) > 2:
            port = Recorded(sys.argv[2])
        else:
            port = Terminal(sys.argv[1], 115200, timeout=0)
        try:
            serve(client, port)
        except OSError:
            pass
        client.close()
        if isinstance(port, Terminal):
            port.close()


main()
