/// The paths of what commands keep between runs: `states` in the cache directory. It can be deleted; that costs requests
/// and hashing again (and loses the snapshots).
package struct StateCache: Sendable {
  package let root: String

  /// - Parameter directory: the cache directory of localstackmount; created if missing.
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

/// Makes an endpoint a name for files and sockets. `localhost`, `127.0.0.1` and LocalStack's own names for it are the same.
package enum EndpointName {
  package static func plain(_ endpoint: String) -> String {
    let plain = endpoint.split(separator: "://", maxSplits: 1).last.map(String.init) ?? endpoint
    let same = ["127.0.0.1", "[::1]", "localhost.localstack.cloud"].reduce(plain) { name, host in
      name.hasPrefix(host) ? "localhost" + name.dropFirst(host.count) : name
    }
    return String(same.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "_" })
  }
}
