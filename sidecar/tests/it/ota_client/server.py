# A web server for one folder that fails as it is told.
#
# Arguments: port (0: a free one), folder, certificate and key (PEM) for https, or nothing.
# <folder>/.faults: a line "<end of path> <fault>", read at each request, the first that fits; "*" is any:
#   404, 500     that status
#   cut=N        Content-Length of all, N bytes, end of connection
#   rst=N        the same, and a reset
#   once=N       cut=N, the first time that this server is asked so
#   hang         takes the request and says nothing
#   drip         a byte a second
#   login        200 and the page of a captive portal
#   away=URL     301 to URL
#   chunked      200 in chunks, without Content-Length
#   long         200 with a head of 20 kB
#   garbled=N    200, and byte N is another one
# <folder>/.log: a line "<path> <status> <range> <authorization> <user agent>" for each request.
import os
import socket
import ssl
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

port, root = int(sys.argv[1]), sys.argv[2]
pair = sys.argv[3:5]
seen = set()


def fault(path):
    try:
        with open(root + "/.faults") as file:
            for line in file:
                end, what = line.split()
                if end == "*" or path.endswith(end):
                    name, _, value = what.partition("=")
                    if name == "once":
                        if path in seen:
                            return "", ""
                        seen.add(path)
                        name = "cut"
                    return name, value
    except FileNotFoundError:
        pass
    return "", ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def head(self, status, *lines):
        self.send_response(status)
        for name, value in lines:
            self.send_header(name, value)
        self.end_headers()
        asked = [self.headers.get(name) or "-" for name in ("Range", "Authorization", "User-Agent")]
        with open(root + "/.log", "a") as log:
            log.write(" ".join([self.path, str(status), *asked]) + "\n")

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.rfile.close = self.wfile.close = lambda: None

    def do_GET(self):
        self.close_connection = True
        path = unquote(self.path)
        name, value = fault(path)
        data = b""
        status = 200
        try:
            with open(root + path, "rb") as file:
                data = file.read()
        except OSError:
            status = 404
        if name in ("404", "500"):
            status, data = int(name), b""
        if name == "login":
            status, data = 200, b"login"
        if name == "garbled":
            at = int(value)
            data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        if name == "hang":
            time.sleep(60)
            return
        if name == "away":
            self.head(301, ("Location", value), ("Content-Length", "0"))
            return
        if name == "chunked":
            self.head(status, ("Transfer-Encoding", "chunked"))
            self.wfile.write(b"%x\r\n" % len(data) + data + b"\r\n0\r\n\r\n")
            return
        lines = [("Content-Length", str(len(data)))]
        start = self.headers.get("Range", "")
        if status == 200 and start.startswith("bytes=") and start.endswith("-"):
            at = int(start[6:-1])
            if at < len(data):
                lines = [
                    ("Content-Length", str(len(data) - at)),
                    ("Content-Range", "bytes %d-%d/%d" % (at, len(data) - 1, len(data))),
                ]
                status, data = 206, data[at:]
        if name == "long":
            lines += [("X-%d" % n, "x" * 1000) for n in range(20)]
        self.head(status, *lines)
        if name in ("cut", "rst"):
            data = data[: int(value)]
        if name == "drip":
            for byte in data:
                self.wfile.write(bytes([byte]))
                time.sleep(1)
        self.wfile.write(data)
        if name == "rst":
            self.reset()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # boards that lose their power


server = Server(("127.0.0.1", port), Handler)
if pair:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    # The handshake belongs to the thread of its connection.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print("listening", server.server_address[1], flush=True)
server.serve_forever()
