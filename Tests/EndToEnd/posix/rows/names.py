"""Valid names."""

import errno
import os
import unicodedata

from table import fails, put, row, same


def round_trip(d, name):
    put(d / name, name.encode())
    same(os.listdir(d), [name])
    same((d / name).read_bytes(), name.encode())
    os.rename(d / name, d / "other")
    os.rename(d / "other", d / name)
    same(os.listdir(d), [name])


NAMES = {
    "spaces": " a  b ",
    "unicode": "日本語ファイル",
    "emoji": "👩‍👩‍👧🪣",
    "newline": "two\nlines",
    "tab_and_bell": "a\tb\x07",
    "delete_and_escape": "a\x7f\x1b[0m",
    "backslash": "a\\b",
    "quotes": "\"'`$(x)",
    "percent": "100%25%2F",
    "plus_and_ampersand": "a+b&c=d;e?f#g",
    "markup": "<a>&amp;]]>",
    "dash": "-rf",
    "three_dots": "...",
    "hidden": ".hidden",
    "tilde": "~",
    "colon": "C:",
    "right_to_left": "\u202eabc",
    "zero_width": "a\u200bb",
    "astral": "𝒜𝓑",
    "one_byte": "x",
    "noncharacter": "a\uffffb",
    "carriage_return": "a\rb",
}

for label, text in NAMES.items():
    row(lambda d, text=text: round_trip(d, text), name=f"round_trip_of_{label}")


row(lambda d: round_trip(d, "n" * 255), name="of_255_bytes")
row(lambda d: round_trip(d, "é" * 127 + "x"), name="of_255_bytes_in_two_byte_characters")
row(lambda d: round_trip(d, "日" * 85), name="of_255_bytes_in_three_byte_characters")


@row
def of_256_bytes_is_ENAMETOOLONG(d):
    name = "n" * 256
    put(d / "file")
    for attempt in (
        lambda: put(d / name),
        lambda: os.mkdir(d / name),
        lambda: os.stat(d / name),
        lambda: os.unlink(d / name),
        lambda: os.rmdir(d / name),
        lambda: os.symlink("x", d / name),
        lambda: os.mkfifo(d / name),
        lambda: os.rename(d / "file", d / name),
        lambda: os.listdir(d / name),
    ):
        with fails(errno.ENAMETOOLONG):
            attempt()
    same(os.listdir(d), ["file"])


@row
def path_over_4095_bytes_is_ENAMETOOLONG(d):
    with fails(errno.ENAMETOOLONG):
        os.stat(f"{d}/" + "x/" * 2100)


@row
def composed_and_decomposed_are_two(d):
    composed, decomposed = unicodedata.normalize("NFC", "が é"), unicodedata.normalize("NFD", "が é")
    put(d / composed, b"composed")
    put(d / decomposed, b"decomposed")
    same(set(os.listdir(d)), {composed, decomposed})
    same(((d / composed).read_bytes(), (d / decomposed).read_bytes()), (b"composed", b"decomposed"))


@row
def upper_and_lower_case_are_two(d):
    put(d / "name", b"lower")
    put(d / "NAME", b"upper")
    same(((d / "name").read_bytes(), (d / "NAME").read_bytes()), (b"lower", b"upper"))


@row
def empty_path_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.stat("")


@row(posix=False)
def bytes_that_are_not_utf8_are_refused(d):
    name = os.fsencode(d) + b"/\xff\xfe"
    with fails(errno.EILSEQ):
        os.open(name, os.O_CREAT | os.O_WRONLY)
    with fails(errno.EILSEQ):
        os.mkdir(name)
    with fails(errno.ENOENT):
        os.stat(name)
    same(os.listdir(d), [])


@row
def a_file_beside_names_that_sort_around_it(d):
    (d / "b").mkdir()
    put(d / "b/inside", b"b/inside")
    for name in ("b-", "b.txt", "b0", "b ", "b!"):
        put(d / name, name.encode())
    same(sorted(os.listdir(d)), sorted(["b", "b-", "b.txt", "b0", "b ", "b!"]))
    same((d / "b/inside").read_bytes(), b"b/inside")


@row
def directory_names_of_every_kind(d):
    for text in NAMES.values():
        os.mkdir(d / text)
        put(d / text / "inside")
    same(sorted(os.listdir(d)), sorted(NAMES.values()))
    for text in NAMES.values():
        same(os.listdir(d / text), ["inside"])
