package import S3

/// One object of a state.
package struct Item: Hashable, Sendable {
  /// The location of the bytes.
  package enum Content: Hashable, Sendable {
    /// A file of a directory: its path, and its version when the directory was read.
    case file(String, FileVersion? = nil)
    /// Bytes in the snapshot store.
    case blob(SHA256Digest, md5: MD5Digest)
    /// An object in S3, as a listing shows it.
    case object(ETag, Timestamp)
  }

  package let key: ObjectKey
  package var size: Int64
  package var content: Content
  /// `nil` for objects in S3: call their source.
  package var stated: StatedProperties?

  package init(key: ObjectKey, size: Int64, content: Content, stated: StatedProperties? = nil) {
    self.key = key
    self.size = size
    self.content = content
    self.stated = stated
  }
}

/// The objects of one bucket, in order of their keys.
package struct BucketState: Sendable {
  package var items: [Item]
  /// `nil` if the state does not specify it.
  package var versioning: Bool?
  /// The folder that was read, if there is no file below it: then the state does not mean that the bucket is empty.
  package var emptyFolder: String?
  /// When the listing was answered, by the server's clock; for states of an endpoint.
  package var listed: Timestamp?

  package init(items: [Item] = [], versioning: Bool? = nil) {
    self.items = items
    self.versioning = versioning
  }
}

/// Buckets and their objects, from any source: a directory, a snapshot, an endpoint now.
package struct State: Sendable {
  package var buckets: [String: BucketState]
  package var source: any StateSource
  /// Whether these are all buckets, so that any other is a difference.
  package var isEverything = false
  /// How to compare the objects, for a directory.
  package var rules = Rules.none

  package init(buckets: [String: BucketState], source: any StateSource) {
    self.buckets = buckets
    self.source = source
  }

  /// Returns the state with other names for the buckets.
  package func renamed(_ name: (String) -> String) -> State {
    var state = self
    state.buckets = Dictionary(buckets.map { (name($0.key), $0.value) }) { $1 }
    return state
  }

  package var objectCount: Int { buckets.values.reduce(0) { $0 + $1.items.count } }
}

/// A state whose buckets are known and whose objects are still to be read, so that S3 can be listed meanwhile.
package struct UnreadState: Sendable {
  /// In order.
  package let buckets: [String]
  /// Its name in messages.
  package let label: String
  /// Reads the objects of those buckets, as they are called here, that are wanted.
  private let objects: Reading

  package typealias Reading = @Sendable (_ isWanted: (String) -> Bool) throws(StateFailure) -> State

  package init(buckets: [String], label: String, objects: @escaping Reading) {
    self.buckets = buckets.sorted()
    self.label = label
    self.objects = objects
  }

  /// Wraps a state that was read.
  package init(_ state: State) {
    self.init(buckets: Array(state.buckets.keys), label: state.source.label) { _ in state }
  }

  /// Reads the state.
  package func read() throws(StateFailure) -> State { try objects { _ in true } }

  /// Returns the state with other names for the buckets.
  package func renamed(_ name: @escaping @Sendable (String) -> String) -> UnreadState {
    UnreadState(buckets: buckets.map(name), label: label) { [self] isWanted throws(StateFailure) in
      try objects { isWanted(name($0)) }.renamed(name)
    }
  }

  /// Returns the part of the state that is in a scope. Other buckets are not read.
  package func only(_ scope: Scope) -> UnreadState {
    UnreadState(buckets: buckets.filter { scope.includes($0) }, label: label) { [self] isWanted throws(StateFailure) in
      scope.applied(to: try objects { isWanted($0) && scope.includes($0) })
    }
  }
}

/// Reads the bytes and properties of a state's objects.
package protocol StateSource: Sendable {
  /// Its name in messages: "fixtures/orders", "snapshot before", "http://localhost:4566".
  var label: String { get }
  /// Returns the MD5 of an object's bytes. Cost: for an object in S3 one GET, unless it is known.
  func md5(of item: Item, in bucket: String) async throws(StateFailure) -> MD5Digest
  /// Returns an object's properties. Cost: for an object in S3 one HEAD, and one request for tags if there are any,
  /// unless they are known.
  /// - Parameter readsTags: whether to fetch tags again, too: a change of tags leaves no trace in a listing.
  func properties(of item: Item, in bucket: String, readsTags: Bool) async throws(StateFailure) -> Properties
  /// Returns at most `limit` bytes from the beginning.
  func bytes(of item: Item, in bucket: String, limit: Int) async throws(StateFailure) -> [UInt8]
  /// Returns a file with the bytes, which exists as long as the result.
  func file(of item: Item, in bucket: String) async throws(StateFailure) -> LocalFile
}

extension StateSource {
  package func properties(of item: Item, in bucket: String) async throws(StateFailure) -> Properties {
    try await properties(of: item, in: bucket, readsTags: false)
  }
}

/// A file to read; a temporary one is removed with the value.
package final class LocalFile: Sendable {
  package let path: String
  private let isTemporary: Bool

  package init(path: String, isTemporary: Bool = false) {
    self.path = path
    self.isTemporary = isTemporary
  }

  deinit { if isTemporary { FileAccess.remove(path) } }
}
