import Core

/// Answers requests about snapshots, which are stored outside of this module.
struct SnapshotHandler: Sendable {
  let service: (any SnapshotService)?

  /// Answers one request; throws 404 if the gateway has no service for snapshots.
  func answer(_ wanted: SnapshotRequest, _ request: Request) async throws -> Response {
    guard let service else { throw HTTPError(404, "This gateway keeps no snapshots.") }
    switch await service.answer(wanted) {
    case .content(let type, let bytes, let isNew, let differences):
      var headers: Headers = ["Cache-Control": "no-store", "Vary": "Accept", "X-Content-Type-Options": "nosniff"]
      headers.add("X-Differences", differences.map { "\($0)" })
      headers.add("Content-Type", type)
      let isHead = request.method == "HEAD"
      return Response(
        isNew ? 201 : 200, headers: headers, body: isHead ? .length(Int64(bytes.count)) : .bytes(bytes))
    case .nothing: return Response(204)
    case .failure(let status, let clause):
      // A URI keeps its small letter.
      let first = clause.hasPrefix("s3://") ? "s" : clause.prefix(1).uppercased()
      throw HTTPError(status, first + clause.dropFirst() + ".")
    }
  }
}

// MARK: Verbs

/// `/-/snapshots` and below.
extension SnapshotRequest: Action {
  var subject: WriteConditions.Subject? { isMutating ? .snapshot : nil }

  func answer(in context: ActionContext) async throws -> Response {
    try await SnapshotHandler(service: context.parts.options.snapshots).answer(self, context.request)
  }
}

extension SnapshotHandler {
  private static let list = "/-/snapshots"
  private static let one = "/-/snapshots/{name}"

  static let endpoints = [
    snapshot("GET", list, options: ["json"], summary: "The snapshots") { _ in .list },
    snapshot("GET", one, options: ["json"], summary: "What is known of a snapshot") { .describe(name: name($0)) },
    snapshot(
      "GET", one, verb: "diff", options: ["only", "json"], takesValue: true,
      summary: "What is different from a snapshot now, or in another one"
    ) { call throws(HTTPError) in
      let other = call.value("diff").flatMap { $0.isEmpty || $0 == "now" ? nil : $0 }
      return .compare(name: name(call), with: other, only: try call.options("only"), try differenceFormat(call))
    },
    snapshot("POST", one, options: ["bucket"], changes: .something, summary: "Saves buckets under a name") {
      call throws(HTTPError) in .save(name: name(call), buckets: try call.options("bucket"))
    },
    // A preview changes nothing; but it is a POST, and protected as such.
    snapshot(
      "POST", one, verb: "restore", options: ["preview", "force", "only", "keep", "state"], changes: .something,
      summary: "Makes the buckets as a snapshot has them"
    ) { call throws(HTTPError) in
      .restore(
        name: name(call), only: try call.options("only"), keep: try call.options("keep"),
        state: try call.option("state"), isPreview: try call.flag("preview"), isForced: try call.flag("force"))
    },
    snapshot("DELETE", one, changes: .something, summary: "Removes a snapshot") { .remove(name: name($0)) },
  ]

  private static func snapshot(
    _ method: String, _ path: String, verb: String? = nil, options: [String] = [], takesValue: Bool = false,
    changes: HTTPEndpoint.Changes = .nothing, summary: String,
    request: @escaping @Sendable (Call) throws(HTTPError) -> SnapshotRequest
  ) -> HTTPEndpoint {
    HTTPEndpoint(
      method: method, places: [.own(path)], verb: verb, options: options, repeatable: ["bucket", "only", "keep"],
      takesValue: takesValue, takesBody: false, isStrict: true, changes: changes, summary: summary,
      example: verb ?? ""
    ) { call throws(HTTPError) in try request(call) }
  }

  /// Returns the part of the path after `/-/snapshots/`; not yet validated as a name.
  private static func name(_ call: Call) -> String { String(call.target.path.dropFirst("/-/snapshots/".utf8.count)) }

  private static let differenceTypes: [(String, SnapshotRequest.Format)] = [
    ("text/plain", .text), ("application/json", .json), ("application/xml", .junit), ("text/xml", .junit),
    ("text/x-diff", .patch), ("text/x-patch", .patch),
  ]

  private static func differenceFormat(_ call: Call) throws(HTTPError) -> SnapshotRequest.Format {
    if try call.flag("json") { return .json }
    guard
      let chosen = Negotiation.best(
        of: differenceTypes.map(\.0), accept: call.request.headers.joined("Accept"))
    else {
      throw HTTPError(
        406, "A difference is text/plain, application/json, application/xml (JUnit) or text/x-diff (a patch).")
    }
    return differenceTypes[chosen].1
  }
}
