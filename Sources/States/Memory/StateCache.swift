/// Where the commands remember things between runs: `states` in the cache directory. All of it can be deleted; then it
/// costs requests and hashing again (and snapshots are lost).
package struct StateCache: Sendable {
  package let root: String

  /// `directory` is the cache directory of localstackmount; it is made if it is missing.
  package init(_ directory: String) throws(StateFailure) {
    root = directory + "/states"
    for name in ["known", "locks", "events", "snapshots", "blobs"] {
      try FileAccess.makeDirectories("\(root)/\(name)")
    }
  }

  var hashes: String { "\(root)/hashes" }
  var snapshots: String { "\(root)/snapshots" }
  var blobs: String { "\(root)/blobs" }
  func known(_ endpoint: String, _ bucket: String) -> String {
    "\(root)/known/\(EndpointName.plain(endpoint))~\(bucket)"
  }
  func trust(_ endpoint: String) -> String { "\(root)/known/\(EndpointName.plain(endpoint))" }
  func lock(_ endpoint: String, _ bucket: String) -> String {
    "\(root)/locks/\(EndpointName.plain(endpoint))~\(bucket)"
  }
  func events(_ endpoint: String) -> String { "\(root)/events/\(EndpointName.plain(endpoint))" }
}
