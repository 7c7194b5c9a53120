# Makes a slot hold exactly the files of a manifest. Whatever is there already stays: of this release after an
# interruption, of an older one, or of the version that runs.
# Decides nothing about releases, and touches no slot but the one it is given.
import gc
import json
import os
from hashlib import sha256

from ota import http
from ota import state

SIZE = 512


def names(manifest):
    # One file a line, so that a long list needs no more RAM than a short one.
    with open(manifest) as f:
        f.readline()
        for line in f:
            if line[0] == "]":
                return
            yield json.loads(line.rstrip().rstrip(","))


def check(names):
    known = set()
    for path, size, digest in names:
        parts = path.split("/")
        if "" in parts or "." in parts or ".." in parts or "\\" in path or "\0" in path or len(digest) != 64:
            raise ValueError("the manifest has the path %r" % path)
        known.add(path)
    if "main.py" not in known:
        raise ValueError("the release has no main.py")
    return known


def is_folder(entry):
    return entry[1] & 0x4000


def size_of(path):
    try:
        s = os.stat(path)
        return -1 if s[0] & 0x4000 else s[6]
    except OSError:
        return -1


# Every wait for flash feeds the watchdog, too.
class Slot:
    def __init__(self, home, feed):
        self.home = home
        self.buffer = bytearray(SIZE)
        self.view = memoryview(self.buffer)
        self.feed = feed or (lambda: None)

    def sum(self, path):
        h = sha256()
        try:
            with open(path, "rb") as f:
                while 1:
                    n = f.readinto(self.buffer)
                    if not n:
                        break
                    h.update(self.view[:n])
                    self.feed()
        except OSError:
            return ""
        return "".join("%02x" % c for c in h.digest())

    # Removes what is no file of the release.
    def prune(self, known, folder=""):
        for entry in list(os.ilistdir(self.home + "/" + folder if folder else self.home)):
            self.feed()
            path = folder + entry[0]
            try:
                if is_folder(entry):
                    self.prune(known, path + "/") if folder.count("/") < 8 else None
                    if not any(k.startswith(path + "/") for k in known):
                        os.rmdir(self.home + "/" + path)
                elif path not in known:
                    os.remove(self.home + "/" + path)
            except OSError:
                # FAT that lost its power while a folder grew has names of nothing in it.
                pass

    # Says how many bytes of flash are to come. A file that is shorter is the beginning of it, if `resume`.
    def survey(self, manifest, block, resume):
        need = 0
        for path, size, digest in names(manifest):
            path = self.home + "/" + path
            n = size_of(path)
            if n == size and self.sum(path) == digest:
                continue
            if n >= 0 and not (resume and 0 < n < size):
                os.remove(path)
            need += (size // block + 2) * block
        return need

    def folders(self, path):
        at = path.find("/", len(self.home))
        while at > 0:
            try:
                os.mkdir(path[:at])
            except OSError:
                pass
            at = path.find("/", at + 1)

    def write(self, path, mode, source):
        with open(path, mode) as f:
            while 1:
                n = source.readinto(self.view)
                if not n:
                    break
                f.write(self.view[:n])
                self.feed()

    def copy(self, old, path):
        with open(old, "rb") as source:
            self.write(path, "wb", source)

    def download(self, url, path, size, settings):
        there = max(size_of(path), 0)
        body = http.Body(url, settings, there)
        try:
            if body.status != 200:
                raise ValueError("%s: status %d" % (url, body.status))
            if body.at + body.left != size:
                raise ValueError("%s: %d bytes, %d expected" % (url, body.at + body.left, size))
            self.write(path, "ab" if body.at else "wb", body)
        finally:
            body.close()

    # Fetches, or copies from `old`, what is not there. How many bytes came by the network?
    def fill(self, manifest, old, base, settings):
        came = 0
        for path, size, digest in names(manifest):
            new = self.home + "/" + path
            if size_of(new) == size:
                continue
            gc.collect()
            self.folders(new)
            if size_of(new) < 0 and size_of(old + "/" + path) == size and self.sum(old + "/" + path) == digest:
                self.copy(old + "/" + path, new)
            else:
                there = max(size_of(new), 0)
                self.download(base + path, new, size, settings)
                came += size - there
        return came

    # Reads everything back. What is wrong is removed, so that the next attempt begins it anew.
    def verify(self, manifest):
        for path, size, digest in names(manifest):
            path = self.home + "/" + path
            if self.sum(path) != digest:
                try:
                    os.remove(path)
                except OSError:
                    pass
                raise ValueError("%s is not what was signed" % path)


def stage(home, manifest, old, base, resume, settings):
    known = check(names(manifest))
    slot = Slot(home, settings["feed"])
    slot.folders(home + "/")
    slot.prune(known)
    del known
    disk = os.statvfs(state.ROOT or "/")
    need = slot.survey(manifest, disk[0], resume)
    free = disk[0] * os.statvfs(state.ROOT or "/")[3]
    if need > free:
        raise ValueError("the release needs %d bytes of flash, %d are free" % (need, free))
    came = slot.fill(manifest, old, base, settings)
    slot.verify(manifest)
    return came
