# One update: which version is wanted, whether it may be had, and the switch to it once all of it is there.
# Believes nothing and moves nothing itself: that is for ota.manifest and ota.tree.
import json
import os
import sys

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
    # What needs most RAM is imported for its moment only.
    from ota import manifest

    before = manifest.digest(file)
    seq = manifest.take(version, base, file, s["seq"], conf)
    is_same = before == manifest.digest(file)
    del manifest
    ota.forget("manifest", "rsa")
    from ota import tree

    old = state.SLOTS + s["slot"] if s["slot"] else state.ROOT
    for slot in "abcd":
        home = state.SLOTS + slot
        if slot == s["slot"] or tree.is_lost(home):
            continue
        try:
            came = tree.stage(home, file, old, base, is_same, conf)
            break
        except tree.Damaged:
            tree.give_up(home)
    else:
        raise ValueError("the file system is damaged")
    s["try"] = slot
    s["tryver"] = version
    s["seq"] = seq
    s["left"] = conf["tries"]
    s["wdt_ms"] = conf["wdt_ms"]
    s["trial_s"] = conf["trial_s"]
    state.save(s)
    return "staged %s, %d bytes" % (version, came)
