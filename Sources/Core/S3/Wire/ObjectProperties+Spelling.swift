// How values were received that this client would spell otherwise: encoded words of another kind, blanks in a row,
// Latin-1. They are sent back byte for byte for as long as they mean the same.

extension ObjectProperties {
  private static let metadataPrefix = "x-amz-meta-"

  /// The headers of all properties but the tags, spelt as they were received. Names of metadata are not checked.
  var fields: [HeaderField] {
    StoredHeader.all.compactMap { header in self[keyPath: header.value].map { field(header.name, $0) } }
      + userMetadata.sorted { $0.key < $1.key }.map { name, value in
        field(Self.metadataPrefix + name.lowercased(), MetadataText.encode(value, as: spelling?[name]))
      }
  }

  private func field(_ name: String, _ text: String) -> HeaderField {
    HeaderField(name: name, value: text, isLatin1: latin1?[name]?.utf8.elementsEqual(text.utf8) ?? false)
  }

  /// Takes the properties from an answer's headers.
  mutating func take(_ head: ResponseHead) {
    for header in StoredHeader.all { self[keyPath: header.value] = head[header.name] }
    for field in head.fields where field.name.hasPrefix(Self.metadataPrefix) {
      userMetadata[String(field.name.dropFirst(Self.metadataPrefix.count))] = MetadataText.decode(field.value)
    }
    for field in head.fields { takeSpelling(field) }
  }

  /// Header values that this client would spell otherwise, as received: by the header's name in lower case.
  public var spellings: [String: [UInt8]] {
    guard spelling != nil || latin1 != nil else { return [:] }
    var plain = self
    (plain.spelling, plain.latin1) = (nil, nil)
    let differing = zip(fields, plain.fields).filter { $0.bytes != $1.bytes }
    return Dictionary(differing.map { ($0.0.name, $0.0.bytes) }) { $1 }
  }

  /// Spells a header so from now on, if that means its current value.
  public mutating func take(spelling bytes: [UInt8], of name: String) {
    let (text, isLatin1) = HeaderText.text(bytes)
    guard HeaderText.isValue(text) else { return }
    takeSpelling(HeaderField(name: name, value: text, isLatin1: isLatin1))
  }

  private mutating func takeSpelling(_ field: HeaderField) {
    if field.name.hasPrefix(Self.metadataPrefix) {
      let name = String(field.name.dropFirst(Self.metadataPrefix.count))
      guard let value = userMetadata[name], MetadataText.decode(field.value).utf8.elementsEqual(value.utf8) else {
        return
      }
      if !MetadataText.encode(value).utf8.elementsEqual(field.value.utf8) {
        spelling = (spelling ?? [:]).merging([name: field.value]) { $1 }
      }
    } else {
      guard field.isLatin1, let header = StoredHeader.all.first(where: { $0.name == field.name }),
        self[keyPath: header.value]?.utf8.elementsEqual(field.value.utf8) == true
      else { return }
    }
    if field.isLatin1 { latin1 = (latin1 ?? [:]).merging([field.name: field.value]) { $1 } }
  }

  /// Takes over the spelling of values that are taken over from an object.
  public mutating func takeSpelling(of other: ObjectProperties) {
    if let theirs = other.spelling { spelling = (spelling ?? [:]).merging(theirs) { mine, _ in mine } }
    if let theirs = other.latin1 { latin1 = (latin1 ?? [:]).merging(theirs) { mine, _ in mine } }
  }
}
