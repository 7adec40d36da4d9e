import S3

// Names that exist only here.

extension DirectoryCache {
  mutating func setLocal(_ name: LocalNames.Name?, _ segment: ByteName, of location: DirectoryLocation) {
    let existed = exists(segment, of: location)
    local.set(name, segment, of: location)
    touch(location, unless: existed, is: segment)
  }

  /// Keeps a directory, and those above it, though nothing may be left in S3 to imply them.
  mutating func keep(_ location: DirectoryLocation) { local.keep(location) }

  /// All that is known only here at or below a directory moves along with it.
  /// - Parameter times: as they were before anything was moved.
  mutating func moveLocal(
    _ source: DirectoryLocation, to destination: DirectoryLocation, times known: [Place: Timestamp]
  ) {
    local.move(source, to: destination)
    times.set(known)
  }

  mutating func forgetLocal(below location: DirectoryLocation) { local.forget(below: location) }
}
