import Glibc
import S3
import Synchronization

/// Collects a body in memory.
final class CollectingBytes: BodySink {
  private let state = Mutex([UInt8]())

  var bytes: [UInt8] { state.withLock { $0 } }

  func begin(_ head: ObjectHead) {}

  func receive(_ bytes: RawSpan) -> Bool {
    bytes.withUnsafeBytes { buffer in state.withLock { $0.append(contentsOf: buffer) } }
    return true
  }
}

/// Computes MD5 and SHA-256 of a body as it arrives.
final class DigestingSink: BodySink {
  private struct State: ~Copyable {
    var md5: IncrementalDigest? = IncrementalDigest(.md5)
    var sha256: IncrementalDigest? = IncrementalDigest(.sha256)
  }

  private let state = Mutex(State())

  func begin(_ head: ObjectHead) {}

  func receive(_ bytes: RawSpan) -> Bool {
    state.withLock { state in
      state.md5?.update(bytes)
      state.sha256?.update(bytes)
    }
    return true
  }

  /// The digests; to be read once, after the last byte.
  var digests: ContentDigests {
    let (md5, sha256) = state.withLock { state in
      (state.md5.take()?.finish() ?? [], state.sha256.take()?.finish() ?? [])
    }
    return ContentDigests(md5: MD5Digest(md5), sha256: SHA256Digest(sha256))
  }
}

/// Writes a body to a new file. On the client's I/O thread, like every sink: the page cache absorbs the bytes.
final class FileSink: BodySink {
  private let path: String
  private let descriptor: Int32
  private let digest = DigestingSink()
  /// The error of the first write that failed.
  private let failure = Atomic<Int32>(0)

  init(_ path: String, for audience: FileAccess.Audience) throws(StateFailure) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, audience.fileMode)
    guard descriptor >= 0 else { throw .disk("write", path) }
  }

  deinit { close(descriptor) }

  func begin(_ head: ObjectHead) {}

  func receive(_ bytes: RawSpan) -> Bool {
    let isWritten = bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let count = write(descriptor, buffer.baseAddress! + done, buffer.count - done)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        done += count
      }
      return true
    }
    guard isWritten else {
      failure.store(errno, ordering: .relaxed)
      return false
    }
    return digest.receive(bytes)
  }

  func finish() throws(StateFailure) -> ContentDigests {
    try requireNoFailure()
    return digest.digests
  }

  func requireNoFailure() throws(StateFailure) {
    let code = failure.load(ordering: .relaxed)
    guard code == 0 else { throw StateFailure(.trouble, "cannot write \(path): \(String(cString: strerror(code)))") }
  }
}
