import Synchronization

/// The requests that libmicrohttpd holds now.
final class LiveExchanges: Sendable {
  private struct Inside {
    var exchanges: [ObjectIdentifier: Exchange] = [:]
    var isClosed = false
  }

  private let inside = Mutex(Inside())

  var count: Int { inside.withLock { $0.exchanges.count } }

  func insert(_ exchange: Exchange) {
    let isClosed = inside.withLock { inside in
      inside.exchanges[ObjectIdentifier(exchange)] = exchange
      return inside.isClosed
    }
    if isClosed { exchange.abort() }
  }

  func remove(_ exchange: Exchange) {
    inside.withLock { _ = $0.exchanges.removeValue(forKey: ObjectIdentifier(exchange)) }
  }

  /// Ends what is there and all that still comes: afterwards no connection is suspended, nor can be.
  func abortAll() {
    let all = inside.withLock { inside in
      inside.isClosed = true
      return Array(inside.exchanges.values)
    }
    for exchange in all { exchange.abort() }
  }
}
