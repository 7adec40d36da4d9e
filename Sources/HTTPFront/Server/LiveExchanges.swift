import Core
import Synchronization

/// The requests in flight, and the subscriptions that clients follow.
final class LiveExchanges: Sendable {
  private struct Inside {
    var exchanges: [ObjectIdentifier: Exchange] = [:]
    /// The subscriptions that clients follow; a subscription never ends without a call.
    var subscriptions: [ObjectIdentifier: ChangeSubscription] = [:]
    var isEnding = false
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

  func add(_ subscription: ChangeSubscription) {
    let isEnding = inside.withLock { inside in
      inside.subscriptions[ObjectIdentifier(subscription)] = subscription
      return inside.isEnding
    }
    if isEnding { subscription.end() }
  }

  func end(_ subscription: ChangeSubscription) {
    inside.withLock { _ = $0.subscriptions.removeValue(forKey: ObjectIdentifier(subscription)) }
    subscription.end()
  }

  /// Ends all subscriptions, so that the requests that wait for them are answered.
  func endSubscriptions() {
    let all = inside.withLock { inside in
      inside.isEnding = true
      return Array(inside.subscriptions.values)
    }
    for subscription in all { subscription.end() }
  }

  /// Aborts all requests in flight, and all that arrive later: afterwards no connection is or can be suspended.
  func abortAll() {
    let all = inside.withLock { inside in
      inside.isClosed = true
      return Array(inside.exchanges.values)
    }
    for exchange in all { exchange.abort() }
  }
}
