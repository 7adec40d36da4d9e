import Core
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Feeds the bytes of an answer to libmicrohttpd: from memory at once, or from a task while the connection is suspended.
final class ResponseFeed: Sendable {
  /// How many bytes of an object are read at a time if they are not cached.
  private static let readSize = 512 << 10

  private struct Inside {
    var pending = ReadData()
    var taken = 0
    var isReading = false
    var isSuspended = false
    var hasFailed = false
    var delivered: Int64 = 0
  }

  let body: Response.Body
  private let connection: ClientConnection
  private let inside: Mutex<Inside>

  init(_ body: Response.Body, connection: ClientConnection) {
    self.body = body
    self.connection = connection
    var start = Inside()
    if case .object(let part) = body { start.pending = part.first }
    inside = Mutex(start)
  }

  /// The number of body bytes sent.
  var delivered: Int64 {
    switch body {
    case .none, .length: 0
    case .bytes(let bytes): Int64(bytes.count)
    case .asset(let asset): Int64(asset.bytes.count)
    case .kept(let part): part.length
    case .object(let part) where part.isSmall: part.length
    case .object, .stream: inside.withLock { $0.delivered }
    }
  }

  /// Fills libmicrohttpd's buffer, on its thread.
  func fill(_ buffer: UnsafeMutableRawBufferPointer, at position: Int64) -> Int {
    let count =
      switch body {
      case .object(let part): fill(buffer, at: position, of: part)
      case .stream(let stream): stream.fill(buffer, suspending: connection)
      case .none, .length, .bytes, .asset, .kept: ClientConnection.contentEnd
      }
    if count > 0 { inside.withLock { $0.delivered += Int64(count) } }
    return count
  }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer, at position: Int64, of part: ObjectPart) -> Int {
    inside.withLock { inside in
      if inside.hasFailed { return ClientConnection.contentFailed }
      if inside.taken == inside.pending.count {
        let offset = part.offset + position
        let wanted = Int(min(Int64(Self.readSize), part.length - position))
        guard wanted > 0 else { return ClientConnection.contentEnd }
        guard let data = part.reader.cachedRead(at: offset, count: wanted), data.count > 0 else {
          inside.isSuspended = true
          connection.suspend()
          read(part, at: offset, count: wanted)
          return 0
        }
        inside.pending = data
        inside.taken = 0
      }
      let room = UnsafeMutableRawBufferPointer(
        rebasing: buffer.prefix(Int(min(Int64(buffer.count), part.length - position))))
      let count = inside.pending.copy(to: room, from: inside.taken)
      inside.taken += count
      return count
    }
  }

  private func read(_ part: ObjectPart, at offset: Int64, count: Int) {
    Task {
      let data = try? await part.reader.read(at: offset, count: count)
      inside.withLock { inside in
        // The object is shorter than Content-Length promised: the client must see a broken transfer.
        if let data, data.count > 0 {
          inside.pending = data
          inside.taken = 0
        } else {
          inside.hasFailed = true
        }
        resume(&inside)
      }
    }
  }

  /// Stops feeding: the request has ended, or the server stops.
  func abort() {
    if case .stream(let stream) = body { stream.abort() }
    inside.withLock { inside in
      inside.hasFailed = true
      resume(&inside)
    }
  }

  private func resume(_ inside: inout Inside) {
    guard inside.isSuspended else { return }
    inside.isSuspended = false
    connection.resume()
  }
}

extension ReadData {
  /// Copies bytes from `start` on; returns how many.
  func copy(to buffer: UnsafeMutableRawBufferPointer, from start: Int) -> Int {
    var skip = start
    var filled = 0
    for slice in slices where filled < buffer.count {
      if skip >= slice.count {
        skip -= slice.count
        continue
      }
      let count = min(slice.count - skip, buffer.count - filled)
      slice.withUnsafeBytes { source in
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
        rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[skip..<skip + count]))
      }
      filled += count
      skip = 0
    }
    return filled
  }
}
