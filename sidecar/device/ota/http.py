# A GET that believes nothing: status 200 only, a Content-Length that must be kept, no redirects, an end to each wait.
# The firmware's `requests` takes any certificate, short bodies and redirects with the password.
import socket
import time
from binascii import b2a_base64

HEAD = 8192  # bytes of a server's head, at most


class Body:
    # status and left (bytes to come) are known when this returns. start: so many bytes are there already; `at` says
    # where the server begins.
    def __init__(self, url, settings, start=0):
        self.limit = settings["timeout_s"] * 1000
        self.feed = settings["feed"]
        self.begin(1)
        scheme, _, host, path = url.split("/", 3)
        self.stream = self.socket = None
        try:
            self.connect(scheme, host, settings)
            head = "GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nUser-Agent: %s\r\n" % (
                quoted(path),
                host,
                settings["agent"],
            )
            if start:
                head += "Range: bytes=%d-\r\n" % start
            if settings["user"] is not None:
                pair = "%s:%s" % (settings["user"], settings["password"] or "")
                head += "Authorization: Basic %s\r\n" % b2a_base64(pair.encode()).decode().strip()
            self.stream.write((head + "\r\n").encode())
            self.head(start)
        except BaseException:
            self.close()
            raise

    def connect(self, scheme, host, settings):
        tls = scheme == "https:"
        if not tls and scheme != "http:":
            raise ValueError("%s is neither http nor https" % scheme)
        port = 443 if tls else 80
        if ":" in host:
            host, port = host.rsplit(":", 1)
        a = socket.getaddrinfo(host, int(port), 0, socket.SOCK_STREAM)[0]
        self.stream = self.socket = s = socket.socket(a[0], a[1], a[2])
        s.settimeout(settings["timeout_s"])
        s.connect(a[-1])
        if tls:
            self.stream = secured(s, host, settings["ca"])

    # One wait ends after timeout_s, and so does each KiB: a server that sends a byte now and then holds nobody.
    def begin(self, size):
        self.start = time.ticks_ms()
        self.most = self.limit * (1 + size // 1024)

    def beat(self):
        if self.feed:
            self.feed()
        if time.ticks_diff(time.ticks_ms(), self.start) > self.most:
            raise OSError(110)  # ETIMEDOUT

    def line(self):
        # The beginning of a line is enough, but all of it must pass.
        line = part = b""
        while part[-1:] != b"\n":
            self.beat()
            part = self.stream.readline(128)
            if not part:
                raise ValueError("the answer ends in its head")
            self.room -= len(part)
            if self.room < 0:
                raise ValueError("the answer's head is too long")
            line = line or part
        return line

    def head(self, start):
        self.room = HEAD
        words = self.line().split(None, 2)
        if len(words) < 2 or words[0][:7] != b"HTTP/1.":
            raise ValueError("this is no web server")
        self.status = int(words[1])
        self.left = -1
        self.at = 0
        while 1:
            name, _, value = self.line().decode().partition(":")
            name = name.strip().lower()
            value = value.strip()
            if not name:
                break
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
        self.begin(max(self.left, 0))

    # Fills as much of the buffer as there is; 0 is the end of what was promised.
    def readinto(self, view):
        self.beat()
        if not self.left:
            return 0
        n = self.stream.readinto(view[: min(self.left, len(view))])
        if not n:  # None: nothing came in time
            raise ValueError("the file ends %d bytes too early" % self.left)
        self.left -= n
        return n

    def readline(self, most):
        line = self.stream.readline(min(most, self.left)) or b""
        self.left -= len(line)
        return line

    def close(self):
        for s in (self.stream, self.socket):
            if s:
                s.close()


def secured(s, host, ca):
    import ssl

    # Without a certificate to compare with, https would be a promise that nobody keeps.
    try:
        with open(ca, "rb") as f:
            ca = f.read()
    except OSError:
        raise ValueError("https needs the certificate to trust: %s" % ca)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=ca)
    return context.wrap_socket(s, server_hostname=host)


# S3 reads a bare "+" as a blank.
def quoted(path):
    return "".join(
        chr(c) if 48 <= c <= 57 or 65 <= c <= 90 or 97 <= c <= 122 or chr(c) in "/-._~" else "%%%02X" % c
        for c in path.encode()
    )


def fetch(url, settings, most):
    body = Body(url, settings)
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
