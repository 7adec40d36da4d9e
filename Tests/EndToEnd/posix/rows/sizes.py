"""truncate(2), sparse files, lseek(2)."""

import errno
import os

from table import fails, opened, put, row, same


@row
def truncate_down(d):
    os.truncate(put(d / "file", b"0123456789"), 4)
    same((d / "file").read_bytes(), b"0123")


@row
def truncate_up_shows_zeros(d):
    os.truncate(put(d / "file", b"0123"), 8)
    same((d / "file").read_bytes(), b"0123\0\0\0\0")


@row
def truncate_to_the_same_size(d):
    os.truncate(put(d / "file", b"0123"), 4)
    same((d / "file").read_bytes(), b"0123")


@row
def truncate_to_nothing(d):
    os.truncate(put(d / "file", b"0123"), 0)
    same((d / "file").read_bytes(), b"")


@row
def truncate_down_and_up_does_not_bring_bytes_back(d):
    os.truncate(put(d / "file", b"0123456789"), 3)
    os.truncate(d / "file", 6)
    same((d / "file").read_bytes(), b"012\0\0\0")


@row
def ftruncate_down_and_up_through_one_handle(d):
    with opened(put(d / "file", b"0123456789"), os.O_RDWR) as descriptor:
        os.ftruncate(descriptor, 3)
        os.ftruncate(descriptor, 6)
        same(os.pread(descriptor, 100, 0), b"012\0\0\0")
    same((d / "file").read_bytes(), b"012\0\0\0")


