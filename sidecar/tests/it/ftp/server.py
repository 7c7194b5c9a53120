# An FTP server on pyftpdlib, plain or with the habits of a board's.
#
# Arguments: port, folder, and what is special:
#   plain
#   pycom      no MLSD, LIST lists the folder where one is, no renaming over a file, one connection at a time
#   readonly   nothing may be written
#   cut=N      the process ends after N bytes of one file
#   full=N     the disk is full after N bytes in all
import errno
import os
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import DTPHandler, FTPHandler
from pyftpdlib.servers import FTPServer

port, root, special = int(sys.argv[1]), sys.argv[2], sys.argv[3]
special, _, most = special.partition("=")
most = int(most or 0)
taken = 0


class Full:
    def __init__(self, file):
        self.file = file

    def write(self, some):
        global taken
        if taken + len(some) > most:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken += len(some)
        self.file.write(some)

    def __getattr__(self, name):
        return getattr(self.file, name)


class Disk(AbstractedFS):
    def open(self, name, mode):
        file = super().open(name, mode)
        return Full(file) if special == "full" and "w" in mode else file

    def remove(self, path):
        global taken
        taken -= os.path.getsize(path)
        super().remove(path)


class Data(DTPHandler):
    def handle_read(self):
        super().handle_read()
        if special == "cut" and self.tot_bytes_received >= most:
            os._exit(1)

    handle_read_event = handle_read  # as in the class above


class Handler(FTPHandler):
    dtp_handler = Data
    abstracted_fs = Disk
    authorizer = DummyAuthorizer()
    banner = "the board's files"


if special == "pycom":
    Handler.proto_cmds = {name: how for name, how in FTPHandler.proto_cmds.items() if name != "MLSD"}

    def ftp_LIST(self, path):
        return FTPHandler.ftp_LIST(self, self.fs.ftp2fs(self.fs.cwd))

    def ftp_RNTO(self, path):
        if os.path.exists(path):
            self._rnfr = None
            return self.respond("550 File exists.")
        return FTPHandler.ftp_RNTO(self, path)

    Handler.ftp_LIST = ftp_LIST
    Handler.ftp_RNTO = ftp_RNTO

Handler.authorizer.add_user("micro", "python", root, perm="elr" if special == "readonly" else "elradfmwMT")
server = FTPServer(("127.0.0.1", port), Handler)
if special == "pycom":
    server.max_cons = 2  # it counts the listener
print("listening", flush=True)
server.serve_forever()
