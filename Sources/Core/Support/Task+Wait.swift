extension Task where Success == Void, Failure == Never {
  /// Waits until the task has ended, but not longer than `limit`. The task continues.
  func wait(atMost limit: Duration) async {
    let (ends, end) = AsyncStream<Void>.makeStream()
    let timer = Task<Void, Never> {
      try? await Task<Never, Never>.sleep(for: limit)
      end.finish()
    }
    let watch = Task<Void, Never> {
      await value
      end.finish()
    }
    for await _ in ends {}
    timer.cancel()
    watch.cancel()
  }
}
