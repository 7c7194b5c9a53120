# Which slot runs: two records in turn, so that one of them is whole whatever happens to the other.
# Knows no network and no releases.
import json
import os

try:
    from binascii import crc32
except ImportError:  # esp8266

    def crc32(data):
        crc = 0xFFFFFFFF
        for byte in data:
            crc ^= byte
            for _ in range(8):
                crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
        return crc ^ 0xFFFFFFFF


# Where boot.py lies, which imports this first: pyboards have / as a list of drives, and boot from /flash or /sd.
ROOT = os.getcwd().rstrip("/")
SLOTS = ROOT + "/slots/"


# The newest whole record. A file is 8 hex digits, the CRC-32 of the JSON behind them. No file is renamed: on FAT that
# removes the target first, and on littlefs a rename that lost its power hides the file beside it.
def load():
    best = {
        "n": 0,  # of the record
        "slot": "",  # the version to return to, "" is what lies at the root
        "version": "",
        "seq": 0,  # highest of all releases that were ever staged
        "try": "",  # the slot on trial
        "tryver": "",
        "left": 0,  # boots that the trial has left
        "bad": [],  # versions that did not confirm
        "wdt_ms": 0,
        "trial_s": 0,
    }
    for name in "ab":
        try:
            with open(SLOTS + "st_" + name, "rb") as f:
                raw = f.read()
            if int(raw[:8], 16) == crc32(raw[8:]) & 0xFFFFFFFF:
                s = json.loads(raw[8:])
                if s["n"] > best["n"]:
                    best.update(s)
        except (OSError, ValueError):  # not there, torn
            pass
    return best


# Takes the place of the older record. Read back, for a flash may lie.
def save(s):
    s["n"] += 1
    body = json.dumps(s).encode()
    body = b"%08x" % (crc32(body) & 0xFFFFFFFF) + body
    name = SLOTS + "st_" + "ab"[s["n"] & 1]
    with open(name, "wb") as f:
        f.write(body)
    with open(name, "rb") as f:
        if f.read() != body:
            raise OSError(5)
