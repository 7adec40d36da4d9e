import Glibc
import Testing

@testable import HTTPFront

@Suite struct ConnectionsTests {
  /// The two ends of one connection: `ours` is the server's.
  private struct Pair {
    let ours: Int32
    let theirs: Int32

    init() throws {
      var ends: [Int32] = [-1, -1]
      try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
      (ours, theirs) = (ends[0], ends[1])
    }

    var isEnded: Bool {
      var byte: UInt8 = 0
      return recv(theirs, &byte, 1, Int32(MSG_DONTWAIT)) == 0
    }

    func close() {
      Glibc.close(ours)
      Glibc.close(theirs)
    }
  }

  private static let limit = 70

  @Test func `near the limit only the connections that are silent for longest are closed`() throws {
    let connections = Connections(limit: Self.limit)
    // Room for 6: libmicrohttpd may accept the others before it closes any.
    let pairs = try (0..<9).map { _ in try Pair() }
    defer { for pair in pairs { pair.close() } }
    let peers = pairs[..<6].map { connections.opened($0.ours) }
    connections.asks(peers[0])
    connections.asks(peers[1])
    connections.isAnswered(peers[1])
    #expect(pairs.allSatisfy { !$0.isEnded })
    _ = connections.opened(pairs[6].ours)
    _ = connections.opened(pairs[7].ours)
    // The first has a request in progress, and the second was active last.
    #expect(pairs.map(\.isEnded) == [false, false, true, true, false, false, false, false, false])
    connections.closed(peers[2])
    connections.closed(peers[3])
    connections.closed(peers[4])
    _ = connections.opened(pairs[8].ours)
    #expect(!pairs[5].isEnded)
  }

  @Test func `connections with a request in progress are never closed`() throws {
    let connections = Connections(limit: Self.limit)
    let pairs = try (0..<20).map { _ in try Pair() }
    defer { for pair in pairs { pair.close() } }
    for pair in pairs { connections.asks(connections.opened(pair.ours)) }
    #expect(pairs.allSatisfy { !$0.isEnded })
  }

  @Test func `the limit leaves descriptors for the rest of the process`() {
    #expect(Connections.affordable(10) == 10)
    #expect(Connections.affordable(.max) < .max)
  }
}
