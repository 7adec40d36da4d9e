import Core

// `/-/snapshots` and below: states of buckets under a name.

extension HTTPEndpoint {
  private static let list = "/-/snapshots"
  private static let one = "/-/snapshots/{name}"

  static let snapshots = [
    snapshot("GET", list, options: ["json"], summary: "The snapshots") { _ in .list },
    snapshot("GET", one, options: ["json"], summary: "What is known of a snapshot") {
      .describe(name: $0.snapshotName)
    },
    snapshot(
      "GET", one, verb: "diff", options: ["only", "json"], takesValue: true,
      summary: "What is different from a snapshot now, or in another one"
    ) { call throws(HTTPError) in
      let other = call.value("diff").flatMap { $0.isEmpty || $0 == "now" ? nil : $0 }
      return .compare(
        name: call.snapshotName, with: other, only: call.values("only"), try call.differenceFormat())
    },
    snapshot("POST", one, options: ["bucket"], changes: .something, summary: "Saves buckets under a name") {
      .save(name: $0.snapshotName, buckets: $0.values("bucket"))
    },
    // A preview changes nothing; but it is a POST, and protected as such.
    snapshot(
      "POST", one, verb: "restore", options: ["preview", "force", "only", "keep"], changes: .something,
      summary: "Makes the buckets as a snapshot has them"
    ) { call throws(HTTPError) in
      .restore(
        name: call.snapshotName, only: call.values("only"), keep: call.values("keep"),
        isPreview: try call.flag("preview"), isForced: try call.flag("force"))
    },
    snapshot("DELETE", one, changes: .something, summary: "Removes a snapshot") { .remove(name: $0.snapshotName) },
  ]

  private static func snapshot(
    _ method: String, _ path: String, verb: String? = nil, options: [String] = [], takesValue: Bool = false,
    changes: Changes = .nothing, summary: String,
    request: @escaping @Sendable (Call) throws(HTTPError) -> SnapshotRequest
  ) -> HTTPEndpoint {
    HTTPEndpoint(
      method: method, places: [.own(path)], verb: verb, options: options, repeatable: ["bucket", "only", "keep"],
      takesValue: takesValue, takesBody: false, isStrict: true, changes: changes, summary: summary,
      example: verb ?? ""
    ) { call throws(HTTPError) in .snapshot(try request(call)) }
  }
}

extension Call {
  /// The part of the path after `/-/snapshots/`; not yet validated as a name.
  fileprivate var snapshotName: String { String(target.path.dropFirst("/-/snapshots/".utf8.count)) }

  private static let differenceTypes: [(String, SnapshotRequest.Format)] = [
    ("text/plain", .text), ("application/json", .json), ("application/xml", .junit), ("text/xml", .junit),
    ("text/x-diff", .patch), ("text/x-patch", .patch),
  ]

  fileprivate func differenceFormat() throws(HTTPError) -> SnapshotRequest.Format {
    if try flag("json") { return .json }
    let types = Self.differenceTypes
    guard let chosen = Negotiation.best(of: types.map(\.0), accept: request.headers.joined("Accept")) else {
      throw HTTPError(
        406, "A difference is text/plain, application/json, application/xml (JUnit) or text/x-diff (a patch).")
    }
    return types[chosen].1
  }
}
