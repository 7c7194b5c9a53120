# Raises if the text t is not what was sent: s is a checksum in numbers that stay small integers (31 bits).
def G_(t, s):
    n = 0
    for c in bytes(t, "utf-8"):
        n = n * 31 + c & 0x3fffff
    if n != s:
        raise ValueError("damaged")
