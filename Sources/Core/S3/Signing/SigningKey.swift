import Synchronization

/// The key that signs every request of one day, region and service: four HMACs, worth caching.
struct SigningKey: Hashable, Sendable {
  /// The scope of its validity: `20130524/us-east-1/s3/aws4_request`.
  let scope: String
  let bytes: [UInt8]

  init(secret: String, day: String, region: String, service: String = "s3") {
    scope = "\(day)/\(region)/\(service)/aws4_request"
    let dayKey = Digest.hmacSHA256(key: Array("AWS4\(secret)".utf8), day)
    let regionKey = Digest.hmacSHA256(key: dayKey, region)
    let serviceKey = Digest.hmacSHA256(key: regionKey, service)
    bytes = Digest.hmacSHA256(key: serviceKey, "aws4_request")
  }
}

/// Caches the last day's key.
final class SigningKeyCache: Sendable {
  private let secret: String
  private let region: String
  private let current = Mutex<(day: String, key: SigningKey)?>(nil)

  init(secret: String, region: String) {
    self.secret = secret
    self.region = region
  }

  func key(for date: SigningDate) -> SigningKey {
    current.withLock { current in
      if let current, current.day == date.day { return current.key }
      let key = SigningKey(secret: secret, day: date.day, region: region)
      current = (date.day, key)
      return key
    }
  }
}
