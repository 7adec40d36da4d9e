internal import CFuse3
internal import Core
internal import Glibc

// Requests of the thread that replays external changes on the mount (`InotifyThread`). They are answered from memory,
// at once: the change is in S3 already. Any request that the thread did not announce is refused.

extension FuseRequest {
  /// Whether the request comes from the replaying thread.
  var isReplay: Bool { context.notifier.stage.isOwn(self) }
}

/// Answers to the replaying thread.
enum ReplayedOperations {
  static func lookup(_ request: FuseRequest, _ name: UnsafePointer<CChar>?, in parent: InodeNumber) {
    let (stage, fileSystem) = (request.context.notifier.stage, request.fileSystem)
    guard let name = String(kernelName: name) else { return request.reply.error(ENOENT) }
    stage.noteLookup(name)
    guard let scene = stage.scene else { return request.reply.error(ENOENT) }
    var directory = ObjectPath.root
    for step in scene.steps {
      if step.name.isSameName(as: name), fileSystem.kernelView.inode(at: directory) == parent {
        return FuseOperations.send(
          fileSystem.kernelView.rememberedEntry(ofDirectory: step.path), to: request.reply, fileSystem)
      }
      directory = step.path
    }
    // A name that is about to be created does not exist yet, whatever S3 returns.
    guard scene.isAbout(name, in: parent, fileSystem), scene.change.kind != .created else {
      return request.reply.error(ENOENT)
    }
    FuseOperations.send(fileSystem.kernelView.rememberedEntry(of: scene.change), to: request.reply, fileSystem)
  }

  static func getattr(_ request: FuseRequest, _ inode: InodeNumber) {
    if let entry = request.fileSystem.kernelView.rememberedAttributes(ofDirectory: inode) {
      return request.reply.attributes(entry)
    }
    setattr(request, inode)
  }

  /// Answers with the file's current attributes, and sets nothing.
  static func setattr(_ request: FuseRequest, _ inode: InodeNumber) {
    guard let entry = announced(request, inode) else { return request.reply.error(EPERM) }
    request.reply.attributes(entry)
  }

  static func open(_ request: FuseRequest, _ inode: InodeNumber, _ information: fuse_file_info) {
    guard announced(request, inode) != nil, information.flags & O_TRUNC == 0 else {
      return request.reply.error(EPERM)
    }
    _ = request.reply.opened(information.replayed)
  }

  static func create(
    _ request: FuseRequest, _ name: UnsafePointer<CChar>?, in parent: InodeNumber, _ information: fuse_file_info
  ) {
    guard let entry = made(request, name, in: parent) else { return request.reply.error(EPERM) }
    let fileSystem = request.fileSystem
    if !request.reply.created(entry, information.replayed) { fileSystem.lookups.forget(entry.inode, lookups: 1) }
  }

  /// Answers mkdir, mknod, symlink.
  static func make(_ request: FuseRequest, _ name: UnsafePointer<CChar>?, in parent: InodeNumber) {
    guard let entry = made(request, name, in: parent) else { return request.reply.error(EPERM) }
    FuseOperations.send(entry, to: request.reply, request.fileSystem)
  }

  /// Answers unlink, rmdir.
  static func remove(_ request: FuseRequest, _ name: UnsafePointer<CChar>?, in parent: InodeNumber) {
    guard let scene = scene(request, name, in: parent), scene.change.kind == .deleted else {
      return request.reply.error(EPERM)
    }
    request.reply.success()
  }

  /// Returns the attributes of the file that the scene concerns, if `inode` is that file.
  private static func announced(_ request: FuseRequest, _ inode: InodeNumber) -> Entry? {
    guard let scene = request.context.notifier.stage.scene, scene.change.kind != .deleted,
      request.fileSystem.kernelView.inode(at: scene.change.path) == inode
    else { return nil }
    return Entry(attributes: request.fileSystem.kernelView.rememberedAttributes(of: scene.change), validFor: .zero)
  }

  private static func made(
    _ request: FuseRequest, _ name: UnsafePointer<CChar>?, in parent: InodeNumber
  ) -> Entry? {
    guard let scene = scene(request, name, in: parent), scene.change.kind == .created else { return nil }
    return request.fileSystem.kernelView.rememberedEntry(of: scene.change)
  }

  private static func scene(
    _ request: FuseRequest, _ name: UnsafePointer<CChar>?, in parent: InodeNumber
  ) -> ReplayStage.Scene? {
    guard let name = String(kernelName: name), let scene = request.context.notifier.stage.scene else { return nil }
    return scene.isAbout(name, in: parent, request.fileSystem) ? scene : nil
  }
}

extension ReplayStage.Scene {
  fileprivate func isAbout(_ name: String, in parent: InodeNumber, _ fileSystem: FileSystem) -> Bool {
    self.name.isSameName(as: name) && fileSystem.kernelView.inode(at: directory) == parent
  }
}

extension String {
  /// Compares byte by byte: to Swift, strings that differ in their normal form are equal, to file systems they are not.
  fileprivate func isSameName(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension fuse_file_info {
  /// Opened so that the kernel keeps its caches of the file, and sends no FLUSH at its close.
  fileprivate var replayed: Self {
    var result = self
    result.fh = ReplayStage.handle
    result.keep_cache = 1
    result.noflush = 1
    return result
  }

  /// Whether the replaying thread opened it.
  var isReplayed: Bool { fh == ReplayStage.handle }
}
