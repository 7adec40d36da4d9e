/// Parses dates, remembering the last: neighbours in a listing often share theirs.
struct DateMemo {
  private var last: (text: String, timestamp: Timestamp)?

  mutating func timestamp(_ text: String) -> Timestamp? {
    if let last, last.text == text { return last.timestamp }
    guard let timestamp = Timestamp(iso8601: text) else { return nil }
    last = (text, timestamp)
    return timestamp
  }
}
