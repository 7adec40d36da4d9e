import CCurl
import Glibc

/// The options that all connections of a transport share.
struct ConnectionOptions: Sendable {
  var connectTimeout: Duration = .seconds(5)
  /// nil means a direct connection, whatever the environment names.
  var proxy: Proxy?
  /// A file of certificates to trust instead of the system's.
  var certificateAuthorities: String?
  var userAgent: String
}

/// A libcurl easy handle, set up once and used for one transfer after the other. Used only by the I/O thread.
final class EasyHandle {
  /// libcurl's read and write buffers, in bytes.
  static let bufferSize = 512 << 10
  /// Bodies up to this many bytes are sent in one piece with the head: one call less for us and for the server. libcurl
  /// does so up to 64 KiB.
  static let sentWithHead = 32 << 10

  let curl: UnsafeMutableRawPointer
  private(set) var transfer: Transfer?
  private let proxy: Proxy?
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  init?(_ options: ConnectionOptions) {
    guard let curl = curl_easy_init() else { return nil }
    self.curl = curl
    proxy = options.proxy
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    setUp(options)
  }

  deinit {
    curl_easy_cleanup(curl)
    curl_slist_free_all(headerList)
    errorText.deallocate()
  }

  private func setUp(_ options: ConnectionOptions) {
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_TCP_NODELAY, 1)
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_HTTP_CONTENT_DECODING, 0)
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    set(CURLOPT_BUFFERSIZE, Self.bufferSize)
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.wholeMilliseconds)
    // A server that has dropped an idle connection makes a request fail before it is answered: reuse only fresh ones.
    set(CURLOPT_MAXAGE_CONN, 30)
    set(CURLOPT_LOW_SPEED_LIMIT, 1)
    ccurl_set_string(curl, CURLOPT_PROTOCOLS_STR, "http,https")
    ccurl_set_string(curl, CURLOPT_USERAGENT, options.userAgent)
    // Set in any case, so that libcurl does not look into the environment: `Proxy` has the rules.
    ccurl_set_string(curl, CURLOPT_PROXY, options.proxy?.url ?? "")
    ccurl_set_string(curl, CURLOPT_NOPROXY, "")
    if let file = options.certificateAuthorities { ccurl_set_string(curl, CURLOPT_CAINFO, file) }
    ccurl_set_pointer(curl, CURLOPT_ERRORBUFFER, errorText)
    ccurl_set_data_callback(curl, CURLOPT_HEADERFUNCTION, Self.onHeader)
    ccurl_set_data_callback(curl, CURLOPT_WRITEFUNCTION, Self.onBody)
    ccurl_set_data_callback(curl, CURLOPT_READFUNCTION, Self.onRead)
    ccurl_set_seek_callback(curl, Self.onSeek)
    ccurl_set_request_callback(curl, Self.onRequest)
  }

  /// Prepares the handle for `transfer`, which it retains until `reset`.
  func prepare(_ transfer: Transfer) {
    let request = transfer.request
    self.transfer = transfer
    errorText[0] = 0
    setMethod(request)
    ccurl_set_string(curl, CURLOPT_URL, request.url)
    setHeaders(request.headers)
    let total = request.limits.total.map { max(1, ($0 - (.now - transfer.submitted)).wholeMilliseconds) }
    set(CURLOPT_TIMEOUT_MS, total ?? 0)
    set(CURLOPT_LOW_SPEED_TIME, max(1, (request.limits.stall.wholeMilliseconds + 999) / 1000))
    // Unretained: `self.transfer` holds it for as long as libcurl may call back.
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    let options = [CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_PREREQDATA]
    for option in options {
      ccurl_set_pointer(curl, option, context)
    }
  }

  /// Releases the transfer.
  func reset() -> Transfer? {
    defer { transfer = nil }
    return transfer
  }

  /// Returns why the last transfer failed, in libcurl's words.
  func failure(for code: CURLcode) -> TransportFailure {
    let message = String(cString: errorText[0] != 0 ? UnsafePointer(errorText) : curl_easy_strerror(code))
    let failure = TransportFailure(curl: code, message: message)
    return proxy.map { failure.blaming($0) } ?? failure
  }

  private func setMethod(_ request: HTTPRequest) {
    // HTTPGET first: it resets what NOBODY, UPLOAD and POSTFIELDS of the last transfer have left.
    set(CURLOPT_HTTPGET, 1)
    ccurl_set_string(curl, CURLOPT_CUSTOMREQUEST, nil)
    if case .bytes(let bytes) = request.body, bytes.count <= Self.sentWithHead {
      ccurl_set_offset(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
      // libcurl copies them, and sends them again automatically on a new connection. It needs an address for none, too.
      withUnsafeBytes(of: 0) { none in
        bytes.withUnsafeBytes { source in
          let start = source.baseAddress ?? none.baseAddress
          ccurl_set_pointer(curl, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: start))
        }
      }
      ccurl_set_string(curl, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    } else if let body = request.body {
      set(CURLOPT_UPLOAD, 1)
      ccurl_set_offset(curl, CURLOPT_INFILESIZE_LARGE, curl_off_t(body.length))
      set(CURLOPT_UPLOAD_BUFFERSIZE, Int(min(max(body.length, 16 << 10), Int64(Self.bufferSize))))
      if request.method != .put { ccurl_set_string(curl, CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
    } else if request.method == .head {
      set(CURLOPT_NOBODY, 1)
    } else if request.method != .get {
      ccurl_set_string(curl, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }
  }

  private func setHeaders(_ headers: [HeaderField]) {
    curl_slist_free_all(headerList)
    headerList = nil
    // An empty value removes what libcurl would add automatically; a real empty header is spelt with a semicolon.
    let hasType = headers.contains { $0.name.lowercased() == "content-type" }
    for line in ["Expect:", "Accept:"] + (hasType ? [] : ["Content-Type:"]) {
      headerList = curl_slist_append(headerList, line)
    }
    for field in headers {
      let line = Array((field.value.isEmpty ? "\(field.name);" : "\(field.name): ").utf8) + field.bytes + [0]
      headerList = line.withUnsafeBytes { curl_slist_append(headerList, $0.bindMemory(to: CChar.self).baseAddress) }
    }
    ccurl_set_list(curl, CURLOPT_HTTPHEADER, headerList)
  }

  private func set(_ option: CURLoption, _ value: Int) { ccurl_set_long(curl, option, value) }
}

// MARK: Callbacks

extension EasyHandle {
  /// Returns the transfer behind a callback's context. It is alive: the handle retains it while libcurl can call back.
  private static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Makes libcurl end the transfer: a number of bytes other than the one given.
  private static let refusal = 0

  /// Called when a connection is ready, and the request is about to be sent.
  private static let onRequest: curl_prereq_callback = { context, _, _, _, _ in
    guard let transfer = EasyHandle.transfer(context), transfer.beginSending() else { return CURL_PREREQFUNC_ABORT }
    return CURL_PREREQFUNC_OK
  }

  private static let onHeader: ccurl_data_callback = { data, size, count, context in
    guard let transfer = EasyHandle.transfer(context) else { return EasyHandle.refusal }
    let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
    return transfer.takeHeader(bytes) ? bytes.count : EasyHandle.refusal
  }

  private static let onBody: ccurl_data_callback = { data, size, count, context in
    guard let transfer = EasyHandle.transfer(context) else { return EasyHandle.refusal }
    let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
    return transfer.takeBody(bytes) ? bytes.count : EasyHandle.refusal
  }

  private static let onRead: ccurl_data_callback = { data, size, count, context in
    guard let transfer = EasyHandle.transfer(context) else { return Int(CURL_READFUNC_ABORT) }
    return transfer.readBody(into: UnsafeMutableRawBufferPointer(start: data, count: size * count))
      ?? Int(CURL_READFUNC_ABORT)
  }

  private static let onSeek: curl_seek_callback = { context, offset, origin in
    guard origin == SEEK_SET, let transfer = EasyHandle.transfer(context) else { return CURL_SEEKFUNC_CANTSEEK }
    return transfer.seekBody(to: Int64(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
  }
}
