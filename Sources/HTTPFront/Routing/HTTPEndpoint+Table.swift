extension HTTPEndpoint {
  /// All endpoints, each listed by its handler. Among those with the same method and place, the query's verb selects
  /// one. Refusals name verbs in this order, and the first endpoint of a verb says what is wrong with a place.
  static let all: [HTTPEndpoint] = [
    ListHandler.endpoints,
    SearchHandler.endpoints,
    ReadHandler.endpoints,
    WriteHandler.endpoints,
    RelocateHandler.endpoints,
    MetadataHandler.endpoints,
    VersionsHandler.endpoints,
    PresignHandler.endpoints,
    ArchiveHandler.endpoints,
    UnpackHandler.endpoints,
    UploadHandler.endpoints,
    DeleteHandler.endpoints,
    WatchHandler.endpoints,
    WaitHandler.endpoints,
    HealthHandler.endpoints,
    AssetHandler.endpoints,
    SnapshotHandler.endpoints,
  ].flatMap(\.self)

  /// The options of reads that have a meaning beside a verb only: `?gone` says nothing without `?wait=`.
  static let dependentOptions: Set<String> = {
    let reads = all.filter { $0.method == "GET" && !$0.isOwn }
    return Set(reads.filter { $0.verb != nil }.flatMap(\.options))
      .subtracting(reads.filter { $0.verb == nil }.flatMap(\.options))
  }()

  /// The endpoints without a verb, by method.
  static let plain = ["GET", "HEAD", "PUT", "POST", "DELETE"].reduce(into: [String: [HTTPEndpoint]]()) {
    found, method in
    found[method] = all.filter { $0.verb == nil && $0.isFor(method) }
  }
}
