extension Array {
  /// The first index whose element satisfies a predicate that is false of all elements before it and true of all after.
  /// O(log n).
  func partitionPoint(_ predicate: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
