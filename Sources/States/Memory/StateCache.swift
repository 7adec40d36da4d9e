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

/// An endpoint as a name for files and sockets. `localhost`, `127.0.0.1` and LocalStack's own names of it are one place.
package enum EndpointName {
  package static func plain(_ endpoint: String) -> String {
    let plain = endpoint.split(separator: "://", maxSplits: 1).last.map(String.init) ?? endpoint
    let same = ["127.0.0.1", "[::1]", "localhost.localstack.cloud"].reduce(plain) { name, host in
      name.hasPrefix(host) ? "localhost" + name.dropFirst(host.count) : name
    }
    return String(same.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "_" })
  }
}
