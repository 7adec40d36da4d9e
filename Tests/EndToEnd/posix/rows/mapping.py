"""mmap(2)."""

import errno
import mmap
import os

from table import fails, in_child, opened, put, row, same


def mapped(descriptor, length=0, **arguments):
    return mmap.mmap(descriptor, length, **arguments)


@row
def private_mapping_reads(d):
    with opened(put(d / "file", b"x" * 10_000), os.O_RDONLY) as descriptor:
        with mapped(descriptor, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ) as pages:
            same(pages[9_990:], b"x" * 10)


@row
def shared_mapping_reads(d):
    with opened(put(d / "file", b"x" * 10_000), os.O_RDONLY) as descriptor:
        with mapped(descriptor, prot=mmap.PROT_READ) as pages:
            same(pages[5_000:5_003], b"xxx")


@row
def shared_mapping_writes(d):
    with opened(put(d / "file", b"x" * 10_000), os.O_RDWR) as descriptor, mapped(descriptor) as pages:
        pages[5_000:5_005] = b"hello"
        pages.flush()
    same((d / "file").read_bytes(), b"x" * 5_000 + b"hello" + b"x" * 4_995)


@row
def shared_mapping_writes_without_msync(d):
    with opened(put(d / "file", b"x" * 5_000), os.O_RDWR) as descriptor:
        pages = mapped(descriptor)
        pages[:5] = b"hello"
        pages.close()
    same((d / "file").read_bytes()[:6], b"hellox")


@row
def mapping_outlives_its_descriptor(d):
    descriptor = os.open(put(d / "file", b"x" * 5_000), os.O_RDWR)
    pages = mapped(descriptor)
    os.close(descriptor)
    pages[:5] = b"after"
    pages.flush()
    pages.close()
    same((d / "file").read_bytes()[:6], b"afterx")


@row
def private_mapping_does_not_write_the_file(d):
    with opened(put(d / "file", b"x" * 5_000), os.O_RDWR) as descriptor:
        with mapped(descriptor, flags=mmap.MAP_PRIVATE) as pages:
            pages[:5] = b"mine!"
            same(pages[:5], b"mine!")
    same((d / "file").read_bytes()[:5], b"xxxxx")


@row
def mapping_sees_what_write_writes(d):
    with opened(put(d / "file", b"x" * 5_000), os.O_RDWR) as descriptor, mapped(descriptor) as pages:
        same(pages[100:103], b"xxx")
        os.pwrite(descriptor, b"new", 100)
        same(pages[100:103], b"new")


@row
def read_sees_what_a_mapping_wrote(d):
    with opened(put(d / "file", b"x" * 5_000), os.O_RDWR) as descriptor, mapped(descriptor) as pages:
        pages[100:103] = b"map"
        same(os.pread(descriptor, 3, 100), b"map")


@row
def two_processes_share_a_mapping(d):
    with opened(put(d / "file", b"x" * 5_000), os.O_RDWR) as descriptor, mapped(descriptor) as pages:

        def write():
            with opened(d / "file", os.O_RDWR) as mine, mapped(mine) as theirs:
                theirs[0:5] = b"child"
                theirs.flush()

        in_child(write)
        same(pages[0:5], b"child")


@row
def mapping_of_a_grown_file(d):
    with opened(d / "file", os.O_CREAT | os.O_RDWR) as descriptor:
        os.ftruncate(descriptor, 100_000)
        with mapped(descriptor) as pages:
            pages[99_990:] = b"0123456789"
    body = (d / "file").read_bytes()
    same((len(body), body[-10:]), (100_000, b"0123456789"))


@row
def mapping_of_a_file_opened_for_reading_cannot_write(d):
    with opened(put(d / "file", b"x" * 100), os.O_RDONLY) as descriptor, fails(errno.EACCES):
        mapped(descriptor, prot=mmap.PROT_READ | mmap.PROT_WRITE)


@row
def mapping_of_an_unlinked_file(d):
    with opened(put(d / "file", b"x" * 5_000), os.O_RDWR) as descriptor:
        os.unlink(d / "file")
        with mapped(descriptor) as pages:
            pages[:3] = b"abc"
            same(pages[:4], b"abcx")


@row
def mapping_moves_the_modification_time(d):
    os.utime(put(d / "file", b"x" * 5_000), (1, 1))
    with opened(d / "file", os.O_RDWR) as descriptor, mapped(descriptor) as pages:
        pages[:3] = b"abc"
        pages.flush()
    assert os.stat(d / "file").st_mtime > 1_000_000_000
