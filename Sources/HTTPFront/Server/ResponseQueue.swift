import CMicrohttpd
import Core

/// Queues responses with libmicrohttpd.
enum ResponseQueue {
  /// The size of libmicrohttpd's buffer for a streamed answer, in bytes.
  private static let blockSize = 128 << 10

  static func queue(_ response: Response, feed: ResponseFeed, on connection: OpaquePointer) -> MHD_Result {
    guard let message = message(for: response.body, feed: feed) else { return .NO }
    // From here on the connection holds its own reference.
    defer { MHD_destroy_response(message) }
    for (name, value) in response.headers.fields { MHD_add_response_header(message, name, value) }
    return MHD_queue_response(connection, UInt32(response.status), message)
  }

  private static func message(for body: Response.Body, feed: ResponseFeed) -> OpaquePointer? {
    switch body {
    case .none:
      return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
    case .bytes(let bytes): return copy(of: bytes[...])
    case .asset(let asset):
      return MHD_create_response_from_buffer(
        asset.bytes.count, UnsafeMutableRawPointer(mutating: asset.bytes.baseAddress), .RESPMEM_PERSISTENT)
    case .length(let length):
      // HEAD: libmicrohttpd never reads the body.
      return streamed(feed, length: UInt64(length), block: 1)
    case .kept(let part):
      // Without a descriptor the connection is closed, and the client retries.
      guard let descriptor = part.openDescriptor() else { return nil }
      return MHD_create_response_from_fd_at_offset64(UInt64(part.length), descriptor, UInt64(part.offset))
    case .object(let part):
      if part.isSmall { return copy(of: part.first) }
      return streamed(feed, length: UInt64(part.length), block: Int(min(part.length, Int64(blockSize))))
    case .stream(let stream):
      return streamed(feed, length: stream.length.map { UInt64($0) } ?? cmicrohttpd_size_unknown)
    }
  }

  private static func copy(of data: ReadData) -> OpaquePointer? {
    copy(of: data.slices.count == 1 ? data.slices[0] : data.bytes[...])
  }

  private static func copy(of bytes: ArraySlice<UInt8>) -> OpaquePointer? {
    bytes.withUnsafeBytes { source in
      // MUST_COPY: libmicrohttpd only reads from the pointer.
      MHD_create_response_from_buffer(
        source.count, UnsafeMutableRawPointer(mutating: source.baseAddress), .RESPMEM_MUST_COPY)
    }
  }

  /// Creates a streamed answer. It owns one reference to the feed, which the free callback releases.
  private static func streamed(_ feed: ResponseFeed, length: UInt64, block: Int = blockSize) -> OpaquePointer? {
    let owned = Unmanaged.passRetained(feed)
    let message = MHD_create_response_from_callback(
      length, block,
      { context, position, buffer, room in
        guard let context, let buffer else { return ClientConnection.contentFailed }
        let feed = Unmanaged<ResponseFeed>.fromOpaque(context).takeUnretainedValue()
        return feed.fill(UnsafeMutableRawBufferPointer(start: buffer, count: room), at: Int64(position))
      }, owned.toOpaque(),
      { context in
        guard let context else { return }
        Unmanaged<ResponseFeed>.fromOpaque(context).release()
      })
    if message == nil { owned.release() }
    return message
  }
}
