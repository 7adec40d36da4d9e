internal import Core
internal import HTTPFront
internal import Logging
private import Synchronization

#if FUSE
  private import FuseFront
#endif

/// The front ends of one run: the mount, the gateway, or both.
final class Fronts: Sendable {
  #if FUSE
    private let mount: FuseMount?
  #endif
  private let gateway: Gateway?
  private let log: Logger
  private let source: String
  private let hasEnded = Mutex(false)

  /// Opens all requested front ends, or none.
  init(_ fileSystem: FileSystem, _ settings: RunSettings, _ metrics: StoreMetrics, _ log: Logger) throws(StartFailure) {
    self.log = log
    let source = Wiring.description(of: fileSystem)
    self.source = source
    // The gateway first: a port in use is detected before a mount is created.
    if let address = settings.http {
      gateway = try Gateway(fileSystem, settings, at: address, metrics, log)
    } else {
      gateway = nil
    }
    #if FUSE
      mount = settings.mountPath.map { path in
        var options = FuseOptions()
        options.allowOther = settings.allowOther
        options.refusesPrograms = settings.refusesPrograms
        options.readOnly = settings.fileSystem.readOnly
        options.notify = FuseOptions.Notify(rawValue: settings.notify.rawValue) ?? .watched
        options.sourceName = Wiring.sourceName(of: fileSystem)
        return FuseMount(
          fileSystem: fileSystem, mountPoint: MountPoint(path: path, isDefault: settings.mountPathIsDefault),
          options: options, log: log)
      }
    #endif
    do throws(StartFailure) {
      try openMount(settings)
    } catch {
      gateway?.stop()
      throw error
    }
  }

  private func openMount(_ settings: RunSettings) throws(StartFailure) {
    #if FUSE
      do throws(FuseMountError) {
        try mount?.mount { [weak self] in
          self?.hasEnded.withLock { $0 = true }
          Signals.wake()
        }
      } catch {
        throw StartFailure(message: error.description)
      }
    #else
      if settings.mountPath != nil {
        throw StartFailure(message: "this build has no FUSE mount: use --http :8080, or build with the FUSE trait")
      }
    #endif
  }

  /// Whether the mount was unmounted from outside, or its connection broke.
  var mountHasEnded: Bool { hasEnded.withLock { $0 } }

  /// Logs where the buckets are mounted and served.
  func announce() {
    #if FUSE
      if let mount { log.notice("\(source) is mounted at \(mount.path)") }
    #endif
    if let gateway { log.notice("\(source) is served at \(gateway.address)") }
  }

  /// Ends all front ends. Blocks until requests in flight have ended, or the deadline has passed.
  func end(deadline: Duration) {
    let end = ContinuousClock.now + deadline
    gateway?.stop()
    #if FUSE
      if mountHasEnded { log.notice("unmounted from outside") }
      mount?.end(deadline: end - .now)
    #endif
  }

  /// Detaches the mount, as the last step before the process ends by force, so that no dead mount remains.
  func abandon() {
    #if FUSE
      mount?.abandon()
    #endif
  }
}
