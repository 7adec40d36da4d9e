import Testing

@testable import S3

@Suite("Admission of requests")
struct AdmissionQueueTests {
  @Test("no more requests than the limit start, in order of arrival")
  func limit() {
    var queue = AdmissionQueue<Int>(limit: 2)
    for element in 1...3 { queue.append(element, isBulk: false) }
    #expect(queue.next() == 1)
    #expect(queue.next() == 2)
    #expect(queue.next() == nil)
    queue.release(isBulk: false)
    #expect(queue.next() == 3)
    #expect(queue.isEmpty)
  }

  @Test("bulk transfers leave room for small requests")
  func bulk() {
    var queue = AdmissionQueue<Int>(limit: 8)
    for element in 1...9 { queue.append(element, isBulk: true) }
    for expected in 1...7 { #expect(queue.next() == expected) }
    #expect(queue.next() == nil)
    queue.append(100, isBulk: false)
    #expect(queue.next() == 100)
    queue.release(isBulk: true)
    #expect(queue.next() == 8)
  }

  @Test("a limit of one still lets both kinds through")
  func single() {
    var queue = AdmissionQueue<Int>(limit: 1)
    queue.append(1, isBulk: true)
    #expect(queue.next() == 1)
    queue.release(isBulk: true)
    queue.append(2, isBulk: false)
    #expect(queue.next() == 2)
  }

  @Test("a removed request does not start")
  func removal() {
    var queue = AdmissionQueue<Int>(limit: 4)
    for element in 1...4 { queue.append(element, isBulk: element % 2 == 0) }
    #expect(queue.removeAll { $0 > 2 } == [3, 4])
    #expect(queue.next() == 1)
    #expect(queue.next() == 2)
    #expect(queue.next() == nil)
  }
}
