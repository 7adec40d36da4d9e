/// Runs `work` for each element, at most `width` at once. Results are in the elements' order. The first failure cancels
/// the others in flight and is thrown; the rest does not start.
func concurrently<Element: Sendable, Value: Sendable>(
  _ elements: [Element], width: Int,
  _ work: @escaping @Sendable (Element) async throws(StateFailure) -> Value
) async throws(StateFailure) -> [Value] {
  let results = await withTaskGroup(of: (Int, Result<Value, StateFailure>).self) { group in
    var values = [Value?](repeating: nil, count: elements.count)
    var failure: StateFailure?
    var next = 0
    func addOne() {
      let index = next
      next += 1
      let element = elements[index]
      group.addTask {
        if Task.isCancelled { return (index, .failure(.interrupted)) }
        do throws(StateFailure) { return (index, .success(try await work(element))) } catch {
          return (index, .failure(error))
        }
      }
    }
    while next < min(width, elements.count) { addOne() }
    while let (index, result) = await group.next() {
      switch result {
      case .success(let value): values[index] = value
      case .failure(let error):
        // The first, unless it is only a consequence of an interrupt.
        failure = failure ?? error
        group.cancelAll()
      }
      if failure == nil, next < elements.count { addOne() }
    }
    return failure.map { .failure($0) } ?? Result<[Value], StateFailure>.success(values.compactMap { $0 })
  }
  return try results.get()
}
