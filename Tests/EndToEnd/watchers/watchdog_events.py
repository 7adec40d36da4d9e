"""The watcher of Python's development servers. Prints an event a line as JSON: [kind, path below the place]."""

import json
import os
import sys
import time

from watchdog.events import FileSystemEventHandler
from watchdog.observers.inotify import InotifyObserver

# With chokidar's names, so that one test works with both.
KINDS = {
    ("created", False): "add", ("created", True): "addDir", ("modified", False): "change",
    ("deleted", False): "unlink", ("deleted", True): "unlinkDir",
}  # fmt: skip


def tell(kind, path=""):
    print(json.dumps([kind, path]), flush=True)


class Teller(FileSystemEventHandler):
    def on_any_event(self, event):
        kind = KINDS.get((event.event_type, event.is_directory))
        if kind:
            tell(kind, os.path.relpath(event.src_path, sys.argv[1]))


observer = InotifyObserver()
observer.schedule(Teller(), sys.argv[1], recursive=True)
observer.start()
tell("ready")
while True:
    time.sleep(60)
