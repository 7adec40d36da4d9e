"""PNG pictures of one size as one animated PNG (https://www.w3.org/TR/png-3/#apng-frame-based-animation)."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunks(png):
    assert png.startswith(SIGNATURE)
    position = len(SIGNATURE)
    while position < len(png):
        (length,) = struct.unpack_from(">I", png, position)
        yield png[position + 4 : position + 8], png[position + 8 : position + 8 + length]
        position += 12 + length


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def animated(pictures, seconds):
    """Shows each picture for so long, again and again."""
    header = next(data for kind, data in chunks(pictures[0]) if kind == b"IHDR")
    width, height = struct.unpack_from(">II", header)
    parts = [SIGNATURE, chunk(b"IHDR", header), chunk(b"acTL", struct.pack(">II", len(pictures), 0))]
    number = 0
    for index, picture in enumerate(pictures):
        found = list(chunks(picture))
        assert dict(found)[b"IHDR"] == header, "the pictures are not of one size"
        parts.append(chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, width, height, 0, 0, int(seconds * 1000), 1000, 0, 0)))
        number += 1
        for data in (data for kind, data in found if kind == b"IDAT"):
            if index == 0:
                parts.append(chunk(b"IDAT", data))
            else:
                parts.append(chunk(b"fdAT", struct.pack(">I", number) + data))
                number += 1
    return b"".join([*parts, chunk(b"IEND", b"")])
