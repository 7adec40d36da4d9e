import S3

/// The directories that one page of a listing without delimiter holds completely. Pure.
struct FlatPage {
  private(set) var directories: [DirectoryLocation: DirectoryListing] = [:]

  private struct Open {
    var prefix: ObjectKey
    var listing = DirectoryListing()
  }

  /// The limit; the rest are listed separately: a thousand keys of a thousand bytes may name half a million
  /// directories.
  static let most = 10_000

  /// - Parameters:
  ///   - page: keys below `ancestor`, from a point between the keys of two of its children on.
  ///   - fromFirst: whether no key is before them: if none is behind them either, they are all of `ancestor` too.
  /// Nothing is learnt from a page whose keys do not ascend: which directories are complete would be unknown.
  init(_ page: ListPage, below ancestor: DirectoryLocation, fromFirst: Bool) {
    var path = [Open(prefix: ancestor.prefix)]
    var opened = 1
    var last: ObjectKey?
    for object in page.objects {
      guard object.key.hasPrefix(ancestor.prefix), last.map({ $0 < object.key }) ?? true else {
        directories = [:]
        return
      }
      last = object.key
      // Keys ascend, so that those of one directory are contiguous: another key ends it.
      while !object.key.hasPrefix(path[path.count - 1].prefix) { close(&path, in: ancestor.bucket) }
      Self.add(object, to: &path, &opened)
    }
    guard page.nextToken == nil else { return }
    while path.count > (fromFirst ? 0 : 1) { close(&path, in: ancestor.bucket) }
  }

  private mutating func close(_ path: inout [Open], in bucket: String) {
    let ended = path.removeLast()
    directories[DirectoryLocation(bucket: bucket, prefix: ended.prefix)] = ended.listing
  }

  private static func add(_ object: ObjectSummary, to path: inout [Open], _ opened: inout Int) {
    var rest = object.key.string.utf8.dropFirst(path[path.count - 1].prefix.length)
    while let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
      path[path.count - 1].listing.addDirectory(ByteName(String(decoding: rest[..<slash], as: UTF8.self)))
      guard opened < most else { return }
      opened += 1
      rest = rest[rest.index(after: slash)...]
      path.append(Open(prefix: ObjectKey(String(decoding: object.key.string.utf8[..<rest.startIndex], as: UTF8.self))))
    }
    path[path.count - 1].listing.add(object, prefix: path[path.count - 1].prefix)
  }
}
