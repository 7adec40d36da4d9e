import Core

/// The handlers of all routes.
final class Handlers: Sendable {
  let reads: ReadHandler
  private let fileSystem: FileSystem
  private let places: PlaceChecks
  private let lists: ListHandler
  private let searches: SearchHandler
  private let metadata: MetadataHandler
  private let versions: VersionsHandler
  private let writes: WriteHandler
  private let deletions: DeleteHandler
  private let relocations: RelocateHandler
  private let uploads: UploadHandler
  private let archives: ArchiveHandler
  private let unpacking: UnpackHandler
  private let watches: WatchHandler
  private let waits: WaitHandler
  private let health: HealthHandler
  private let snapshots: SnapshotHandler

  init(
    fileSystem: FileSystem, options: HTTPServerOptions, live: LiveExchanges, requests: RequestMetrics,
    pages: PageSettings
  ) {
    self.fileSystem = fileSystem
    places = PlaceChecks(fileSystem: fileSystem)
    reads = ReadHandler(fileSystem: fileSystem)
    lists = ListHandler(fileSystem: fileSystem, pages: pages)
    searches = SearchHandler(fileSystem: fileSystem, pages: pages)
    metadata = MetadataHandler(fileSystem: fileSystem)
    versions = VersionsHandler(fileSystem: fileSystem)
    writes = WriteHandler(fileSystem: fileSystem)
    deletions = DeleteHandler(fileSystem: fileSystem)
    relocations = RelocateHandler(fileSystem: fileSystem)
    uploads = UploadHandler(fileSystem: fileSystem)
    archives = ArchiveHandler(fileSystem: fileSystem)
    unpacking = UnpackHandler(fileSystem: fileSystem, limits: options.unpackLimits)
    watches = WatchHandler(fileSystem: fileSystem, live: live)
    waits = WaitHandler(fileSystem: fileSystem, live: live, reads: reads, lists: lists)
    health = HealthHandler(fileSystem: fileSystem, options: options, live: live, requests: requests)
    snapshots = SnapshotHandler(service: options.snapshots)
  }

  /// Answers a request. A request that changes something is answered when the mount's caches and watchers have the
  /// change.
  func answer(_ route: Route, _ request: Request, _ body: RequestBody) async throws -> Response {
    if let directory = route.directory {
      // Only a part of a bucket may be shown: its names are those of another directory, where they can be requested.
      let shown = fileSystem.byKey.shownDirectory(of: directory)
      guard shown == directory else { return ReadHandler.redirect(to: shown, status: 307, request) }
    }
    guard let subject = route.subject else { return try await perform(route, request, body) }
    let condition = try await places.condition(of: subject, request)
    let response = try await change(route, on: condition, request, body)
    await fileSystem.changes.changesAreShown()
    return response
  }

  /// Performs a route that changes something.
  private func change(
    _ route: Route, on condition: WriteCondition, _ request: Request, _ body: RequestBody
  ) async throws -> Response {
    switch route {
    case .change(let path, let replacesAll):
      return try await metadata.change(path, replacesAll: replacesAll, on: condition, body)
    case .configure(let path): return try await metadata.configure(path, body)
    case .unpack(let path, let format): return try await unpacking.unpack(into: path, format, on: condition, body)
    case .restore(let path, let version): return try await versions.restore(path, version: version, on: condition)
    case .put(let path, let keepsDetails):
      return try await writes.put(path, keepsDetails: keepsDetails, on: condition, request, body)
    case .makeDirectory(let path): return try await writes.makeDirectory(path, request, body)
    case .delete(let path, let recursive): return try await deletions.delete(path, recursive: recursive, on: condition)
    case .deleteVersion(let path, let version): return try await deletions.deleteVersion(path, version)
    case .relocate(let path, let destination, let removesSource, let replaces):
      return try await relocations.relocate(
        path, to: destination, removesSource: removesSource, replaces: replaces, on: condition, request)
    case .upload(let path): return try await uploads.upload(into: path, on: condition, request, body)
    case .makeNamed(let path, let name):
      return try await uploads.makeNamed(in: path, name: name, on: condition, request, body)
    case .formDelete(let path, let recursive):
      return try await deletions.formDelete(path, recursive: recursive, on: condition)
    default: return try await perform(route, request, body)
    }
  }

  private func perform(_ route: Route, _ request: Request, _ body: RequestBody) async throws -> Response {
    switch route {
    case .list(let path, let format): return try await lists.list(path, format, request)
    case .search(let path, let wanted, let format): return try await searches.search(path, wanted, format, request)
    case .read(let path): return try await reads.read(path, request, by: nil)
    case .readVersion(let path, let version): return try await reads.read(path, version: version, request)
    case .inspect(let path): return try await metadata.inspect(path, request)
    case .presign(let path, let seconds, let host):
      return try await metadata.presign(path, seconds: seconds, host: host)
    case .archive(let path, let format): return try await archives.archive(path, format)
    case .archiveChosen(let path, let format): return try await archives.archiveChosen(path, format, body)
    case .watch(let path, let deep): return try await watches.watch(path, deep: deep)
    case .wait(let path, let wish): return try await waits.wait(for: path, wish, request)
    case .versions(let path): return try await versions.versions(of: path)
    case .deleted(let path): return try await versions.deleted(below: path)
    case .health: return await health.health()
    case .ready: return await health.ready()
    case .unsaved: return health.unsaved()
    case .metrics: return health.metrics()
    case .openAPI:
      let headers: Headers = ["Content-Type": Asset.openAPI.type, "Cache-Control": "no-cache"]
      return Response(200, headers: headers, body: .asset(.openAPI))
    case .asset(let version, let name): return try AssetHandler.answer(version: version, name: name, request)
    case .snapshot(let wanted): return try await snapshots.answer(wanted, request)
    case .options(let allow): return Response(204, headers: ["Allow": allow])
    case .redirect(let location): return Response(301, headers: ["Location": location])
    case .change, .configure, .unpack, .restore, .put, .makeDirectory, .delete, .deleteVersion, .relocate, .upload,
      .makeNamed,
      .formDelete:
      return try await change(route, on: .none, request, body)
    }
  }
}
