import Basics
import Glibc
import Testing

struct ChildProcessTests {
  private func run(_ words: [String], _ environment: [String: String] = [:]) -> Int32? {
    guard case .success(let child) = ChildProcess.spawn(words, environment: environment, redirect: { _ in }) else {
      return nil
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 { if errno != EINTR { return nil } }
    return ChildProcess.exitStatus(status)
  }

  @Test func `the exit status is that of a shell`() {
    #expect(run(["sh", "-c", "exit 7"]) == 7)
    #expect(run(["sh", "-c", "kill -9 $$"]) == 137)
    #expect(run(["/no/such/program"]) == nil || run(["/no/such/program"]) == 127)
  }

  @Test func `variables are added and replaced`() {
    #expect(run(["sh", "-c", #"test "$BASICS_TEST" = x"#], ["BASICS_TEST": "x"]) == 0)
  }

  /// The command blocks SIGTERM in all its threads, and children inherit that.
  @Test func `a child has no signal blocked`() {
    let status = OneShot<Int32?>()
    Thread.detach(name: "blocked") {
      var set = sigset_t()
      sigemptyset(&set)
      sigaddset(&set, SIGTERM)
      pthread_sigmask(SIG_BLOCK, &set, nil)
      status.set(run(["sh", "-c", "kill -TERM $$; exit 0"]))
    }
    #expect(status.wait() == 128 + SIGTERM)
  }
}
