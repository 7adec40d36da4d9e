import Basics
import Glibc
import Testing

struct ThreadTests {
  @Test func `a thread has the first 15 bytes of its name`() {
    let name = OneShot<String>()
    let thread = Thread(name: "a-name-of-20-letters") {
      var text = [UInt8](repeating: 0, count: 64)
      let file = open("/proc/thread-self/comm", O_RDONLY | O_CLOEXEC)
      let count = read(file, &text, text.count)
      close(file)
      name.set(String(decoding: text[..<max(count, 0)], as: UTF8.self))
    }
    #expect(thread != nil)
    #expect(name.wait() == "a-name-of-20-le\n")
    thread?.join()
  }

  @Test func `waiting for a value ends at the timeout`() {
    let value = OneShot<Int>()
    #expect(value.value == nil && value.wait(atMost: .milliseconds(1)) == nil)
    value.set(1)
    #expect(value.wait(atMost: .seconds(60)) == 1 && value.value == 1)
  }
}
