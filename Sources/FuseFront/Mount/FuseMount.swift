internal import Basics
internal import CFuse3
public import Core
internal import Dispatch
private import Glibc
public import Logging
internal import Synchronization

/// One mount of a file system: from `mount()` until `end()`, or until it is unmounted from outside.
///
/// libfuse's loop runs on threads of its own, so that a synchronous `main` can wait for signals meanwhile.
public final class FuseMount: Sendable {
  let context: FuseContext
  let options: FuseOptions
  let mountPoint: MountPoint
  let log: Logger
  let state = Mutex(State())
  let loopHasEnded = DispatchSemaphore(value: 0)

  struct State: Sendable {
    var session: KernelSession?
    var loop: Thread?
    var isEnding = false
  }

  /// The mount point as /proc spells it. Computed before mounting, because afterwards computing it would send requests
  /// to the mount.
  public let path: String

  public init(fileSystem: FileSystem, mountPoint: MountPoint, options: FuseOptions = .init(), log: Logger) {
    self.mountPoint = mountPoint
    self.options = options
    self.log = log
    path = MountPoint.absolute(mountPoint.path)
    let invalidation = KernelInvalidation(keepsEntries: fileSystem.options.ttl != nil)
    let notifier = WatchScanner(
      options.readOnly ? .off : options.notify, fileSystem: fileSystem, invalidation: invalidation, log: log)
    context = FuseContext(fileSystem: fileSystem, invalidation: invalidation, notifier: notifier, log: log)
  }

  /// Mounts, and serves on threads of its own. Call it once.
  ///
  /// - Parameter onOutsideEnd: called if the mount ends without `end()`: it was unmounted (`fusermount3 -u`), or the
  ///   connection broke. Call `end()` all the same.
  /// - Throws: the fault and the remedy, in one line.
  public func mount(onOutsideEnd: @escaping @Sendable () -> Void) throws(FuseMountError) {
    try FusePrerequisites.current().check(options)
    try prepareMountPoint()
    let session = try makeSession()
    // Registered before the first operation. Changes before the threads start are dropped: nothing is cached yet.
    context.fileSystem.changes.observe(context.invalidation)
    guard fuse_session_mount(session.pointer, path) == 0 else {
      let reason = LibfuseMessages.take()
      fuse_session_destroy(session.pointer)
      throw FuseMountError(
        .refused,
        "cannot mount at \(path)\(reason.isEmpty ? "" : ": \(reason)"); in a container mounting needs "
          + "`--cap-add SYS_ADMIN`; `--http` needs no FUSE")
    }
    context.session = session
    context.device.withLock { $0 = MountTable.current().row(at: path)?.device }
    state.withLock { $0.session = session }
    try startThreads(session, onOutsideEnd)
    KernelReadahead.widen(for: path)
  }

  private func prepareMountPoint() throws(FuseMountError) {
    // A dead mount may cover another one; more than a few are no accident.
    for _ in 0..<8 {
      switch mountPoint.verdict(on: mountPoint.findings()) {
      case .use: return
      case .makeAndUse: try mountPoint.make()
      case .refuse(let error): throw error
      case .replaceStaleMount:
        log.notice("replacing the dead mount that an earlier run left at \(path)")
        guard Unmounting.unmount(path, lazily: true) else {
          throw FuseMountError(
            .staleMount, "a dead mount is at \(path): `fusermount3 -uz \(ShellWord.quoted(path))` removes it")
        }
      }
    }
    throw FuseMountError(
      .staleMount, "dead mounts are stacked at \(path): `fusermount3 -uz \(ShellWord.quoted(path))` removes one")
  }

  private func makeSession() throws(FuseMountError) -> KernelSession {
    LibfuseMessages.collect()
    let words = ["localstackmount", "-o", options.mountOptions]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    let count = Int32(arguments.count)
    let session = arguments.withUnsafeMutableBufferPointer { buffer in
      var list = fuse_args(argc: count, argv: buffer.baseAddress, allocated: 0)
      defer { fuse_opt_free_args(&list) }
      var table = OperationTable.callbacks
      // This object retains the context, and keeps the session until its last request.
      return fuse_session_new(
        &list, &table, MemoryLayout<fuse_lowlevel_ops>.size, Unmanaged.passUnretained(context).toOpaque())
    }
    guard let session else {
      throw FuseMountError(.refused, "libfuse refused the mount: \(LibfuseMessages.take())")
    }
    return KernelSession(session)
  }

  private func startThreads(
    _ session: KernelSession, _ onOutsideEnd: @escaping @Sendable () -> Void
  ) throws(FuseMountError) {
    ignoreWakeUpSignal()
    let threads = UInt32(options.threads)
    let loop = Thread(name: "fuse-loop") { [self] in
      let configuration = fuse_loop_cfg_create()
      // One device descriptor for each thread: faster in parallel (measured).
      fuse_loop_cfg_set_clone_fd(configuration, 1)
      fuse_loop_cfg_set_max_threads(configuration, threads)
      let failure = cfuse_session_loop_mt(session.pointer, configuration)
      fuse_loop_cfg_destroy(configuration)
      if failure < 0 { log.error("the FUSE loop ended: \(String(cString: strerror(-failure)))") }
      loopHasEnded.signal()
      if !state.withLock({ $0.isEnding }) { onOutsideEnd() }
    }
    guard let loop, context.invalidation.start(session) else {
      fuse_session_unmount(session.pointer)
      throw FuseMountError(.refused, "the system has no thread left for the mount")
    }
    state.withLock { $0.loop = loop }
    // Return only when the mount answers. A kernel that never sends INIT is detected by the first request.
    _ = context.isReady.wait(atMost: .seconds(5))
    context.notifier.start(at: path)
  }

  /// Installs a handler for SIGUSR1, which wakes the loop: one that does not restart system calls.
  private func ignoreWakeUpSignal() {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(Self.wakeUpSignal, &action, nil)
  }

  static let wakeUpSignal = SIGUSR1
}
