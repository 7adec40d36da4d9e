import Core
import Synchronization
import TestSupport
import Testing

@testable import HTTPFront

struct EndpointHealthTests {
  @Test func `one question answers all who want to know within its time`() async {
    let questions = Atomic(0)
    let health = EndpointHealth(patience: .seconds(60)) { () async throws(FileSystemError) in
      questions.add(1, ordering: .relaxed)
    }
    await withTaskGroup { group in
      for _ in 0..<20 { group.addTask { await health.verdict() } }
      for await verdict in group { #expect(verdict == .answers) }
    }
    #expect(questions.load(ordering: .relaxed) == 1)
  }

  @Test func `a failure is told with its reason`() async {
    let health = EndpointHealth { () async throws(FileSystemError) in throw FileSystemError(.ioFailure, "it burns") }
    #expect(await health.verdict() == .fails(reason: "it burns"))
  }

  @Test func `an endpoint that never answers is told in time, and asked again later`() async {
    let latch = Latch()
    let health = EndpointHealth(patience: .milliseconds(50)) { () async throws(FileSystemError) in await latch.wait() }
    guard case .fails = await health.verdict() else {
      Issue.record("a silent endpoint is not well")
      return
    }
    latch.open()
    // The answer to the first question comes too late to count; the next one is asked when the verdict is old.
    while await health.verdict() != .answers { await Task.yield() }
  }
}
