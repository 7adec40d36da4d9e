import Basics

/// The paths of what commands store between runs: `states` in the cache directory. It can be deleted; that costs
/// requests and hashing again (and loses the snapshots).
package struct StateCache: Sendable {
  package let root: String
  /// What is being written, on the same disk.
  let partial: PartialFiles

  /// Creates the directories, so that no other user can read or change what is below: it holds bytes, keys and metadata
  /// of objects. Directories that an older run left open are closed.
  ///
  /// - Parameter directory: the cache directory of localstackmount; created if missing.
  package init(_ directory: String) throws(StateFailure) {
    root = directory + "/states"
    try Self.make(directory, closes: false)
    try Self.make(root, closes: true)
    for name in ["known", "locks", "events", "snapshots", "blobs"] { try Self.make("\(root)/\(name)", closes: true) }
    partial = PartialFiles(in: root)
  }

  private static func make(_ path: String, closes: Bool) throws(StateFailure) {
    do throws(PrivateDirectory.Failure) { try PrivateDirectory.create(path, closes: closes) } catch {
      switch error.kind {
      case .cannotCreate, .cannotLook:
        throw StateFailure(
          .trouble, "cannot make the directory \(error.path): \(error.reason); \(error.remedy)")
      case .foreign, .open:
        throw StateFailure(
          .trouble, "\(error.path) \(error.reason), and nothing is kept there: \(error.remedy)")
      }
    }
  }

  private func file(_ path: String) -> ReplacedFile { ReplacedFile(path: "\(root)/\(path)", partial: partial) }

  var hashes: ReplacedFile { file("hashes") }
  var blobIndex: ReplacedFile { file("blobs/index") }
  var snapshots: String { "\(root)/snapshots" }
  var blobs: String { "\(root)/blobs" }
  func manifest(_ name: String) -> ReplacedFile { file("snapshots/\(name).jsonl") }
  func known(_ endpoint: String, _ bucket: String) -> ReplacedFile {
    file("known/\(EndpointName.plain(endpoint))~\(bucket)")
  }
  func trust(_ endpoint: String) -> ReplacedFile { file("known/\(EndpointName.plain(endpoint))") }
  func events(_ endpoint: String, _ bucket: String) -> ReplacedFile {
    file("events/\(EndpointName.plain(endpoint))/\(bucket)")
  }
  func lock(_ endpoint: String, _ bucket: String) -> String {
    "\(root)/locks/\(EndpointName.plain(endpoint))~\(bucket)"
  }
  func events(_ endpoint: String) -> String { "\(root)/events/\(EndpointName.plain(endpoint))" }
}

/// Converts an endpoint to a name for files and sockets. `localhost`, `127.0.0.1` and LocalStack's own names for it are
/// the same.
package enum EndpointName {
  package static func plain(_ endpoint: String) -> String {
    let plain = endpoint.split(separator: "://", maxSplits: 1).last.map(String.init) ?? endpoint
    let same = ["127.0.0.1", "[::1]", "localhost.localstack.cloud"].reduce(plain) { name, host in
      name.hasPrefix(host) ? "localhost" + name.dropFirst(host.count) : name
    }
    return String(same.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "_" })
  }
}
