# Verifies RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2) by integers alone: firmware has no public-key signatures.
# Signs nothing: the private key is on no device.

# DigestInfo of SHA-256: RFC 8017, 9.2, note 1.
SHA256 = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"


def power(x, n):
    try:
        return pow(x, 65537, n)
    except (TypeError, NotImplementedError):  # esp8266 has no pow of three arguments
        y = x
        for _ in range(16):
            y = y * y % n
        return y * x % n


# Is it the signature of this digest by one of the keys in the file, moduli as hex digits, one a line?
def verify(digest, signature, keys):
    size = len(signature)
    wanted = b"\x00\x01" + b"\xff" * (size - 54) + b"\x00" + SHA256 + digest
    with open(keys) as f:
        for line in f:
            line = line.strip()
            if line[:1] == "#" or len(line) != 2 * size or size < 256:
                continue
            n = int(line, 16)
            x = int.from_bytes(signature, "big")
            if x < n and power(x, n).to_bytes(size, "big") == wanted:
                return True
    return False
