"""read(2), write(2) and their kin."""

import errno
import os
import subprocess
import threading

from table import fails, in_child, opened, put, row, same


@row
def read_of_an_empty_file_is_empty(d):
    same(put(d / "file", b"").read_bytes(), b"")


@row
def read_past_the_end_is_empty(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor:
        same(os.pread(descriptor, 10, 8), b"")
        same(os.pread(descriptor, 10, 1 << 40), b"")


@row
def read_across_the_end_is_short(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor:
        same(os.pread(descriptor, 100, 4), b"ents")


@row
def read_at_a_negative_offset_is_EINVAL(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        with fails(errno.EINVAL):
            os.pread(descriptor, 1, -1)
        with fails(errno.EINVAL):
            os.pwrite(descriptor, b"x", -1)


@row
def readv_fills_several_buffers(d):
    with opened(put(d / "file", b"abcdefgh"), os.O_RDONLY) as descriptor:
        parts = [bytearray(3), bytearray(3), bytearray(3)]
        same(os.readv(descriptor, parts), 8)
        same([bytes(part) for part in parts], [b"abc", b"def", b"gh\0"])


@row
def writev_joins_several_buffers(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        same(os.writev(descriptor, [b"abc", b"", b"def"]), 6)
    same((d / "file").read_bytes(), b"abcdef")


@row
def write_of_nothing_changes_nothing(d):
    with opened(put(d / "file"), os.O_WRONLY) as descriptor:
        same(os.write(descriptor, b""), 0)
    same((d / "file").read_bytes(), b"contents")


@row
def write_moves_the_offset(d):
    with opened(d / "file", os.O_CREAT | os.O_RDWR) as descriptor:
        os.write(descriptor, b"abc")
        same(os.lseek(descriptor, 0, os.SEEK_CUR), 3)


@row
def pwrite_does_not_move_the_offset(d):
    with opened(d / "file", os.O_CREAT | os.O_RDWR) as descriptor:
        os.pwrite(descriptor, b"abc", 5)
        same(os.lseek(descriptor, 0, os.SEEK_CUR), 0)
    same((d / "file").read_bytes(), b"\0\0\0\0\0abc")


@row
def write_into_the_middle(d):
    with opened(put(d / "file", b"0123456789"), os.O_WRONLY) as descriptor:
        os.pwrite(descriptor, b"ABC", 4)
    same((d / "file").read_bytes(), b"0123ABC789")


@row
def writes_backwards(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        for position in range(9, -1, -1):
            os.pwrite(descriptor, b"%d" % position, position)
    same((d / "file").read_bytes(), b"0123456789")


@row
def writes_of_one_byte(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        for number in range(300):
            os.write(descriptor, bytes([number % 256]))
    same((d / "file").read_bytes(), bytes(number % 256 for number in range(300)))


@row
def a_megabyte_and_a_bit(d):
    body = os.urandom((1 << 20) + 17)
    same(put(d / "file", body).read_bytes(), body)


@row
def thirty_megabytes_in_parts_and_a_patch(d):
    body = bytearray(os.urandom(1 << 20) * 30)
    put(d / "file", body)
    with opened(d / "file", os.O_RDWR) as descriptor:
        os.pwrite(descriptor, b"patch", 17 << 20)
    body[17 << 20 : (17 << 20) + 5] = b"patch"
    assert (d / "file").read_bytes() == body


@row
def every_byte_value(d):
    body = bytes(range(256)) * 5
    same(put(d / "file", body).read_bytes(), body)


@row
def rewriting_longer_and_shorter(d):
    for body in (b"a" * 10, b"b" * 5000, b"c", b"", b"d" * 100):
        same(put(d / "file", body).read_bytes(), body)
        same(os.stat(d / "file").st_size, len(body))


@row
def written_bytes_are_read_through_the_same_handle(d):
    with opened(d / "file", os.O_CREAT | os.O_RDWR) as descriptor:
        os.write(descriptor, b"abc")
        same(os.pread(descriptor, 10, 0), b"abc")
        os.pwrite(descriptor, b"X", 1)
        same(os.pread(descriptor, 10, 0), b"aXc")


@row
def written_bytes_are_read_through_another_handle_before_close(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as writer, opened(d / "file", os.O_RDONLY) as reader:
        for number in range(5):
            os.write(writer, b"%d" % number)
            same(os.pread(reader, 10, 0), b"01234"[: number + 1])


@row
def written_bytes_are_read_by_another_process_before_close(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as writer:
        os.write(writer, b"now")
        in_child(lambda: same((d / "file").read_bytes(), b"now"))


@row
def two_writers_of_disjoint_ranges(d):
    put(d / "file", b"." * 10)
    with opened(d / "file", os.O_WRONLY) as first, opened(d / "file", os.O_WRONLY) as second:
        os.pwrite(first, b"aaa", 0)
        os.pwrite(second, b"bbb", 7)
    same((d / "file").read_bytes(), b"aaa....bbb")


@row
def append_goes_to_the_end(d):
    with opened(put(d / "file"), os.O_WRONLY | os.O_APPEND) as descriptor:
        os.write(descriptor, b" and more")
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, b"!")
    same((d / "file").read_bytes(), b"contents and more!")


@row
def append_of_two_handles_in_turn(d):
    put(d / "log", b"")
    with opened(d / "log", os.O_WRONLY | os.O_APPEND) as first, opened(d / "log", os.O_WRONLY | os.O_APPEND) as second:
        for number in range(10):
            os.write(first if number % 2 else second, b"%d" % number)
    same((d / "log").read_bytes(), b"0123456789")


@row
def append_of_four_processes_loses_no_line(d):
    put(d / "log", b"")

    def write(number):
        with opened(d / "log", os.O_WRONLY | os.O_APPEND) as descriptor:
            for turn in range(25):
                os.write(descriptor, b"process %d line %02d\n" % (number, turn))

    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            try:
                write(number)
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    expected = sorted(b"process %d line %02d" % (number, turn) for number in range(4) for turn in range(25))
    same(sorted((d / "log").read_bytes().splitlines()), expected)


@row
def append_set_later_by_fcntl(d):
    import fcntl

    with opened(put(d / "file"), os.O_WRONLY) as descriptor:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
        os.write(descriptor, b"+")
    same((d / "file").read_bytes(), b"contents+")


@row
def append_after_truncation_by_another_handle(d):
    with opened(put(d / "file"), os.O_WRONLY | os.O_APPEND) as descriptor:
        os.write(descriptor, b"1")
        os.truncate(d / "file", 3)
        os.write(descriptor, b"2")
    same((d / "file").read_bytes(), b"con2")


@row
def shell_append(d):
    subprocess.run("for i in 1 2 3 4 5; do echo $i >> log; done", shell=True, cwd=d, check=True, timeout=20)
    same((d / "log").read_bytes(), b"1\n2\n3\n4\n5\n")


@row
def read_while_another_thread_writes_is_never_torn(d):
    first, second = b"a" * 5000, b"b" * 5000
    put(d / "file", first)
    stop = threading.Event()

    def write():
        with opened(d / "file", os.O_WRONLY) as descriptor:
            turn = 0
            while not stop.is_set():
                os.pwrite(descriptor, second if turn % 2 else first, 0)
                turn += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with opened(d / "file", os.O_RDONLY) as descriptor:
            for _ in range(50):
                same(len(os.pread(descriptor, 5000, 0)), 5000)
    finally:
        stop.set()
        writer.join()


@row
def fsync_and_fdatasync(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"1")
        os.fsync(descriptor)
        os.write(descriptor, b"2")
        os.fdatasync(descriptor)
        os.fsync(descriptor)
    same((d / "file").read_bytes(), b"12")


@row
def fsync_of_a_directory(d):
    with opened(d, os.O_RDONLY | os.O_DIRECTORY) as descriptor:
        os.fsync(descriptor)


@row
def syncfs(d):
    put(d / "file")
    subprocess.run(["sync", "-f", d / "file"], check=True, timeout=20)


@row
def fsync_then_more_through_the_same_handle(d):
    with opened(d / "file", os.O_CREAT | os.O_RDWR) as descriptor:
        for number in range(4):
            os.write(descriptor, b"%d" % number)
            os.fsync(descriptor)
        os.pwrite(descriptor, b"X", 0)
        same(os.pread(descriptor, 10, 0), b"X123")
    same((d / "file").read_bytes(), b"X123")


@row
def close_twice_through_dup_keeps_all(d):
    descriptor = os.open(d / "file", os.O_CREAT | os.O_WRONLY)
    other = os.dup(descriptor)
    os.write(descriptor, b"one ")
    os.close(descriptor)
    os.write(other, b"two")
    os.close(other)
    same((d / "file").read_bytes(), b"one two")


@row
def sendfile_out_of_a_file(d):
    put(d / "from", b"x" * 100_000)
    with opened(d / "from", os.O_RDONLY) as source, opened(d / "to", os.O_CREAT | os.O_WRONLY) as target:
        done = 0
        while count := os.sendfile(target, source, None, 100_000):
            done += count
    same((done, os.stat(d / "to").st_size), (100_000, 100_000))


@row
def splice_through_a_pipe(d):
    put(d / "from", b"spliced")
    reader, writer = os.pipe()
    with opened(d / "from", os.O_RDONLY) as source, opened(d / "to", os.O_CREAT | os.O_WRONLY) as target:
        same(os.splice(source, writer, 100), 7)
        same(os.splice(reader, target, 7), 7)
    os.close(reader)
    os.close(writer)
    same((d / "to").read_bytes(), b"spliced")


@row
def copy_file_range_of_a_whole_file(d):
    body = os.urandom(300_000)
    put(d / "from", body)
    with opened(d / "from", os.O_RDONLY) as source, opened(d / "to", os.O_CREAT | os.O_WRONLY) as target:
        done = 0
        while count := os.copy_file_range(source, target, 1 << 20):
            done += count
    same(done, 300_000)
    same((d / "to").read_bytes(), body)


@row
def copy_file_range_of_a_part_into_the_middle(d):
    put(d / "from", b"0123456789")
    put(d / "to", b"abcdefghij")
    with opened(d / "from", os.O_RDONLY) as source, opened(d / "to", os.O_WRONLY) as target:
        same(os.copy_file_range(source, target, 3, 2, 5), 3)
    same((d / "to").read_bytes(), b"abcde234ij")


@row
def copy_file_range_past_the_end_copies_nothing(d):
    put(d / "from", b"0123456789")
    with opened(d / "from", os.O_RDONLY) as source, opened(d / "to", os.O_CREAT | os.O_WRONLY) as target:
        same(os.copy_file_range(source, target, 10, 10), 0)


@row
def copy_file_range_of_unsaved_bytes(d):
    with opened(d / "from", os.O_CREAT | os.O_RDWR) as source, opened(d / "to", os.O_CREAT | os.O_RDWR) as target:
        os.write(source, b"unsaved")
        same(os.copy_file_range(source, target, 100, 0, 0), 7)
        same(os.pread(target, 100, 0), b"unsaved")
    same((d / "to").read_bytes(), b"unsaved")


@row
def copy_file_range_to_a_read_only_handle_is_EBADF(d):
    put(d / "from")
    put(d / "to")
    with opened(d / "from", os.O_RDONLY) as source, opened(d / "to", os.O_RDONLY) as target:
        with fails(errno.EBADF):
            os.copy_file_range(source, target, 1)


@row
def copy_within_one_file_without_overlap(d):
    with opened(put(d / "file", b"0123456789"), os.O_RDWR) as descriptor:
        same(os.copy_file_range(descriptor, descriptor, 3, 0, 7), 3)
    same((d / "file").read_bytes(), b"0123456012")


@row
def ioctl_that_means_nothing_is_ENOTTY(d):
    import fcntl

    with opened(put(d / "file"), os.O_RDONLY) as descriptor, fails(errno.ENOTTY):
        fcntl.ioctl(descriptor, 0x5401)


@row
def isatty_is_false(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor:
        same(os.isatty(descriptor), False)


@row
def posix_fadvise_is_accepted(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        same(os.read(descriptor, 100), b"contents")
