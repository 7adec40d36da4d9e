/// One parameter of a query, not encoded.
struct QueryItem: Hashable, Sendable {
  let name: String
  let value: String

  init(_ name: String, _ value: String = "") {
    self.name = name
    self.value = value
  }

  /// Returns the query as it is signed and sent: encoded, sorted by encoded name.
  static func canonical(_ items: [QueryItem]) -> String {
    guard !items.isEmpty else { return "" }
    let pairs = items.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }.sorted { $0 < $1 }
    return pairs.map { "\($0)=\($1)" }.joined(separator: "&")
  }
}
