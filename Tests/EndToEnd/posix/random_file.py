"""Random operations on files against models in memory: `random_file.py DIRECTORY OPERATIONS SEED [tmpfs] [large]`.

Prints the seed first, and on the first difference the last operations on the file. Ends with one line of JSON: the
files by name and the SHA-256 of what they must hold.
"""

import ctypes
import hashlib
import json
import mmap
import os
import random
import sys
from collections import deque
from pathlib import Path

# Large ones are uploaded in parts, and copied by the server.
LARGE = "large" in sys.argv
LARGEST = 30_000_000 if LARGE else 700_000
FILES = 3
KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 1, 2, 16
# tmpfs has no ZERO_RANGE.
MODES = [0, KEEP_SIZE, PUNCH_HOLE | KEEP_SIZE] + ([] if "tmpfs" in sys.argv else [ZERO_RANGE, ZERO_RANGE | KEEP_SIZE])
LIBC = ctypes.CDLL(None, use_errno=True)


class Difference(Exception):
    pass


class File:
    def __init__(self, directory, name, dice, all_files):
        self.directory, self.name, self.dice, self.all_files = directory, name, dice, all_files
        self.model = bytearray()
        self.history = deque(maxlen=40)
        self.renames = 0
        self.descriptor = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR)

    @property
    def path(self):
        return self.directory / self.name

    # Choices

    def offset(self):
        """Often at the ends, at a page's border, or nowhere special."""
        size = len(self.model)
        return min(
            LARGEST - 1,
            self.dice.choice([
                0, size, max(0, size - 1), self.dice.randrange(size + 1), self.dice.randrange(LARGEST) if self.dice.random() < 0.05 else size,
                self.dice.randrange(size + 1) // 4096 * 4096, self.dice.randrange(size + 1) // 131_072 * 131_072,
            ]),
        )  # fmt: skip

    def length(self):
        long = self.dice.randrange(1, LARGEST // 4)
        return self.dice.choice([1, 3, 100, 4096, 4097, self.dice.randrange(1, 20_000), long])

    def fitting(self, offset):
        return max(1, min(self.length(), LARGEST - offset))

    # Operations

    def write(self):
        offset = self.offset()
        bytes_ = self.dice.randbytes(self.fitting(offset))
        self.history.append(f"write {len(bytes_)} at {offset}")
        done = os.pwrite(self.descriptor, bytes_, offset)
        self.put(offset, bytes_[:done])

    def append(self):
        if len(self.model) >= LARGEST:
            return self.shrink()
        bytes_ = self.dice.randbytes(min(self.dice.randrange(1, 5_000), LARGEST - len(self.model)))
        self.history.append(f"append {len(bytes_)} to {len(self.model)}")
        other = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        os.write(other, bytes_)
        os.close(other)
        self.model += bytes_

    def read(self):
        offset, length = self.offset(), self.length()
        self.history.append(f"read {length} at {offset}")
        self.compare(os.pread(self.descriptor, length, offset), self.model[offset : offset + length], offset)

    def truncate(self):
        size = self.dice.choice([self.offset() or self.dice.choice([0, 1, 4096]), self.dice.randrange(LARGEST)])
        self.history.append(f"truncate {len(self.model)} to {size}")
        if self.dice.random() < 0.7:
            os.ftruncate(self.descriptor, size)
        else:
            os.truncate(self.path, size)
        self.resize(size)

    def shrink(self):
        self.history.append(f"shrink {len(self.model)} to a third")
        os.ftruncate(self.descriptor, len(self.model) // 3)
        self.resize(len(self.model) // 3)

    def map(self):
        if not self.model:
            return
        offset = self.dice.randrange(len(self.model))
        length = min(self.length(), len(self.model) - offset)
        with mmap.mmap(self.descriptor, len(self.model)) as pages:
            self.history.append(f"map and read {length} at {offset}")
            self.compare(pages[offset : offset + length], self.model[offset : offset + length], offset)
            if self.dice.random() < 0.6:
                self.history.append(f"map and write {length} at {offset}")
                bytes_ = self.dice.randbytes(length)
                pages[offset : offset + length] = bytes_
                self.put(offset, bytes_)

    def allocate(self):
        offset = self.offset()
        length = self.fitting(offset)
        mode = self.dice.choice(MODES)
        self.history.append(f"fallocate mode {mode}, {length} at {offset}")
        if LIBC.fallocate(self.descriptor, mode, ctypes.c_long(offset), ctypes.c_long(length)) != 0:
            raise OSError(ctypes.get_errno(), "fallocate")
        if not mode & KEEP_SIZE:
            self.resize(max(len(self.model), offset + length))
        if mode & (PUNCH_HOLE | ZERO_RANGE):
            end = min(offset + length, len(self.model))
            if end > offset:
                self.model[offset:end] = bytes(end - offset)

    def copy_range(self):
        source = self.offset()
        length = min(self.length(), 50_000)
        target = max(self.offset(), source + length)
        if target + length > LARGEST:
            return self.shrink()
        self.history.append(f"copy {length} from {source} to {target}")
        done = os.copy_file_range(self.descriptor, self.descriptor, length, source, target)
        self.put(target, self.model[source : source + done])

    def replace(self):
        """As `cp source new && mv new file` does, now and then with a write into the copy."""
        source = self.dice.choice([file for file in self.all_files if file is not self])
        self.history.append(f"become a copy of {source.name}, {len(source.model)} bytes")
        source.history.append(f"be copied to {self.name}")
        new = self.directory / (self.name + ".copy")
        target = os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR)
        done, whole, step = 0, len(source.model), self.dice.choice([1 << 30, 1 << 30, LARGEST // 5])
        while done < whole:
            count = os.copy_file_range(source.descriptor, target, step, done, done)
            if count == 0:
                raise Difference(f"the copy ends after {done} of {whole} bytes")
            done += count
        os.close(self.descriptor)
        (self.descriptor, self.model) = (target, bytearray(source.model))
        if self.dice.random() < 0.3:
            os.rename(new, self.path)
            self.write()
        else:
            os.close(target)
            os.rename(new, self.path)
            self.descriptor = os.open(self.path, os.O_RDWR)

    def reopen(self):
        self.history.append("close and open")
        os.close(self.descriptor)
        self.descriptor = os.open(self.path, os.O_RDWR)
        if os.fstat(self.descriptor).st_size != len(self.model):
            raise Difference(f"the size is {os.fstat(self.descriptor).st_size}, not {len(self.model)}")

    def rename(self):
        self.renames += 1
        name = f"{self.name.partition('.')[0]}.{self.renames}"
        self.history.append(f"rename to {name}")
        os.rename(self.path, self.directory / name)
        self.name = name

    def synchronize(self):
        self.history.append("fsync")
        os.fsync(self.descriptor)

    def look(self):
        for size in (os.fstat(self.descriptor).st_size, os.stat(self.path).st_size):
            if size != len(self.model):
                raise Difference(f"the size is {size}, not {len(self.model)}")

    def whole(self):
        self.history.append("read all by name")
        self.compare(self.path.read_bytes(), self.model, 0)

    # The model

    def put(self, offset, bytes_):
        if not bytes_:
            return
        self.resize(max(len(self.model), offset + len(bytes_)))
        self.model[offset : offset + len(bytes_)] = bytes_

    def resize(self, size):
        if size < len(self.model):
            del self.model[size:]
        else:
            self.model += bytes(size - len(self.model))

    def compare(self, actual, expected, offset):
        if actual == expected:
            return
        if len(actual) != len(expected):
            raise Difference(f"{len(actual)} bytes instead of {len(expected)} at {offset}")
        first = next(number for number in range(len(actual)) if actual[number] != expected[number])
        raise Difference(f"byte {offset + first} is {actual[first]}, not {expected[first]}")


# Each with its frequency, in a thousand.
WEIGHTS = {
    File.read: 330, File.write: 260, File.truncate: 70, File.append: 8, File.map: 110, File.allocate: 60, File.copy_range: 30,
    File.reopen: 12, File.rename: 5, File.synchronize: 4, File.look: 80, File.whole: 5, File.replace: 6,
}  # fmt: skip
if LARGE:
    WEIGHTS |= {File.write: 60, File.reopen: 80, File.synchronize: 60, File.replace: 120}


def main():
    directory, operations, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    print(f"seed {seed}", flush=True)
    dice = random.Random(seed)
    files = []
    files += [File(directory, f"file{number}", dice, files) for number in range(FILES)]
    for count in range(operations):
        file = dice.choice(files)
        operation = dice.choices(list(WEIGHTS), WEIGHTS.values())[0]
        try:
            operation(file)
        except (Difference, OSError) as error:
            print(f"operation {count}, {operation.__name__} of {file.name}: {error}", *file.history, sep="\n  ")
            sys.exit(1)
    for file in files:
        os.close(file.descriptor)
        file.whole()
    print(json.dumps({file.name: hashlib.sha256(file.model).hexdigest() for file in files}))


if __name__ == "__main__":
    main()
