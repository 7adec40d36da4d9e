/// Corrects mistyped names.
enum Spelling {
  /// Returns the name that is one slip away from `word`, two for a longer one; nil if `word` is a name itself, or like
  /// none.
  static func nearest(_ word: String, in names: [String]) -> String? {
    guard !names.contains(word) else { return nil }
    let allowed = word.count > 5 ? 2 : 1
    let found = names.map { (name: $0, slips: slips(Array(word.lowercased()), Array($0))) }.min { $0.slips < $1.slips }
    return found.flatMap { $0.slips <= allowed ? $0.name : nil }
  }

  /// Returns how many letters were added, left out, replaced or swapped with their neighbour (the optimal string
  /// alignment distance).
  private static func slips(_ word: [Character], _ name: [Character]) -> Int {
    var rows = [Array(0...name.count)]
    for i in 0..<word.count {
      var row = [i + 1]
      for j in 0..<name.count {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (word[i] == name[j] ? 0 : 1))
        if i > 0, j > 0, word[i] == name[j - 1], word[i - 1] == name[j] { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[word.count][name.count]
  }
}
