import Archive

extension Response {
  /// Below this a packet more or less does not matter.
  private static let compressionThreshold = 4 << 10
  private static let compressible = ["text/", "application/json", "application/x-ndjson"]

  /// Our own texts (listings, pages), compressed where the client takes that. Objects are sent as they are stored.
  func compressed(for request: Request) -> Response {
    guard case .bytes(let bytes) = body, bytes.count >= Self.compressionThreshold, status == 200,
      let type = headers["Content-Type"], Self.compressible.contains(where: type.hasPrefix),
      headers["Content-Encoding"] == nil
    else { return self }
    var response = self
    response.headers.add("Vary", "Accept-Encoding")
    guard Negotiation.acceptsGzip(request.headers.joined("Accept-Encoding")), let small = Gzip.compress(bytes) else {
      return response
    }
    response.headers.add("Content-Encoding", "gzip")
    response.body = .bytes(small)
    return response
  }
}

extension Negotiation {
  /// Only where it is named: curl without `--compressed` sends nothing and wants the text.
  static func acceptsGzip(_ header: String?) -> Bool {
    guard let header else { return false }
    return header.split(separator: ",").contains { item in
      let parts = item.split(separator: ";").map(\.trimmed)
      guard parts.first?.lowercasedASCII == "gzip" else { return false }
      return !parts.dropFirst().contains {
        $0.lowercasedASCII.hasPrefix("q=0") && !$0.contains { "123456789".contains($0) }
      }
    }
  }
}
