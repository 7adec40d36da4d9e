internal import Core
internal import Logging
internal import S3
internal import States

/// Answers the state commands of the same user and endpoint. They access S3 themselves: before they read they make this
/// process save its files, and afterwards they report what they wrote.
struct CommandListener: Sendable {
  private let listener: RunningListener?

  init(_ fileSystem: FileSystem, _ log: Logger) {
    let sockets = RunningSockets(environment: RunSettings.processEnvironment)
    listener = RunningListener(sockets, endpoint: fileSystem.endpointDescription.url) { request in
      switch request {
      case .flush(let buckets, let openFiles):
        return await fileSystem.otherClients.saveAll(in: buckets.map { Set($0) }, openFiles: openFiles).map { file in
          UnsavedFile(uri: "s3://\(file.path.bucket)/\(file.path.key)", reason: file.reason ?? "it is being uploaded")
        }
      case .learn(let changes):
        await fileSystem.otherClients.learn(changes.map { ReportedChange($0) })
        return []
      }
    }
    if listener == nil { log.debug("no socket for other commands: they cannot have this process save its files first") }
  }

  func end() { listener?.end() }
}

extension ReportedChange {
  init(_ change: EndpointChange) {
    func path(_ reference: ObjectReference) -> ObjectPath { ObjectPath(bucket: reference.bucket, key: reference.key) }
    self =
      switch change {
      case .madeBucket(let name): .madeBucket(name)
      case .wrote(let reference, let size, let etag, let modified):
        .wrote(path(reference), size: size, etag: etag, modified: modified)
      case .changedTags(let reference): .changedTags(path(reference))
      case .deleted(let reference): .deleted(path(reference))
      }
  }
}
