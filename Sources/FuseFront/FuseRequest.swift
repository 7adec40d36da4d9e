internal import CFuse3
internal import Core

/// A request from the kernel that waits for its reply.
///
/// `@unchecked Sendable`: libfuse's requests may be answered from any thread, and live until they are.
struct FuseRequest: @unchecked Sendable {
  let pointer: fuse_req_t
  /// How recent the answer must be. nil with a ttl, and if no call waits for the answer.
  let burst: Burst.Bounds?

  /// - Parameter isCall: whether a thread waits for the answer. False where the kernel sends the request on its own: to
  ///   forget an inode, to release a file, to read ahead, to write a mapped page back.
  init(_ pointer: fuse_req_t?, isCall: Bool = true) {
    // libfuse never calls without a request; the optional is only how C pointers are imported.
    self.pointer = pointer!
    burst = isCall ? Self.context(of: pointer!).observers?.asks(Self.thread(of: pointer!)) : nil
  }

  private static func context(of pointer: fuse_req_t) -> FuseContext {
    Unmanaged<FuseContext>.fromOpaque(fuse_req_userdata(pointer)).takeUnretainedValue()
  }

  private static func thread(of pointer: fuse_req_t) -> Int32 { fuse_req_ctx(pointer).pointee.pid }

  /// The mount's context. Retained by the mount for as long as its session lives.
  var context: FuseContext { Self.context(of: pointer) }

  var fileSystem: FileSystem { context.fileSystem }

  /// The reply of the synchronous path; the asynchronous one creates its reply inside its Task.
  var reply: FuseReply { FuseReply(to: self) }

  var caller: Caller {
    let caller = fuse_req_ctx(pointer).pointee
    return Caller(user: caller.uid, group: caller.gid, umask: caller.umask)
  }

  /// The thread that made the call, 0 if it is in another pid namespace.
  var callerThread: Int32 { Self.thread(of: pointer) }

  /// Runs the work that answers the caller.
  func forCaller<Value, Failure>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    guard let burst else { return try body() }
    let result: Result<Value, Failure> = Burst.$bounds.withValue(burst) {
      do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Records that the answer to a call is about to be sent.
  static func isBeingAnswered(_ pointer: fuse_req_t) {
    context(of: pointer).observers?.isAnswered(thread(of: pointer))
  }

  /// Whether killing the caller cancels its request.
  enum Interruption {
    /// A caller that is being killed gets EINTR, and its work is cancelled.
    case whenKilled
    /// Saving continues to its end (which Core bounds): a killed writer's bytes are as safe as on a local disk.
    case never
  }

  /// Answers at once with the result of `operation`, or its error. Returns false if the result is `nil`: then a Task must
  /// answer.
  func answerNow<Value>(
    with operation: (FileSystem) throws(FileSystemError) -> Value?,
    send: (consuming FuseReply, Value) -> Void
  ) -> Bool {
    do throws(FileSystemError) {
      let value = try forCaller { () throws(FileSystemError) in try operation(fileSystem) }
      guard let value else { return false }
      send(reply, value)
    } catch {
      context.report(error)
      reply.error(error.errno)
    }
    return true
  }

  /// Answers at once if `now` returns a value or throws, otherwise with the result of `later`, in a Task.
  func answer<Value: Sendable>(
    work: Work = .brief,
    now: (FileSystem) throws(FileSystemError) -> Value?,
    orLater later: @escaping @Sendable (FileSystem) async throws(FileSystemError) -> Value,
    send: @escaping @Sendable (consuming FuseReply, Value) -> Void
  ) {
    if !answerNow(with: now, send: send) { answer(work: work, with: later, send: send) }
  }

  /// The executor of an answer's work.
  enum Work {
    /// On the thread where S3's answers arrive, which saves waking another thread.
    case brief
    /// On the shared pool, for CPU-heavy work and bulk transfers.
    case long
  }

  /// Answers in a Task: passes the result of `operation` to `send`, or replies with its error.
  func answer<Value: Sendable>(
    _ interruption: Interruption = .whenKilled, work: Work = .brief,
    with operation: @escaping @Sendable (FileSystem) async throws(FileSystemError) -> Value,
    send: @escaping @Sendable (consuming FuseReply, Value) -> Void
  ) {
    let context = context
    let caller = interruption == .whenKilled ? InterruptibleCaller(thread: callerThread) : nil
    context.inFlight.begin()
    // Register with libfuse before the Task can reply: afterwards the request may be freed.
    caller?.watch(self)
    let task = Burst.$bounds.withValue(burst) {
      Task(executorPreference: work == .brief ? context.fileSystem.briefExecutor : nil) {
        let reply = FuseReply(to: self, wasInterruptible: caller != nil)
        do throws(FileSystemError) {
          let value = try await operation(context.fileSystem)
          send(reply, value)
        } catch {
          context.report(error)
          reply.error(error.errno)
        }
        caller?.finish()
        context.inFlight.end()
      }
    }
    caller?.cancelsWhenKilled(task)
  }

  /// As above, for operations without a result: success is errno 0.
  func answer(
    _ interruption: Interruption = .whenKilled, work: Work = .brief,
    with operation: @escaping @Sendable (FileSystem) async throws(FileSystemError) -> Void
  ) {
    answer(interruption, work: work, with: operation) { reply, _ in reply.success() }
  }
}

extension ReplayStage {
  /// Returns whether the request comes from the thread that replays changes.
  func isOwn(_ request: FuseRequest) -> Bool { isOwn(callerThread: request.callerThread) }
}
