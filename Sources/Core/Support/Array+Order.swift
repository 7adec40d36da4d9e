import S3

extension Array {
  /// Returns the elements in the order of the bytes of a name that each has.
  ///
  /// Comparing strings, and moving large elements meanwhile, was the most expensive part of reading a large directory.
  /// So numbers are sorted: the eight bytes after the common prefix of all names, which nearly always decide.
  func sorted(byBytesOf name: (Element) -> ByteName) -> [Element] {
    guard count > 1 else { return self }
    let names = map(name)
    var shared = names[0].length
    for other in names { shared = Swift.min(shared, names[0].commonLength(with: other)) }
    let numbers = names.map { $0.number(from: shared) }
    let order = indices.sorted { left, right in
      numbers[left] == numbers[right] ? names[left] < names[right] : numbers[left] < numbers[right]
    }
    return order.map { self[$0] }
  }
}

extension Array {
  /// Returns the first index whose element satisfies a predicate that is false for all elements before it and true for
  /// all after. O(log n).
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
