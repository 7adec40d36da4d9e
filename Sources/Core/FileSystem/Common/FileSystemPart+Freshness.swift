// How recent an answer must be, and for how long the kernel may rely on it (`--ttl`, or bursts).

extension FileSystemPart {
  /// How recent knowledge must be to serve the current request.
  var horizon: Horizon {
    if let ttl = options.ttl { return Horizon(arrived: time.now() - ttl) }
    guard let bounds = Burst.bounds else { return Horizon(arrived: time.now() - Burst.longestWindow) }
    return Horizon(requested: bounds.began, arrived: bounds.windowBegan - .nanoseconds(1), now: time.now())
  }

  /// Returns how long the kernel may rely on what was learnt then. It does not report which requests it answers from
  /// its caches, so that without a ttl it must send each request.
  func validity(since learned: Learned) -> Duration {
    options.ttl.map { max(.zero, $0 - (time.now() - learned.arrived)) } ?? .zero
  }

  /// The same validity for what was learnt, or made here, now.
  var validity: Duration { options.ttl ?? .zero }
}
