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
