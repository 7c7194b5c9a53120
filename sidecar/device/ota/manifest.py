# Which manifest of a version this board takes, and whether it may: signed, for it, and newer than all before.
# The files that it names are ota.tree's.
import json
import sys
from hashlib import sha256

from ota import http
from ota import rsa

MOST = 65536  # bytes of a manifest
FURTHER = 99  # manifests of the same version


# Of a manifest. It is not believed yet: it only tells which manifest to take.
def first_line(line):
    try:
        head = json.loads(line.decode() + "]}")
        if line[-10:] == b'"files":[\n' and head["seq"] > 0:
            return head
    except (ValueError, KeyError, TypeError):
        pass
    raise ValueError("what the server has there is no manifest")


# Boards have no RAM for long lists: the manifest stays on flash and is read line by line.
def keep(body, line, file):
    view = memoryview(bytearray(256))
    with open(file, "wb") as f:
        while line:
            f.write(line)
            line = view[: body.readinto(view)]


def digest(file):
    h = sha256()
    view = memoryview(bytearray(256))
    try:
        with open(file, "rb") as f:
            while 1:
                n = f.readinto(view)
                if not n:
                    return h.digest()
                h.update(view[:n])
    except OSError:
        return b""


# Goes through the manifests of the version up to one that is newer than all that this board has had. A rollback is
# a further manifest of an old version. Answers its head and the address of its signature.
def find(base, file, seq, conf):
    for n in range(FURTHER + 1):
        name = base + "manifest" + (".%d" % n if n else "")
        body = http.Body(name + ".json", conf)
        try:
            if n and body.status == 404:
                break
            if body.status != 200 or body.left > MOST:
                raise ValueError("%s.json: status %d, %d bytes" % (name, body.status, body.left))
            line = body.readline(1024)
            head = first_line(line)
            if head["seq"] > seq:
                keep(body, line, file)
                return head, name + ".sig"
        finally:
            body.close()
    raise ValueError("an old manifest: seq %d is the newest that this board has had" % seq)


def permit(head, version, conf):
    if head.get("format") != 1:
        raise ValueError("the manifest is of another format")
    for name, mine in ("project", conf["project"]), ("version", version):
        if head.get(name) != mine:
            raise ValueError("the manifest is that of %s %s, not of %s" % (name, head.get(name), mine))
    target = conf["target"] or sys.platform
    if head.get("targets") and target not in head["targets"]:
        raise ValueError("the release is for %s, not for %s" % (", ".join(head["targets"]), target))


# Puts it into `file` and answers its seq.
def take(version, base, file, seq, conf):
    head, signature = find(base, file, seq, conf)
    if not rsa.verify(digest(file), http.fetch(signature, conf, 512), conf["keys"]):
        raise ValueError("the manifest is not signed by a key of this board")
    permit(head, version, conf)
    return head["seq"]
