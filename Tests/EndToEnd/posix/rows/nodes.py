"""mknod(2): files, FIFOs, sockets, devices."""

import errno
import os
import socket
import stat
import threading

from table import fails, in_child, put, row, same


def kind(path):
    return stat.S_IFMT(os.lstat(path).st_mode)


@row
def mknod_of_a_file(d):
    os.mknod(d / "file", 0o640 | stat.S_IFREG)
    same((kind(d / "file"), stat.S_IMODE(os.stat(d / "file").st_mode)), (stat.S_IFREG, 0o640))
    same((d / "file").read_bytes(), b"")


@row
def mknod_without_a_kind_makes_a_file(d):
    os.mknod(d / "file", 0o600)
    same(kind(d / "file"), stat.S_IFREG)


@row
def mknod_over_what_exists_is_EEXIST(d):
    put(d / "file")
    with fails(errno.EEXIST):
        os.mknod(d / "file")


@row
def mknod_of_a_directory_is_EPERM(d):
    with fails(errno.EPERM, errno.EINVAL):
        os.mknod(d / "dir", 0o755 | stat.S_IFDIR)


@row
def fifo_is_one(d):
    os.mkfifo(d / "fifo", 0o620)
    same((kind(d / "fifo"), stat.S_IMODE(os.stat(d / "fifo").st_mode)), (stat.S_IFIFO, 0o600))


@row
def fifo_carries_bytes(d):
    os.mkfifo(d / "fifo")
    said = []

    def read():
        with open(d / "fifo", "rb") as pipe:
            said.append(pipe.read())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    with open(d / "fifo", "wb") as pipe:
        pipe.write(b"through the pipe")
    reader.join(10)
    same(said, [b"through the pipe"])


@row
def fifo_opened_for_writing_without_a_reader_is_ENXIO(d):
    os.mkfifo(d / "fifo")
    with fails(errno.ENXIO):
        os.open(d / "fifo", os.O_WRONLY | os.O_NONBLOCK)


@row
def socket_is_bound_and_answers(d):
    def talk():
        os.chdir(d)
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind("socket")
            server.listen(1)
            client.connect("socket")
            connection, _ = server.accept()
            client.sendall(b"hello")
            same(connection.recv(5), b"hello")
            connection.close()

    in_child(talk)
    same(kind(d / "socket"), stat.S_IFSOCK)


@row
def socket_that_nobody_listens_at_is_ECONNREFUSED(d):
    os.mknod(d / "socket", 0o600 | stat.S_IFSOCK)

    def connect():
        os.chdir(d)
        with socket.socket(socket.AF_UNIX) as client, fails(errno.ECONNREFUSED):
            client.connect("socket")

    in_child(connect)


@row(root=True)
def character_device_keeps_its_numbers(d):
    os.mknod(d / "device", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    same((kind(d / "device"), os.stat(d / "device").st_rdev), (stat.S_IFCHR, os.makedev(1, 3)))


@row(root=True)
def block_device_keeps_its_numbers(d):
    os.mknod(d / "device", 0o600 | stat.S_IFBLK, os.makedev(259, 70000))
    same((kind(d / "device"), os.stat(d / "device").st_rdev), (stat.S_IFBLK, os.makedev(259, 70000)))


@row
def nodes_are_removed(d):
    os.mkfifo(d / "fifo")
    os.mknod(d / "socket", 0o600 | stat.S_IFSOCK)
    os.unlink(d / "fifo")
    os.unlink(d / "socket")
    same(os.listdir(d), [])


@row
def chmod_of_a_fifo_leaves_it_one(d):
    os.mkfifo(d / "fifo")
    os.chmod(d / "fifo", 0o604)
    same((kind(d / "fifo"), stat.S_IMODE(os.stat(d / "fifo").st_mode)), (stat.S_IFIFO, 0o604))
