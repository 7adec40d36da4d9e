/// A unified diff of two texts by lines, with Myers' algorithm on the lines between their common beginning and end.
///
/// Not `CollectionDifference`: it keeps a copy of its frontier for every edit and has no bound, so two texts of 64 KiB
/// without a common line take seconds and gigabytes. This one gives up after `maximumEdits` and shows the rest as
/// replaced, in at most 8 MiB.
package enum LineDiff {
  private static let maximumEdits = 1000
  private static let context = 3

  private enum Edit { case keep, delete, insert }

  /// Returns the hunks, without the `---` and `+++` lines; empty for equal texts.
  package static func unified(_ old: [UInt8], _ new: [UInt8]) -> [String] {
    if old == new { return [] }
    let left = Text(old)
    let right = Text(new)
    return hunks(edits(left.lines, right.lines), left, right)
  }

  /// Lines with their line feeds, so that a missing one at the end is a difference.
  private struct Text {
    let lines: [ArraySlice<UInt8>]

    init(_ bytes: [UInt8]) {
      var lines: [ArraySlice<UInt8>] = []
      var start = 0
      for (index, byte) in bytes.enumerated() where byte == 0x0A {
        lines.append(bytes[start...index])
        start = index + 1
      }
      if start < bytes.count { lines.append(bytes[start...]) }
      self.lines = lines
    }

    func write(_ index: Int, _ sign: String, to output: inout [String]) {
      let line = lines[index]
      let isWhole = line.last == 0x0A
      output.append(sign + String(decoding: isWhole ? line.dropLast() : line, as: UTF8.self))
      if !isWhole { output.append("\\ No newline at end of file") }
    }
  }

  // MARK: The shortest script

  private static func edits(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]) -> [Edit] {
    // Lines as numbers: each is compared many times.
    var numbers: [ArraySlice<UInt8>: Int32] = [:]
    func number(_ line: ArraySlice<UInt8>) -> Int32 {
      if let known = numbers[line] { return known }
      numbers[line] = Int32(numbers.count)
      return Int32(numbers.count - 1)
    }
    let left = old.map(number)
    let right = new.map(number)
    let prefix = zip(left, right).prefix { $0 == $1 }.count
    let most = min(left.count, right.count) - prefix
    let suffix = zip(left.reversed(), right.reversed()).prefix { $0 == $1 }.prefix(most).count
    let middle = myers(Array(left[prefix..<left.count - suffix]), Array(right[prefix..<right.count - suffix]))
    return Array(repeating: .keep, count: prefix) + middle + Array(repeating: .keep, count: suffix)
  }

  /// Runs Myers' greedy algorithm ("An O(ND) Difference Algorithm", 1986): for each number of edits the furthest point
  /// on each diagonal, then back along them.
  private static func myers(_ old: [Int32], _ new: [Int32]) -> [Edit] {
    if old.isEmpty || new.isEmpty {
      return Array(repeating: .delete, count: old.count) + Array(repeating: .insert, count: new.count)
    }
    let most = min(old.count + new.count, maximumEdits)
    var furthest = [Int32](repeating: 0, count: 2 * most + 3)
    let zero = most + 1
    var trace: [[Int32]] = []
    for edits in 0...most {
      trace.append(Array(furthest[(zero - edits - 1)...(zero + edits + 1)]))
      for diagonal in stride(from: -edits, through: edits, by: 2) {
        let isDown =
          diagonal == -edits
          || (diagonal != edits && furthest[zero + diagonal - 1] < furthest[zero + diagonal + 1])
        var x = Int(isDown ? furthest[zero + diagonal + 1] : furthest[zero + diagonal - 1] + 1)
        var y = x - diagonal
        while x < old.count, y < new.count, old[x] == new[y] {
          x += 1
          y += 1
        }
        furthest[zero + diagonal] = Int32(x)
        if x >= old.count, y >= new.count { return path(trace, old.count, new.count) }
      }
    }
    return Array(repeating: .delete, count: old.count) + Array(repeating: .insert, count: new.count)
  }

  private static func path(_ trace: [[Int32]], _ oldCount: Int, _ newCount: Int) -> [Edit] {
    var edits: [Edit] = []
    var x = oldCount
    var y = newCount
    for (count, furthest) in trace.enumerated().reversed() {
      let zero = count + 1
      let diagonal = x - y
      let isDown =
        diagonal == -count
        || (diagonal != count && furthest[zero + diagonal - 1] < furthest[zero + diagonal + 1])
      let previous = isDown ? diagonal + 1 : diagonal - 1
      let startX = count == 0 ? 0 : Int(furthest[zero + previous])
      let startY = count == 0 ? 0 : startX - previous
      while x > startX, y > startY {
        edits.append(.keep)
        x -= 1
        y -= 1
      }
      if count > 0 {
        edits.append(isDown ? .insert : .delete)
        (x, y) = (startX, startY)
      }
    }
    return edits.reversed()
  }

  // MARK: Hunks

  private static func hunks(_ edits: [Edit], _ left: Text, _ right: Text) -> [String] {
    var output: [String] = []
    let changes = edits.indices.filter { edits[$0] != .keep }
    var next = 0
    // The lines before each edit.
    var oldLines = [0]
    var newLines = [0]
    for edit in edits {
      oldLines.append(oldLines[oldLines.count - 1] + (edit == .insert ? 0 : 1))
      newLines.append(newLines[newLines.count - 1] + (edit == .delete ? 0 : 1))
    }
    while next < changes.count {
      let start = max(0, changes[next] - context)
      var last = next
      while last + 1 < changes.count, changes[last + 1] - changes[last] <= 2 * context { last += 1 }
      let end = min(edits.count, changes[last] + context + 1)
      next = last + 1
      output.append(
        "@@ -\(range(oldLines[start], oldLines[end])) +\(range(newLines[start], newLines[end])) @@")
      for index in start..<end {
        switch edits[index] {
        case .keep: left.write(oldLines[index], " ", to: &output)
        case .delete: left.write(oldLines[index], "-", to: &output)
        case .insert: right.write(newLines[index], "+", to: &output)
        }
      }
    }
    return output
  }

  /// Formats a range as POSIX diff(1) does: an empty range names the line before it.
  private static func range(_ start: Int, _ end: Int) -> String {
    switch end - start {
    case 0: "\(start),0"
    case 1: "\(start + 1)"
    default: "\(start + 1),\(end - start)"
    }
  }
}
