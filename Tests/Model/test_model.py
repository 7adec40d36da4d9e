"""Random operations of three programs on one bucket, compared with a reference after each.

20,000 in all. MODEL_SEED repeats a run, MODEL_OPERATIONS sets the length of each of the four.
"""
# SEMANTICS: 1.1

import os
import random
from collections import deque

import pytest

from Model.actors import HTTPActor, MountActor, S3Actor
from Model.world import World

OPERATIONS = int(os.environ.get("MODEL_OPERATIONS", "5100"))
SEED = int(os.environ.get("MODEL_SEED", random.SystemRandom().randrange(1 << 32)))
CHECK_EVERY = 1000

FILE_NAMES = ["a", "b.txt", "c d", "é+%", "z-"]
DIRECTORY_NAMES = ["x", "x-", "日本"]


class Operations:
    """Draws operations. Files and directories have names of their own, so that no object stands beside a prefix of its
    name: what that means is tested elsewhere.
    """

    def __init__(self, world, random):
        self.world = world
        self.model = world.model
        self.random = random
        self.mount, self.http, self.s3 = MountActor(world), HTTPActor(world), S3Actor(world)
        # What another program does to names makes the next look at names wait for the ttl: rarely, where there is one.
        elsewhere = 4 if world.ttl == 0 else 0.4
        self.table = {
            self.write_in_mount: 10,
            self.write_and_sync_in_mount: 2,
            self.append_in_mount: 7,
            self.patch_in_mount: 6,
            self.truncate_in_mount: 3,
            self.read_in_mount: 12,
            self.read_part_in_mount: 4,
            self.stat_in_mount: 10,
            self.unlink_in_mount: 5,
            self.make_directory_in_mount: 3,
            self.remove_directory_in_mount: 3,
            self.rename_file_in_mount: 4,
            self.rename_directory_in_mount: 1,
            self.list_in_mount: 6,
            self.put_over_http: 8,
            self.get_over_http: 8,
            self.get_part_over_http: 3,
            self.head_over_http: 4,
            self.delete_over_http: 3,
            self.delete_directory_over_http: 0.3,
            self.make_directory_over_http: 1,
            self.list_over_http: 4,
            self.overwrite_elsewhere: 6,
            self.put_elsewhere: elsewhere,
            self.delete_elsewhere: elsewhere,
            self.get_elsewhere: 8,
            self.list_elsewhere: 3,
        }

    def draw(self):
        (operation,) = self.random.choices(list(self.table), weights=list(self.table.values()))
        return operation

    # Names and bytes

    def any_directory(self):
        return "/".join(self.random.choices(DIRECTORY_NAMES, k=self.random.choice([1, 1, 1, 2, 2, 3])))

    def any_file(self):
        name = self.random.choice(FILE_NAMES)
        return name if self.random.random() < 0.4 else f"{self.any_directory()}/{name}"

    def there(self):
        """Returns an existing file, after creating one if there is none."""
        if not self.model.files:
            self.mount.write("a", b"first")
        return self.random.choice(sorted(self.model.files))

    def a_directory_there(self):
        return self.random.choice(sorted(self.model.sure_directories()) or [self.any_directory()])

    def contents(self):
        largest = self.random.choices([0, 100, 5_000, 200_000, 9_000_000], weights=[4, 60, 30, 6, 0.2])[0]
        return self.random.randbytes(self.random.randint(largest // 2, largest))

    def position(self, path):
        return self.random.randint(0, len(self.model.files[path]) + 10)

    # In the mount. Every creation and deletion depends on the existing names, and waits until the mount must show the
    # changes of others. Opening an existing file must not wait.

    def write_in_mount(self):
        self.world.settle_names()
        self.mount.write(self.any_file(), self.contents())

    def write_and_sync_in_mount(self):
        self.world.settle_names()
        self.mount.write_and_sync(self.any_file(), self.contents(), self.random.randbytes(10))

    def append_in_mount(self):
        self.world.settle_names()
        self.mount.append(self.there(), self.random.randbytes(self.random.randint(0, 200)))

    def patch_in_mount(self):
        self.world.settle_names()
        path = self.there()
        self.mount.patch(path, self.position(path), self.random.randbytes(self.random.randint(0, 200)))

    def truncate_in_mount(self):
        self.world.settle_names()
        path = self.there()
        self.mount.truncate(path, self.position(path))

    def read_in_mount(self):
        self.world.settle_names()
        self.mount.read(self.there())

    def read_part_in_mount(self):
        self.world.settle_names()
        path = self.there()
        self.mount.read_part(path, self.position(path), self.random.randint(0, 100_000))

    def stat_in_mount(self):
        self.world.settle_names()
        self.mount.stat(self.any_file())

    def unlink_in_mount(self):
        self.world.settle_names()
        self.mount.unlink(self.there())

    def make_directory_in_mount(self):
        self.world.settle_names()
        self.mount.make_directory(self.any_directory())

    def remove_directory_in_mount(self):
        self.world.settle_names()
        self.mount.remove_directory(self.any_directory())

    def rename_file_in_mount(self):
        self.world.settle_names()
        self.mount.rename_file(self.there(), self.any_file())

    def rename_directory_in_mount(self):
        self.world.settle_names()
        self.mount.rename_directory(self.a_directory_there(), self.any_directory())

    def list_in_mount(self):
        self.world.settle_names()
        self.mount.list(self.a_directory_there() if self.random.random() < 0.7 else "")

    # Over HTTP

    def put_over_http(self):
        self.world.settle_names()
        self.http.put(self.any_file(), self.contents())

    def get_over_http(self):
        self.http.get(self.any_file())

    def get_part_over_http(self):
        path = self.there()
        self.http.get_part(path, self.position(path), self.random.randint(0, 100_000))

    def head_over_http(self):
        self.http.head(self.any_file())

    def delete_over_http(self):
        self.world.settle_names()
        self.http.delete(self.there())

    def delete_directory_over_http(self):
        self.world.settle_names()
        self.http.delete_directory(self.a_directory_there())

    def make_directory_over_http(self):
        self.world.settle_names()
        self.http.make_directory(self.any_directory())

    def list_over_http(self):
        self.world.settle_names()
        self.http.list(self.a_directory_there() if self.random.random() < 0.7 else "")

    # By another program

    def overwrite_elsewhere(self):
        self.s3.overwrite(self.there(), self.contents())

    def put_elsewhere(self):
        path = self.any_file()
        if path not in self.model.files:
            self.s3.put_new(path, self.contents())

    def delete_elsewhere(self):
        self.s3.delete(self.there())

    def get_elsewhere(self):
        self.s3.get(self.any_file())

    def list_elsewhere(self):
        self.s3.list()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("ttl", [0, 1], ids=["without ttl", "ttl 1 s"])
@pytest.mark.parametrize("run", ["first", "second"])
def test_random_operations_of_three_programs_agree_with_the_reference(start_mount, bucket, ttl, run):
    print(f"MODEL_SEED={SEED} MODEL_OPERATIONS={OPERATIONS}")
    mount = start_mount("--ttl", str(ttl)) if ttl else start_mount()
    world = World(mount, bucket, ttl)
    operations = Operations(world, random.Random(f"{SEED} {ttl} {run}"))
    done = deque(maxlen=25)
    for number in range(1, OPERATIONS + 1):
        operation = operations.draw()
        done.append(f"{number} {operation.__name__}")
        try:
            operation()
            if number % CHECK_EVERY == 0:
                world.assert_everything_agrees()
        except (AssertionError, OSError) as error:
            latest = "\n  ".join(done)
            wrong = "\n  ".join(world.differences_in_the_bucket())
            pytest.fail(
                f"MODEL_SEED={SEED}: {type(error).__name__}: {error}\nafter\n  {latest}\nwrong in the bucket:\n  {wrong}"
            )
    world.assert_everything_agrees()
    mount.stop(seconds=15)
