"""The expected contents of a bucket, and of both fronts' listings: the reference of the model test.

Files are exact. A directory is sure when a key implies it or its marker is known. It is possible, and then allowed but
not required, where the last key below it was deleted: a directory emptied through the mount stays for the life of the
mount, one emptied by another program disappears.
"""

import posixpath


def parents(path):
    """The directories above a path, nearest first, without the bucket itself."""
    while path := posixpath.dirname(path):
        yield path


class BucketModel:
    def __init__(self):
        self.files = {}
        self.markers = set()
        self.possible = set()

    # Queries

    def sure_directories(self):
        implied = {parent for path in self.files for parent in parents(path)}
        implied |= {parent for marker in self.markers for parent in parents(marker)}
        return implied | self.markers

    def files_below(self, directory):
        return {path for path in self.files if is_below(path, directory)}

    def sure_names(self, directory):
        return {name_in(directory, path) for path in [*self.files, *self.sure_directories()]} - {None}

    def possible_names(self, directory):
        return {name_in(directory, path) for path in self.possible} - {None}

    def is_surely_empty(self, directory):
        return not self.sure_names(directory) and not self.possible_names(directory)

    def is_surely_absent(self, directory):
        return directory not in self.sure_directories() and directory not in self.possible

    def keys(self):
        """Every key that the bucket must hold."""
        return set(self.files) | {marker + "/" for marker in self.markers}

    # Changes

    def write(self, path, contents):
        self.files[path] = contents
        self._settle(path)

    def make_directory(self, path):
        self.markers.add(path)
        self._settle(path)

    def delete(self, path):
        del self.files[path]
        self._emptied(path)

    def remove_directory(self, path):
        """rmdir of a directory that contains nothing but perhaps its marker."""
        self.markers.discard(path)
        self.possible.discard(path)
        self._emptied(path)

    def delete_below(self, directory):
        for path in self.files_below(directory):
            del self.files[path]
        self.markers -= {marker for marker in self.markers if is_within(marker, directory)}
        self.possible -= {path for path in self.possible if is_within(path, directory)}
        self._emptied(directory)

    def rename_file(self, source, destination):
        if source == destination:
            return
        contents = self.files.pop(source)
        self.write(destination, contents)
        self._emptied(source)

    def rename_directory(self, source, destination):
        def moved(path):
            return destination + path[len(source) :] if is_within(path, source) else path

        self.files = {moved(path): contents for path, contents in self.files.items()}
        self.markers = {moved(path) for path in self.markers}
        self.possible = {moved(path) for path in self.possible}
        self._settle(destination)
        self._emptied(source)

    def _settle(self, path):
        self.possible -= self.sure_directories()

    def _emptied(self, path):
        self.possible |= set(parents(path)) - self.sure_directories()


def is_below(path, directory):
    return not directory or path.startswith(directory + "/")


def is_within(path, directory):
    return path == directory or is_below(path, directory)


def name_in(directory, path):
    """The name in a directory under which a path below it is found; None when it is not below it."""
    if not path or not is_below(path, directory):
        return None
    return (path[len(directory) + 1 :] if directory else path).split("/")[0]
