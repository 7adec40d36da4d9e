import S3

// Names that exist only here, and when names were seen to appear and disappear.

extension DirectoryCache {
  mutating func setLocal(_ name: LocalNames.Name?, _ segment: ByteName, of location: DirectoryLocation) {
    changeLocal(segment, of: location) { $0.set(name, segment, of: location) }
  }

  /// Hides a file that is removed here and not yet in S3, or ends that.
  mutating func setRemoved(_ isRemoved: Bool, _ reference: ObjectReference) {
    let (location, segment) = reference.parent
    changeLocal(segment, of: location) { $0.setRemoved(isRemoved, segment, of: location) }
  }

  private mutating func changeLocal(
    _ segment: ByteName, of location: DirectoryLocation, _ change: (inout LocalNames) -> Void
  ) {
    let existed = exists(segment, of: location)
    change(&local)
    touch(location, unless: existed, is: segment)
  }

  /// Keeps a directory, and those above it, even if nothing in S3 implies them any more.
  mutating func keep(_ location: DirectoryLocation) { local.keep(location, since: sequence) }

  /// Same, for a directory from which something was removed, unless it is known to have more.
  mutating func keepIfEmptied(_ location: DirectoryLocation, within horizon: Horizon) {
    // Only the continuation of a long name makes it a directory: `rm -r` is about to remove it.
    guard location.continuation == 0 else {
      local.emptied(location)
      // The directory in which the name begins may be empty otherwise.
      if let (above, _) = location.parent { keepIfEmptied(above, within: horizon) }
      return
    }
    if let mark = listingMark(of: location, within: horizon), mark.children > 0 { return }
    if marker(of: location, within: horizon) == nil { keep(location) }
  }

  /// Moves everything that is known only here at or below a directory along with it.
  /// - Parameter times: as they were before the move.
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

  /// Discards the observed time of a place: its times were set, or it is gone.
  mutating func forgetTime(of place: Place) { times.forget(place) }

  /// Notes that names appeared or disappeared in a place that no listing shows.
  mutating func touch(_ place: Place) { times.touch(place) }
}
