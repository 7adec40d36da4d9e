/// The contents of /proc/self/mountinfo (proc(5)).
struct MountTable {
  struct Row: Equatable {
    /// The mount's number, as in `mnt_id:` of fdinfo.
    var identifier = ""
    /// MAJOR:MINOR of the file system.
    var device = ""
    var mountPoint: String
    /// For FUSE "fuse", or "fuse.SUBTYPE".
    var type: String
    var source: String
  }

  private(set) var rows: [Row] = []

  /// Parses the text; ignores malformed lines.
  init(text: some StringProtocol) {
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      // A hyphen ends the optional fields; type and source follow it.
      guard fields.count > 5, let hyphen = fields.dropFirst(6).firstIndex(of: "-"), hyphen + 2 < fields.count else {
        continue
      }
      rows.append(
        Row(
          identifier: String(fields[0]), device: String(fields[2]), mountPoint: Self.unescaped(fields[4]),
          type: String(fields[hyphen + 1]),
          source: Self.unescaped(fields[hyphen + 2])))
    }
  }

  static func current() -> Self { Self(text: ProcFile.contents("/proc/self/mountinfo") ?? "") }

  /// Returns the topmost mount exactly at `path`: later rows cover earlier ones.
  func row(at path: String) -> Row? { rows.last { $0.mountPoint == path } }

  /// Returns the device number of the topmost mount at `path`, in the kernel's encoding: major << 20 | minor.
  static func device(at path: String, in text: some StringProtocol) -> UInt32? {
    var device: UInt32?
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 5, unescaped(fields[4]) == path else { continue }
      let numbers = fields[2].split(separator: ":").compactMap { UInt32($0) }
      device = numbers.count == 2 ? numbers[0] << 20 | numbers[1] : nil
    }
    return device
  }

  /// Unescapes a field. The kernel writes space, tab, newline and backslash as \ooo.
  private static func unescaped(_ field: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3).map { $0 &- UInt8(ascii: "0") }
      if byte == UInt8(ascii: "\\"), digits.count == 3, digits[0] < 4, digits.allSatisfy({ $0 < 8 }) {
        bytes.append(digits[0] << 6 | digits[1] << 3 | digits[2])
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension MountTable.Row {
  var isFuse: Bool { type == "fuse" || type.hasPrefix("fuse.") }
  var isOurs: Bool { type == "fuse.\(FuseOptions.subtype)" }
}
