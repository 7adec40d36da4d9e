import Glibc
import Synchronization

/// One request and its answer, in flight.
///
/// `@unchecked Sendable`: the immutable parts are Sendable; every `var` is used by the I/O thread alone, from the
/// moment the transfer is handed to `TransferLoop` until `finish` has resumed the waiting task, which sees none of
/// them.
final class Transfer: @unchecked Sendable {
  /// The limit of a collected body that has no receiver. A listing's page is about 0.4 MB.
  static let maximumCollectedBody = 64 << 20

  /// The limit of memory that is reserved because an answer announces its length.
  private static let reservedBody = 1 << 20

  let request: HTTPRequest
  let receiver: (any ResponseReceiver)?
  /// When the transfer was handed over; waiting for a connection counts towards its limits.
  let submitted = ContinuousClock.now
  /// Set from any thread; the loop checks it before it starts the transfer.
  let isCancelled = Atomic(false)

  private let completion: @Sendable (Result<HTTPResponse, TransportFailure>) -> Void
  private var parser = ResponseHeadParser()
  private var head: ResponseHead?
  private var destination = BodyDestination.collect
  private var collected: [UInt8] = []
  private var uploadPosition: Int64 = 0
  private var isSent = false
  /// Why a callback has ended the transfer; more specific than libcurl's code for it.
  private var failure: TransportFailure?

  init(
    _ request: HTTPRequest, receiver: (any ResponseReceiver)?,
    completion: @escaping @Sendable (Result<HTTPResponse, TransportFailure>) -> Void
  ) {
    self.request = request
    self.receiver = receiver
    self.completion = completion
  }

  // MARK: Called by libcurl, on the I/O thread

  /// Records that the request is about to be sent. Returns false when it was sent before: libcurl repeats a request
  /// automatically when a reused connection breaks before the answer. That would send twice what must be sent once,
  /// unseen by the retry policy; and libcurl 7.88 forgets the body of a file then, so that the server waits for it
  /// until the deadline.
  func beginSending() -> Bool {
    guard isSent else {
      isSent = true
      return true
    }
    failure = TransportFailure(kind: .brokenOff, message: "the connection broke before the answer")
    return false
  }

  /// Takes one header line.
  func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    guard let complete = parser.take(line: line) else { return true }
    head = complete
    if let receiver { destination = receiver.begin(complete) }
    if case .collect = destination, let length = complete.contentLength, request.method != .head {
      collected.reserveCapacity(Int(clamping: min(max(0, length), Int64(Self.reservedBody))))
    }
    if case .abort = destination {
      failure = TransportFailure(kind: .cancelled, message: "the answer was refused")
      return false
    }
    return true
  }

  /// Takes a piece of the answer's body.
  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if case .receiver = destination, let receiver {
      if receiver.receive(bytes.bytes) { return true }
      failure = TransportFailure(kind: .cancelled, message: "the reader ended the transfer")
      return false
    }
    guard collected.count + bytes.count <= Self.maximumCollectedBody else {
      failure = TransportFailure(
        kind: .malformed, message: "the answer is larger than \(Self.maximumCollectedBody) bytes")
      return false
    }
    collected.append(contentsOf: bytes)
    return true
  }

  /// Fills `buffer` with the next piece of the request's body; nil when it cannot be read.
  func readBody(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    guard let body = request.body else { return 0 }
    let count = Int(min(Int64(buffer.count), body.length - uploadPosition))
    guard count > 0 else { return 0 }
    switch body {
    case .bytes(let bytes):
      bytes.withUnsafeBytes { source in
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[Int(uploadPosition)...].prefix(count)))
      }
      uploadPosition += Int64(count)
      return count
    case .file(let descriptor, let offset, _):
      let read = FileReading.read(descriptor, at: offset + uploadPosition, into: buffer, count: count)
      guard let read, read > 0 else {
        failure = TransportFailure(
          kind: .unreadableBody, message: "the file to upload could not be read, or has shrunk")
        return nil
      }
      uploadPosition += Int64(read)
      return read
    }
  }

  /// Moves to `position` of the request's body, when libcurl sends it again on a new connection.
  func seekBody(to position: Int64) -> Bool {
    guard let body = request.body, position >= 0, position <= body.length else { return false }
    uploadPosition = position
    return true
  }

  // MARK: The end

  /// Finishes the transfer after libcurl is done with it, with its failure, or nil for success. Called once.
  func finish(_ curlFailure: TransportFailure?) {
    if let curlFailure {
      completion(.failure(failure ?? curlFailure))
    } else if let head {
      completion(.success(HTTPResponse(head: head, body: collected)))
    } else {
      completion(.failure(TransportFailure(kind: .malformed, message: "the answer has no HTTP head")))
    }
  }

  /// Ends a transfer from our side. Called once, instead of `finish`.
  func fail(_ failure: TransportFailure) { completion(.failure(failure)) }
}
