/// The credentials that a request is signed with.
public struct Credentials: Hashable, Sendable {
  public var accessKeyID: String
  public var secretAccessKey: String
  /// The token of temporary credentials (STS).
  public var sessionToken: String?
  /// When they expire, where that is known.
  public var expires: Timestamp?

  public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
  }

  /// The credentials that LocalStack and other emulators accept.
  public static let test = Credentials(accessKeyID: "test", secretAccessKey: "test")
}

extension Timestamp {
  /// Parses an expiry as AWS's tools write it: in UTC, which is `Z` or `+00:00`.
  init?(expiration text: String) {
    self.init(iso8601: text.hasSuffix("+00:00") ? text.dropLast(6) + "Z" : text)
  }

  /// In UTC, to the second: `2030-01-31T00:00:00Z`.
  var iso8601: String {
    let date = CivilDate(seconds: seconds)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(date.year)-\(two(date.month))-\(two(date.day))"
    return "\(day)T\(two(date.hour)):\(two(date.minute)):\(two(date.second))Z"
  }
}

extension Credentials: CustomStringConvertible {
  /// Leaves the secrets out, so that a log never contains them.
  public var description: String { "Credentials(\(accessKeyID))" }
}
