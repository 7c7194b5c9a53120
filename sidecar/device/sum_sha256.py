# The checksum of this session is SHA-256 (column 0 of the manifest).
# An ImportError here makes the host ask for the next one.
try:
    from uhashlib import sha256 as S
except ImportError:
    from hashlib import sha256 as S
K = 0
