extension S3Error {
  /// Whether the server may have done the work despite this error.
  var isUncertain: Bool {
    switch code {
    case .timedOut, .connectionFailed, .internalError, .malformedResponse, .cancelled: true
    default: isAfterUncertainTry && mayBeEcho
    }
  }

  /// Whether a repeated write gets this answer when its first try was performed.
  var mayBeEcho: Bool { code == .preconditionFailed || code == .noSuchKey || code == .conflict }

  /// Returns the error for a write that was answered with success, but without the ETag of what was written.
  static func withoutETag(_ operation: String) -> Self {
    S3Error(.malformedResponse, message: "the answer names no version: it may not be stored", operation: operation)
  }

  /// Returns the error for a write that was not applied. Whether the condition was false from the beginning, or the
  /// write was replaced by another one since, cannot be determined.
  func refused(_ condition: WriteCondition) -> Self {
    guard code == .preconditionFailed, condition != .none else { return self }
    return S3Error(
      .internalError, status: status, serverCode: serverCode,
      message: "the first answer was lost, and another version is there now", operation: operation,
      requestID: requestID)
  }
}

extension WriteCondition {
  /// Returns whether the condition holds for the existing object. A write without a condition has nothing to check.
  func isMet(by head: ObjectHead?) -> Bool {
    switch self {
    case .none: false
    case .ifAbsent: head == nil
    case .ifMatch(let etag): head?.etag == etag
    }
  }
}

extension ETag {
  /// Returns whether it is the MD5 of a body that was put as a whole.
  func isMD5(base64: String) -> Bool {
    Base64.decode(base64).map { Hexadecimal.encode($0) == value.lowercased() } ?? false
  }

  /// Whether it looks like an MD5: opaque tags of other kinds say nothing about the bytes.
  var looksLikeMD5: Bool { value.utf8.count == 32 && (Hexadecimal.decode(value)?.count == 16) }

  /// Computes the ETag that S3 gives to a body that is put as a whole; nil if libcrypto refuses MD5.
  package init?(ofBody bytes: [UInt8]) {
    guard let sum = Digest.md5(bytes) else { return nil }
    self.init(Hexadecimal.encode(sum))
  }

  /// Computes the ETag that S3 gives to an upload from the ETags of its parts: the MD5 of their MD5s, and their number.
  /// Nil if the parts' are of another kind.
  package init?(ofParts parts: [ETag]) {
    var sums: [UInt8] = []
    for part in parts {
      guard part.looksLikeMD5, let sum = Hexadecimal.decode(part.value) else { return nil }
      sums += sum
    }
    guard let whole = Digest.md5(sums) else { return nil }
    self.init(Hexadecimal.encode(whole) + "-\(parts.count)")
  }
}

extension ObjectProperties {
  /// Returns whether an object has the headers that were sent. Headers that were not sent may have any value: servers
  /// have defaults.
  package func isContained(in stored: ObjectProperties) -> Bool {
    // A server may return another storage class, which it supports, and a date in another form.
    StoredHeader.described.allSatisfy { header in
      guard let sent = self[keyPath: header.value], let found = stored[keyPath: header.value] else {
        return self[keyPath: header.value] == nil
      }
      return sent == found || header.value == \.expires && Timestamp(httpDate: sent) == Timestamp(httpDate: found)
    } && userMetadata == stored.userMetadata
  }
}
