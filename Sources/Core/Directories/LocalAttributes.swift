import S3

/// Mode, owner and times that no object stores: those of the root and of buckets, which have no object for them, and
/// with `--plain` those of everything that was created or set here. They last as long as the mount, for the places used
/// last.
struct LocalAttributes {
  /// The entries of an object belong to one version of it. Places that have no object have no version.
  private var entries = LRUCache<Place, (posix: PosixMetadata, version: Version?)>(capacity: 100_000)

  /// The attributes of the root or a directory.
  subscript(place: Place) -> PosixMetadata? { entries.peek(place)?.posix }

  /// Returns the attributes of a version of an object.
  mutating func posix(of reference: ObjectReference, _ version: Version) -> PosixMetadata? {
    guard let entry = entries.get(.object(reference)), entry.version?.isSame(as: version) == true else { return nil }
    return entry.posix
  }

  mutating func set(_ posix: PosixMetadata?, of place: Place) {
    guard let posix else { return forget(place) }
    _ = entries.set(place, (posix, nil))
  }

  mutating func set(_ posix: PosixMetadata, of reference: ObjectReference, _ version: Version) {
    _ = entries.set(.object(reference), (posix, version))
  }

  /// Sets the attributes of a saved object. What is already known of its version comes from S3.
  mutating func change(_ posix: PosixMetadata, of reference: ObjectReference, _ version: Version) {
    let known = entries.peek(.object(reference))?.version
    set(posix, of: reference, known.map { $0.etag == version.etag ? $0 : version } ?? version)
  }

  /// Gives a copy of an object the attributes of the original.
  mutating func copy(_ source: ObjectReference, to destination: ObjectReference, _ version: Version) {
    guard let posix = entries.peek(.object(source))?.posix else { return forget(.object(destination)) }
    set(posix, of: destination, version)
  }

  mutating func forget(_ place: Place) { entries.remove(place) }

  /// Moves the attributes of directories below a directory; objects are copied one by one.
  mutating func moveDirectories(_ source: DirectoryLocation, to destination: DirectoryLocation) {
    for place in entries.keys {
      guard case .directory = place, let moved = place.moved(from: source, to: destination) else { continue }
      set(entries.peek(place)?.posix, of: moved)
      forget(place)
    }
  }
}
