import Dispatch
import Synchronization

/// The credentials of one client with their signing key, renewed by their process before they expire.
final class CredentialKeeper: Sendable {
  struct Current: Sendable {
    let credentials: Credentials
    let keys: SigningKeyCache
  }

  /// How long before their expiry new ones are made, while the old ones serve, in seconds.
  private static let lead: Int64 = 300

  private let region: String
  private let process: CredentialProcess?
  private let state: Mutex<(current: Current, renewal: Task<Void, Never>?)>
  /// Why the last renewal failed: reported once.
  private let failure = Mutex<String?>(nil)

  init(_ credentials: Credentials, region: String, process: CredentialProcess?) {
    self.region = region
    self.process = process
    state = Mutex((Self.current(credentials, region), nil))
  }

  var current: Current { state.withLock { $0.current } }

  private static func current(_ credentials: Credentials, _ region: String) -> Current {
    Current(
      credentials: credentials, keys: SigningKeyCache(secret: credentials.secretAccessKey, region: region))
  }

  /// Starts a renewal when the expiry is near; waits for it when they have expired. Credentials that cannot be renewed
  /// stay as they are: the server reports what is wrong with them.
  func prepare(now: Timestamp) async {
    guard let process, let expires = current.credentials.expires, expires.seconds - now.seconds < Self.lead
    else { return }
    let renewal = state.withLock { state in
      if let renewal = state.renewal { return renewal }
      let renewal = Task { await self.renew(process) }
      state.renewal = renewal
      return renewal
    }
    if expires <= now { await renewal.value }
  }

  private func renew(_ process: CredentialProcess) async {
    // Not on a task's thread: it blocks for as long as the process takes.
    let renewed: Credentials? = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [self] in
        do throws(CredentialProcess.Failure) {
          let renewed = try process.run()
          failure.withLock { $0 = nil }
          continuation.resume(returning: renewed)
        } catch {
          report(error.reason, of: process)
          continuation.resume(returning: nil)
        }
      }
    }
    state.withLock { state in
      if let renewed { state.current = Self.current(renewed, region) }
      state.renewal = nil
    }
  }

  private func report(_ reason: String, of process: CredentialProcess) {
    let isNew = failure.withLock { failure in
      defer { failure = reason }
      return failure != reason
    }
    if isNew { process.report?("the credentials are not renewed: credential_process \(reason)") }
  }
}
