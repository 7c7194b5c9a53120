# Raises if the text t is not what was sent: s is the start of its SHA-256.
try:
    from uhashlib import sha256 as H_
except ImportError:
    from hashlib import sha256 as H_
def G_(t, s):
    if H_(t).digest()[:4] != s:
        raise ValueError("damaged")
