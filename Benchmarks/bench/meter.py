"""Times one row of the table: seconds until the last call returned, seconds until the server shows the right bytes,
the system's CPU time, and in the counting pass its S3 requests."""

import time
from contextlib import contextmanager


class Row:
    def __init__(self):
        self.began = time.perf_counter()
        self.seconds = None
        self.more = {}

    def returned(self):
        """The last call has returned; what follows waits for the server."""
        self.seconds = time.perf_counter() - self.began


class Meter:
    def __init__(self, system, proxy):
        self.system, self.proxy = system, proxy
        self.rows = {}

    @contextmanager
    def row(self, name):
        if self.proxy:
            self.proxy.take()
        cpu = self.system.cpu()
        row = Row()
        yield row
        total = time.perf_counter() - row.began
        figures = {"seconds": row.seconds if row.seconds is not None else total, "cpu": self.system.cpu() - cpu}
        if row.seconds is not None:
            figures["durable"] = total
        if self.proxy:
            # What a system still does of its own accord for this row.
            time.sleep(0.3)
            figures |= self.proxy.take()
        self.rows[name] = figures | row.more
