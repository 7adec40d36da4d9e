import Dispatch

/// Where work that blocks or computes for long is done, so that tasks go on meanwhile.
enum BlockingWork {
  private static let queue = DispatchQueue(label: "localstackmount.http.work", attributes: .concurrent)

  static func run<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
      queue.async {
        do throws(Failure) { continuation.resume(returning: .success(try body())) } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }
}
