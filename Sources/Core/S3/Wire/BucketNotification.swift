/// A destination of a bucket's events, as in GetBucketNotificationConfiguration.
public struct BucketNotification: Hashable, Sendable {
  public enum Kind: String, Sendable { case queue, topic, function, eventBridge }

  public var kind: Kind
  public var id: String?
  /// An ARN; nil for EventBridge.
  public var target: String?
  public var events: [String]
  /// Only for keys that begin and end with these.
  public var prefix: String?
  public var suffix: String?

  /// Parses what `ObjectStore.notifications(of:)` returned; returns none for an invalid document.
  public static func parse(_ document: [UInt8]) -> [BucketNotification] {
    guard let root = try? XMLElement.parse(document) else { return [] }
    return root.children.compactMap(BucketNotification.init)
  }

  private init?(_ element: XMLElement) {
    switch element.name {
    case "QueueConfiguration": (kind, target) = (.queue, element["Queue"])
    case "TopicConfiguration": (kind, target) = (.topic, element["Topic"])
    case "CloudFunctionConfiguration": (kind, target) = (.function, element["CloudFunction"])
    case "EventBridgeConfiguration": (kind, target) = (.eventBridge, nil)
    default: return nil
    }
    id = element["Id"]
    events = element.all("Event").map(\.text)
    let rules = element.all("Filter").flatMap(\.children).flatMap(\.children)
    prefix = Self.value("prefix", in: rules)
    suffix = Self.value("suffix", in: rules)
  }

  private static func value(_ name: String, in rules: [XMLElement]) -> String? {
    let value = rules.first { $0["Name"]?.lowercased() == name }?["Value"] ?? ""
    return value.isEmpty ? nil : value
  }
}
