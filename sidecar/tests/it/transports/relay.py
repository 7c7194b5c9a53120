"""What the telnet servers of the tests have in common: clients one after the other, and a board behind each.

Knows no telnet: `hear` and `say` make data of what a client sends, and what it is sent of data.
"""

import select
import socket


def relay(client, address, hear, say):
    """Passes on until one end is gone; ADDRESS is host:port."""
    host, port = address.rsplit(":", 1)
    board = socket.create_connection((host, int(port)))
    board.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        ready, _, _ = select.select([client, board], [], [])
        if client in ready:
            data = client.recv(4096)
            if not data:
                return
            board.sendall(hear(data))
        if board in ready:
            data = board.recv(4096)
            if not data:
                return
            client.sendall(say(data))


def listen(serve):
    """Prints the port, and serves for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            serve(client)
        except OSError:
            pass
        client.close()
