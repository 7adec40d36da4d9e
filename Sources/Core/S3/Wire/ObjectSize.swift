/// Sizes as servers tell them. One that no object can have is not believed: everything behind this may add sizes without
/// fear of an overflow.
enum ObjectSize {
  /// In bytes: 1 PiB, twenty times what S3 stores in one object.
  static let largest: Int64 = 1 << 50

  static func parse(_ text: String) -> Int64? {
    Int64(text).flatMap { (0...largest).contains($0) ? $0 : nil }
  }
}
