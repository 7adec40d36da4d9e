import S3

/// When the names in directories, and the buckets in the root, were last seen to appear or disappear. S3 stores no such
/// time, so that it lasts as long as the mount, for the places that changed last.
struct DirectoryTimes {
  private var times = LRUCache<Place, Timestamp>(capacity: 65_536)
  private let wall: @Sendable () -> Timestamp

  init(wall: @escaping @Sendable () -> Timestamp) { self.wall = wall }

  subscript(place: Place) -> Timestamp? { times.peek(place) }

  mutating func touch(_ place: Place) { _ = times.set(place, wall()) }

  /// Discards what was observed: the place's times were set, or it is gone.
  mutating func forget(_ place: Place) { times.remove(place) }

  /// Returns the times of a directory and of those below it, as they will be when it is renamed: a rename changes none.
  func moved(from source: DirectoryLocation, to destination: DirectoryLocation) -> [Place: Timestamp] {
    var moved: [Place: Timestamp] = [:]
    for place in times.keys {
      if let new = place.moved(from: source, to: destination) { moved[new] = times.peek(place) }
    }
    return moved
  }

  mutating func set(_ known: [Place: Timestamp]) {
    for (place, time) in known { _ = times.set(place, time) }
  }
}
