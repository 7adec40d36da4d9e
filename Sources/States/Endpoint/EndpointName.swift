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
