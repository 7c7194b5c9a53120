# Reads or fills a flash image without the board: a fresh MicroPython that only mounts and walks.
# Not part of any board; it lets tests look at the flash independently of the code under test.
#
# argv: verb (read, write), image, bytes, fs. Entries on stdout or stdin, folders end in "/":
# "<bytes of path> <bytes of data>\n" path data
import os
import sys
import vfs

_, verb, image, size, kind = sys.argv
store = open(image, "r+b")
block = 512 if kind == "fat" else 4096


class Flash:
    def readblocks(self, n, buf, off=0):
        store.seek(n * block + off)
        store.readinto(buf)

    def writeblocks(self, n, buf, off=0):
        store.seek(n * block + off)
        store.write(buf)

    def ioctl(self, op, arg):
        if op == 4:
            return int(size) // block
        if op == 5:
            return block
        if op == 6:
            self.writeblocks(arg, b"\xff" * block)
        return 0


def entry(path, data):
    sys.stdout.buffer.write(b"%d %d\n" % (len(path), len(data)) + path + data)


def read(folder):
    # FAT takes no slash at the end of a folder. As bytes: names of a damaged file system need not be text.
    for name, kind, *_ in os.ilistdir(folder[:-1] or b"/"):
        path = folder + name
        if kind & 0x4000:
            entry(path + b"/", b"")
            read(path + b"/")
        else:
            with open(path, "rb") as file:
                entry(path, file.read())


def folders(path):
    at = path.find("/", 1)
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:
            pass
        at = path.find("/", at + 1)


def write():
    source = sys.stdin.buffer
    while True:
        header = source.readline()
        if not header:
            break
        path, data = header.split()
        path = source.read(int(path)).decode()
        data = source.read(int(data))
        folders(path)
        if path[-1] != "/":
            with open(path, "wb") as file:
                file.write(data)


make = vfs.VfsFat if kind == "fat" else vfs.VfsLfs2
vfs.umount("/")
try:
    vfs.mount(make(Flash()), "/", readonly=verb == "read")
except OSError:
    if verb == "read":
        sys.exit(3)
    make.mkfs(Flash())
    vfs.mount(make(Flash()), "/")
read(b"/") if verb == "read" else write()
vfs.umount("/")
