import Dispatch

/// The SHA-256 of a request's body: computed once, sent as `x-amz-content-sha256` and as the checksum. On request, the
/// MD5 too.
struct PayloadDigest: Hashable, Sendable {
  let hexadecimal: String
  let base64: String
  /// In Base64; nil if it is not requested, or libcrypto refuses it.
  let md5: String?

  static let empty = PayloadDigest([])

  init(_ bytes: [UInt8], withMD5: Bool = false) {
    self.init(digest: Digest.sha256(bytes), md5: withMD5 ? Digest.md5(bytes) : nil)
  }

  private init(digest: [UInt8], md5: [UInt8]?) {
    self.md5 = md5.map { Base64.encode($0) }
    hexadecimal = Hexadecimal.encode(digest)
    base64 = Base64.encode(digest)
  }

  /// The limit for bodies that are hashed in the caller's thread (a fraction of a millisecond).
  private static let inlineLimit = 128 << 10
  private static let chunk = 1 << 20
  /// The queue for larger bodies, so that no cooperative thread is blocked.
  private static let queue = DispatchQueue(label: "s3.digest", attributes: .concurrent)

  /// Computes the digests of a body; nil when the file cannot be read, or is shorter than the body.
  static func of(_ body: RequestBody, withMD5: Bool = false) async -> PayloadDigest? {
    switch body {
    case .bytes(let bytes) where bytes.count <= inlineLimit: PayloadDigest(bytes, withMD5: withMD5)
    case .bytes(let bytes): await onQueue { PayloadDigest(bytes, withMD5: withMD5) }
    case .file(let descriptor, let offset, let length):
      await onQueue { ofFile(descriptor, offset: offset, length: length, withMD5: withMD5) }
    }
  }

  private static func ofFile(
    _ descriptor: Int32, offset: Int64, length: Int64, withMD5: Bool
  ) -> PayloadDigest? {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
    defer { buffer.deallocate() }
    var hash = IncrementalDigest()
    var md5 = withMD5 && IncrementalDigest.hasMD5 ? IncrementalDigest(.md5) : nil
    var done: Int64 = 0
    while done < length {
      let wanted = Int(min(Int64(chunk), length - done))
      guard let read = FileReading.read(descriptor, at: offset + done, into: buffer, count: wanted), read > 0 else {
        return nil
      }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
      md5?.update(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
      done += Int64(read)
    }
    return PayloadDigest(digest: hash.finish(), md5: md5.take()?.finish())
  }

  private static func onQueue(_ work: @escaping @Sendable () -> PayloadDigest?) async -> PayloadDigest? {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: work()) }
    }
  }
}