@row
def ftruncate_of_a_new_file(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.ftruncate(descriptor, 5)
    same((d / "file").read_bytes(), bytes(5))


@row
def ftruncate_does_not_move_the_offset(d):
    with opened(put(d / "file", b"0123456789"), os.O_RDWR) as descriptor:
        os.lseek(descriptor, 7, os.SEEK_SET)
        os.ftruncate(descriptor, 2)
        same(os.lseek(descriptor, 0, os.SEEK_CUR), 7)
        same(os.read(descriptor, 10), b"")


@row
def ftruncate_is_seen_by_other_handles(d):
    put(d / "file", b"0123456789")
    with opened(d / "file", os.O_RDWR) as first, opened(d / "file", os.O_RDONLY) as second:
        os.ftruncate(first, 4)
        same((os.fstat(second).st_size, os.pread(second, 100, 0)), (4, b"0123"))


@row
def truncate_by_name_is_seen_by_open_handles(d):
    with opened(put(d / "file", b"0123456789"), os.O_RDONLY) as descriptor:
        os.truncate(d / "file", 4)
        same((os.fstat(descriptor).st_size, os.pread(descriptor, 100, 0)), (4, b"0123"))


@row
def truncate_then_write_beyond_leaves_zeros(d):
    with opened(put(d / "file", b"0123456789"), os.O_RDWR) as descriptor:
        os.ftruncate(descriptor, 2)
        os.pwrite(descriptor, b"X", 6)
        same(os.pread(descriptor, 100, 0), b"01\0\0\0\0X")
    same((d / "file").read_bytes(), b"01\0\0\0\0X")


@row
def truncate_of_a_missing_file_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.truncate(d / "missing", 0)


@row
def truncate_of_a_directory_is_EISDIR(d):
    (d / "dir").mkdir()
    with fails(errno.EISDIR):
        os.truncate(d / "dir", 0)


@row
def truncate_to_a_negative_size_is_EINVAL(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor, fails(errno.EINVAL):
        os.ftruncate(descriptor, -1)


@row(posix=False)
def truncate_beyond_the_largest_object_is_EFBIG(d):
    with fails(errno.EFBIG):
        os.truncate(put(d / "file"), (5 << 40) + 1)
    same((d / "file").read_bytes(), b"contents")


@row(posix=False)
def write_beyond_the_largest_object_is_EFBIG(d):
    with opened(put(d / "file"), os.O_WRONLY) as descriptor, fails(errno.EFBIG):
        os.pwrite(descriptor, b"x", 5 << 40)
    same((d / "file").read_bytes(), b"contents")


@row
def truncate_moves_the_modification_time(d):
    os.utime(put(d / "file"), (1, 1))
    os.truncate(d / "file", 3)
    assert os.stat(d / "file").st_mtime > 1_000_000_000


@row
def truncate_through_a_link(d):
    put(d / "file")
    os.symlink("file", d / "link")
    os.truncate(d / "link", 3)
    same((d / "file").read_bytes(), b"con")


@row
def truncate_twenty_megabytes_to_seven(d):
    body = os.urandom(1 << 20) * 20
    os.truncate(put(d / "file", body), (7 << 20) + 3)
    assert (d / "file").read_bytes() == body[: (7 << 20) + 3]


@row
def hole_before_the_first_byte(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.pwrite(descriptor, b"end", 2_500_000)
    body = (d / "file").read_bytes()
    same((len(body), body[-3:], body.count(0)), (2_500_003, b"end", 2_500_000))


@row
def holes_between_islands(d):
    with opened(d / "file", os.O_CREAT | os.O_RDWR) as descriptor:
        for offset in (0, 100_000, 300_000):
            os.pwrite(descriptor, b"island", offset)
        same(os.pread(descriptor, 10, 50_000), bytes(10))
    body = (d / "file").read_bytes()
    same((len(body), body[100_000:100_006], body[6:12]), (300_006, b"island", bytes(6)))


@row
def hole_at_the_end(d):
    with opened(d / "file", os.O_CREAT | os.O_RDWR) as descriptor:
        os.write(descriptor, b"start")
        os.ftruncate(descriptor, 1_000_000)
    body = (d / "file").read_bytes()
    same((len(body), body[:5], any(body[5:])), (1_000_000, b"start", False))


@row
def write_far_beyond_an_existing_file(d):
    with opened(put(d / "file"), os.O_WRONLY) as descriptor:
        os.pwrite(descriptor, b"far", 1_200_000)
    body = (d / "file").read_bytes()
    same((body[:8], body[-3:], len(body)), (b"contents", b"far", 1_200_003))


@row
def seek_set_cur_end(d):
    with opened(put(d / "file", b"0123456789"), os.O_RDONLY) as descriptor:
        same(os.lseek(descriptor, 4, os.SEEK_SET), 4)
        same(os.lseek(descriptor, 2, os.SEEK_CUR), 6)
        same(os.lseek(descriptor, -1, os.SEEK_END), 9)
        same(os.read(descriptor, 10), b"9")


@row
def seek_end_sees_unsaved_bytes_of_another_handle(d):
    put(d / "file")
    with opened(d / "file", os.O_WRONLY | os.O_APPEND) as writer, opened(d / "file", os.O_RDONLY) as reader:
        os.write(writer, b"++")
        same(os.lseek(reader, 0, os.SEEK_END), 10)


@row
def seek_before_the_beginning_is_EINVAL(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor, fails(errno.EINVAL):
        os.lseek(descriptor, -1, os.SEEK_SET)


@row
def seek_beyond_the_end_and_read(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor:
        same(os.lseek(descriptor, 1000, os.SEEK_SET), 1000)
        same(os.read(descriptor, 10), b"")


@row
def seek_beyond_the_end_and_write(d):
    with opened(put(d / "file", b"ab"), os.O_RDWR) as descriptor:
        os.lseek(descriptor, 5, os.SEEK_SET)
        os.write(descriptor, b"c")
    same((d / "file").read_bytes(), b"ab\0\0\0c")


@row
def seek_with_a_bad_whence_is_EINVAL(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor, fails(errno.EINVAL):
        os.lseek(descriptor, 0, 77)


@row
def seek_data_and_hole_of_a_full_file(d):
    with opened(put(d / "file", b"x" * 10_000), os.O_RDONLY) as descriptor:
        same(os.lseek(descriptor, 0, os.SEEK_DATA), 0)
        same(os.lseek(descriptor, 5_000, os.SEEK_DATA), 5_000)
        same(os.lseek(descriptor, 0, os.SEEK_HOLE), 10_000)


@row
def seek_data_at_or_beyond_the_end_is_ENXIO(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor:
        for whence in (os.SEEK_DATA, os.SEEK_HOLE):
            with fails(errno.ENXIO):
                os.lseek(descriptor, 8, whence)


@row
def seek_data_of_an_empty_file_is_ENXIO(d):
    with opened(put(d / "file", b""), os.O_RDONLY) as descriptor, fails(errno.ENXIO):
        os.lseek(descriptor, 0, os.SEEK_DATA)


@row
def the_size_grows_with_each_write(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        for number in range(1, 6):
            os.write(descriptor, b"12")
            same((os.fstat(descriptor).st_size, os.stat(d / "file").st_size), (2 * number, 2 * number))
