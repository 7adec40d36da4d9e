import S3

extension Array {
  /// In the order of the bytes of a name that each element has.
  ///
  /// To compare strings, and to move large elements about meanwhile, was the dearest part of reading a large directory.
  /// So numbers are sorted: the eight bytes behind what all names begin with, which nearly always decide.
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
