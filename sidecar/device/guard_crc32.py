# Raises if the text t is not what was sent: s is its CRC-32.
try:
    from ubinascii import crc32 as H_
except ImportError:
    from binascii import crc32 as H_
def G_(t, s):
    if H_(t) != s:
        raise ValueError("damaged")
