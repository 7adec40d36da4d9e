import S3

// Names that exist only here, and when names were seen to come and go.

extension DirectoryCache {
  mutating func setLocal(_ name: LocalNames.Name?, _ segment: ByteName, of location: DirectoryLocation) {
    let existed = exists(segment, of: location)
    local.set(name, segment, of: location)
    touch(location, unless: existed, is: segment)
  }

  /// Keeps a directory, and those above it, though nothing is left in S3 to imply them.
  mutating func keep(_ location: DirectoryLocation) { local.keep(location, since: sequence) }

  /// The same of a directory from which something was taken away, unless it is known to have more.
  mutating func keepIfEmptied(_ location: DirectoryLocation, within horizon: Horizon) {
    // That too long a name goes on in it is all that makes it a directory: `rm -r` is about to remove it.
    guard location.continuation == 0 else {
      local.emptied(location)
      // The directory in which the name begins may have had nothing else.
      if let (above, _) = location.parent { keepIfEmptied(above, within: horizon) }
      return
    }
    if let mark = listingMark(of: location, within: horizon), mark.children > 0 { return }
    if marker(of: location, within: horizon) == nil { keep(location) }
  }

  /// All that is known only here at or below a directory moves along with it.
  /// - Parameter times: as they were before anything was moved.
  mutating func moveLocal(
    _ source: DirectoryLocation, to destination: DirectoryLocation, times known: [Place: Timestamp]
  ) {
    local.move(source, to: destination)
    times.set(known)
  }

  mutating func forgetLocal(below location: DirectoryLocation) { local.forget(below: location) }

  // MARK: Times

  mutating func touch(_ location: DirectoryLocation, unless existed: Bool?, is segment: ByteName) {
    guard exists(segment, of: location) != existed else { return }
    times.touch(.directory(location))
  }

  /// A place's times were set, or it is gone: what was seen to change in it before counts no more.
  mutating func forgetTime(of place: Place) { times.forget(place) }

  /// Names came or went in a place that no listing shows.
  mutating func touch(_ place: Place) { times.touch(place) }
}
