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
FULL = 28, 36  # ENOSPC; littlefs without room for a name says that it is too long


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


# The slot's folders do not keep what is put into them.
class Damaged(Exception):
    pass


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
        disk = os.statvfs(state.ROOT or "/")
        self.block = disk[0]
        self.room = disk[1] * disk[2]

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

    # Removes what is no file of the release. Where FAT lost its power while a folder grew, old content of files looks
    # like names: with a size that no file has, nor a folder. Who removed one of those would free clusters of others.
    def prune(self, known, folder=""):
        try:
            entries = list(os.ilistdir(self.home + folder))
        except (OSError, ValueError):  # names need not be text either
            return
        for name, kind, *_ in entries:
            self.feed()
            name = folder + "/" + name
            try:
                size = os.stat(self.home + name)[6]
                if kind & 0x4000 and not size:
                    self.prune(known, name)
                    if not [k for k in known if ("/" + k).startswith(name + "/")]:
                        os.rmdir(self.home + name)
                elif not kind & 0x4000 and size <= self.room and name[1:] not in known:
                    os.remove(self.home + name)
            except OSError:
                pass

    # Says how many bytes of flash are to come, without folders. If `resume`, a file that is shorter is the beginning of
    # what it is to be.
    def survey(self, manifest, resume):
        need = 0
        for path, size, digest in names(manifest):
            path = self.home + "/" + path
            n = size_of(path)
            if n == size and self.sum(path) == digest:
                continue
            if n >= 0 and not (resume and 0 < n < size):
                try:
                    os.remove(path)
                except OSError:
                    raise Damaged
            need += (size + self.block - 1) // self.block * self.block
        return need

    def folders(self, path):
        at = path.find("/", len(self.home))
        while at > 0:
            try:
                os.mkdir(path[:at])
            except OSError as e:
                if e.args[0] in FULL:
                    raise
            at = path.find("/", at + 1)

    def write(self, path, mode, source):
        try:
            f = open(path, mode)
        except OSError as e:
            if e.args[0] in FULL:
                raise
            raise Damaged
        with f:
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
            if size_of(new) != size:
                raise Damaged
        return came

    # Reads everything back. What is wrong is removed, so that the next attempt begins it anew.
    def verify(self, manifest):
        for path, size, digest in names(manifest):
            file = self.home + "/" + path
            if self.sum(file) != digest:
                try:
                    os.remove(file)
                except OSError:
                    pass
                raise ValueError(path + " is not what was signed")


def stage(home, manifest, old, base, resume, conf):
    known = check(names(manifest))
    slot = Slot(home, conf["feed"])
    slot.folders(home + "/")
    slot.prune(known)
    del known
    need = slot.survey(manifest, resume)
    free = slot.block * os.statvfs(state.ROOT or "/")[3]
    if need > free:
        raise ValueError("the release needs %d bytes of flash, %d are free" % (need, free))
    came = slot.fill(manifest, old, base, conf)
    slot.verify(manifest)
    return came


# There are more letters. What can be removed of a damaged slot is; if a part stays, so does a mark beside it.
def give_up(home):
    Slot(home, None).prune(())
    try:
        os.rmdir(home)
    except OSError:
        with open(home + ".x", "w"):
            pass


def is_lost(home):
    return size_of(home + ".x") >= 0
