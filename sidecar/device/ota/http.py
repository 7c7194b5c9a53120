# A GET that believes nothing: status 200 only, a Content-Length that must be kept, no redirects, an end to each wait.
# The firmware's `requests` takes any certificate, short bodies, and redirects with the password.
import socket
import time
from binascii import b2a_base64

HEAD = 8192  # bytes of a server's head, at most
ETIMEDOUT = 110


class Body:
    # When this returns, status and left (bytes to come) are known. start: so many bytes are there already; `at` says
    # where the server begins.
    def __init__(self, url, conf, start=0):
        self.limit = conf["timeout_s"] * 1000
        self.feed = conf["feed"]
        self.begin(0)
        scheme, _, host, path = url.split("/", 3)
        self.stream = self.socket = None
        try:
            self.connect(scheme, host, conf)
            head = "GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nUser-Agent: %s\r\n" % (
                quoted(path),
                host,
                conf["agent"],
            )
            if start:
                head += "Range: bytes=%d-\r\n" % start
            if conf["user"] is not None:
                pair = "%s:%s" % (conf["user"], conf["password"] or "")
                head += "Authorization: Basic %s\r\n" % b2a_base64(pair.encode()).decode().strip()
            head = (head + "\r\n").encode()
            while head:
                head = head[self.wait(self.stream.write, head) :]
            self.head(start)
        except BaseException:
            self.close()
            raise

    def connect(self, scheme, host, conf):
        is_tls = scheme == "https:"
        if not is_tls and scheme != "http:":
            raise ValueError("%s is neither http nor https" % scheme)
        port = 443 if is_tls else 80
        if ":" in host:
            host, port = host.rsplit(":", 1)
        a = socket.getaddrinfo(host, int(port), 0, socket.SOCK_STREAM)[0]
        self.stream = self.socket = s = socket.socket(a[0], a[1], a[2])
        s.settimeout(conf["timeout_s"])
        s.connect(a[-1])
        # From here on the waiting is done here: a blocking read fills its buffer, however long each byte takes.
        s.setblocking(False)
        if is_tls:
            from ota import tls

            self.stream = tls.wrap(s, host, conf["ca"])

    # The next byte may take timeout_s, and so may each KiB: a server that sends one now and then holds nobody.
    def begin(self, size):
        self.start = self.since = time.ticks_ms()
        self.most = self.limit * (1 + size // 1024)

    # What the stream's method answers once there is something to answer.
    def wait(self, method, argument):
        while 1:
            if self.feed:
                self.feed()
            now = time.ticks_ms()
            if time.ticks_diff(now, self.since) > self.limit or time.ticks_diff(now, self.start) > self.most:
                raise OSError(ETIMEDOUT)
            found = method(argument)
            if found is not None:
                self.since = now
                return found
            time.sleep_ms(3)

    # As much of a line as there is room for, but no more than a line.
    def line(self, most):
        line = b""
        while len(line) < most and line[-1:] != b"\n":
            part = self.wait(self.stream.readline, most - len(line))
            if not part:
                break
            line += part
        return line

    def head(self, start):
        room = HEAD
        self.left = -1
        self.at = self.status = 0
        while 1:
            line = self.line(128)
            # The beginning of a long line is enough.
            rest = line
            while rest and rest[-1:] != b"\n":
                rest = self.line(128)
                room -= len(rest)
            room -= len(line)
            if not rest:
                raise ValueError("the answer ends in its head")
            if room < 0:
                raise ValueError("the answer's head is too long")
            line = line.decode().strip()
            if not self.status:
                if line[:7] != "HTTP/1.":
                    raise ValueError("this is no web server")
                self.status = int(line.split()[1])
                continue
            if not line:
                break
            name, _, value = line.partition(":")
            name = name.lower()
            value = value.strip()
            if name == "content-length":
                self.left = int(value)
            elif name == "transfer-encoding" or name == "content-encoding" and value != "identity":
                raise ValueError("the server sends %s, not the file as it is" % value)
            elif name == "content-range" and self.status == 206:
                self.at = int(value.split()[1].split("-")[0])
        if self.status == 206 and self.at == start > 0:
            self.status = 200
        if self.status == 200 and self.left < 0:
            raise ValueError("the server does not say how long the file is")
        self.begin(self.left)

    # What is there by now; 0 is the end of what was promised.
    def readinto(self, view):
        if not self.left:
            return 0
        n = self.wait(self.stream.readinto, view[: min(self.left, len(view))])
        if not n:
            raise ValueError("the file ends %d bytes too early" % self.left)
        self.left -= n
        return n

    def readline(self, most):
        line = self.line(min(most, self.left))
        self.left -= len(line)
        return line

    def close(self):
        for s in (self.stream, self.socket):
            if s:
                s.close()


# S3 reads a bare "+" as a blank.
def quoted(path):
    return "".join(
        chr(c) if 48 <= c <= 57 or 65 <= c <= 90 or 97 <= c <= 122 or chr(c) in "/-._~" else "%%%02X" % c
        for c in path.encode()
    )


def fetch(url, conf, most):
    body = Body(url, conf)
    try:
        if body.status != 200:
            raise ValueError("%s: status %d" % (url, body.status))
        if body.left > most:
            raise ValueError("%s: %d bytes, %d at most" % (url, body.left, most))
        data = bytearray(body.left)
        view = memoryview(data)
        n = 0
        while body.left:
            n += body.readinto(view[n:])
        return bytes(data)
    finally:
        body.close()
