# One update: which version is wanted, whether it may be had, and the switch to it once all of it is there.
# Moves no files itself: ota.tree does. Format: a manifest in lines, signed, beside the files of micropython-ota.
import json
import os
import sys
from hashlib import sha256

import ota
from ota import http
from ota import state

# /ota.json says host and project, and may say the others.
SETTINGS = {
    "layout": "flat",  # <version>_<file>, or "folder": <version>/<file>
    "target": None,  # instead of sys.platform
    "device": None,  # what the server's log calls this board, instead of machine.unique_id()
    "user": None,
    "password": None,
    "tries": 3,  # boots without confirm() until the version before returns
    "trial_s": 600,  # a trial that lasts longer is a failed boot; 0 for none
    "wdt_ms": 0,  # a watchdog during the trial; see feed()
    "timeout_s": 10,
    "keys": state.ROOT + "/ota.pub",
    "ca": state.ROOT + "/ota.ca",
}
MOST = 65536  # bytes of a manifest
FURTHER = 99  # manifests of the same version


def settings(s):
    conf = dict(SETTINGS)
    with open(state.ROOT + "/ota.json") as f:
        conf.update(json.load(f))
    device = conf["device"]
    if device is None:
        try:
            import machine

            device = "".join("%02x" % c for c in machine.unique_id())
        except (ImportError, AttributeError):
            device = "-"
    conf["agent"] = "boardside-ota/1 (%s; %s; %s)" % (device, sys.platform, s["version"] or "-")
    conf["feed"] = ota.wdt and ota.feed
    return conf


def is_tag(text):
    for c in text:
        if not (c in "-.+" or "0" <= c <= "9" or "A" <= c <= "Z" or "a" <= c <= "z"):
            return False
    return 0 < len(text) <= 64 and text not in (".", "..", "version")


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
def manifest(base, file, seq, conf):
    for n in range(FURTHER + 1):
        name = base + "manifest" + (".%d" % n if n else "")
        body = http.Body(name + ".json", conf)
        try:
            if n and body.status == 404:
                break
            if body.status != 200 or body.left > MOST:
                raise ValueError("%s.json: status %d, %d bytes" % (name, body.status, body.left))
            line = body.readline(1000)
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


def update():
    if ota.trial:
        raise ValueError("this version is on trial: confirm() comes first")
    s = state.load()
    conf = settings(s)
    base = conf["host"].rstrip("/") + "/" + conf["project"] + "/"
    version = http.fetch(base + "version", conf, 80).decode().strip()
    if not is_tag(version):
        raise ValueError("the server names no version, but %r" % version)
    if s["try"]:
        if s["tryver"] == version:
            return "staged " + version
        # Nothing may ever start the slot that changes now.
        s["try"] = s["tryver"] = ""
        state.save(s)
    if version == s["version"]:
        return "current " + version
    if version in s["bad"]:
        return "refused: %s did not confirm" % version

    file = state.SLOTS + "next"
    try:
        os.mkdir(state.SLOTS[:-1])
    except OSError:
        pass
    base += version + ("/" if conf["layout"] == "folder" else "_")
    before = digest(file)
    head, signature = manifest(base, file, s["seq"], conf)
    now = digest(file)
    signature = http.fetch(signature, conf, 512)
    # Imported for the moment: the two that need most RAM are never there together.
    from ota import rsa

    if not rsa.verify(now, signature, conf["keys"]):
        raise ValueError("the manifest is not signed by a key of this board")
    ota.forget("rsa")
    permit(head, version, conf)
    del rsa, signature
    from ota import tree

    old = state.SLOTS + s["slot"] if s["slot"] else state.ROOT
    for slot in "abcd":
        home = state.SLOTS + slot
        if slot == s["slot"] or tree.is_lost(home):
            continue
        try:
            came = tree.stage(home, file, old, base, before == now, conf)
            break
        except tree.Damaged:
            tree.give_up(home)
    else:
        raise ValueError("the file system is damaged")
    s["try"] = slot
    s["tryver"] = version
    s["seq"] = head["seq"]
    s["left"] = conf["tries"]
    s["wdt_ms"] = conf["wdt_ms"]
    s["trial_s"] = conf["trial_s"]
    state.save(s)
    return "staged %s, %d bytes" % (version, came)
