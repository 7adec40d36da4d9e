import Testing

@testable import S3

struct BucketNotificationTests {
  @Test func `each kind of notification is parsed with its filter`() {
    let document = """
      <?xml version="1.0"?><NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <QueueConfiguration><Id>q</Id><Queue>arn:q</Queue><Event>s3:ObjectCreated:*</Event><Event>s3:ObjectRemoved:*</Event>
      <Filter><S3Key><FilterRule><Name>Prefix</Name><Value>in/</Value></FilterRule>
      <FilterRule><Name>suffix</Name><Value>.csv</Value></FilterRule></S3Key></Filter></QueueConfiguration>
      <TopicConfiguration><Topic>arn:t</Topic><Event>s3:ObjectCreated:Put</Event></TopicConfiguration>
      <CloudFunctionConfiguration><CloudFunction>arn:f</CloudFunction></CloudFunctionConfiguration>
      <EventBridgeConfiguration/><Unknown/></NotificationConfiguration>
      """
    let found = BucketNotification.parse(Array(document.utf8))
    #expect(found.map(\.kind) == [.queue, .topic, .function, .eventBridge])
    #expect(found.map(\.target) == ["arn:q", "arn:t", "arn:f", nil])
    #expect(found[0].id == "q" && found[0].events == ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"])
    #expect(found[0].prefix == "in/" && found[0].suffix == ".csv" && found[1].prefix == nil)
  }

  @Test(arguments: ["", "no XML", "<a>", "<NotificationConfiguration/>"])
  func `an empty or invalid document has no notifications`(document: String) {
    #expect(BucketNotification.parse(Array(document.utf8)).isEmpty)
  }
}
