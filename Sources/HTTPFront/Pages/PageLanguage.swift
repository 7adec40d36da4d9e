/// The language of the pages that the server itself writes: those without scripts, and refusals. The page's scripts
/// have texts of their own (web/core/messages.js).
enum PageLanguage: String, Sendable {
  case english = "en"
  case japanese = "ja"

  /// Chooses by `Accept-Language`: the first of the two that it names, English if it names neither.
  init(acceptLanguage: String?) {
    let tags = (acceptLanguage ?? "").split(separator: ",").map { $0.trimmed.lowercasedASCII.prefix(2) }
    self = tags.lazy.compactMap { PageLanguage(rawValue: String($0)) }.first ?? .english
  }

  init(_ request: Request) { self.init(acceptLanguage: request.headers.joined("Accept-Language")) }

  /// Returns the text of this language.
  func callAsFunction(_ english: String, _ japanese: String) -> String { self == .english ? english : japanese }

  /// Returns a heading for a status; `nil` if the refusal's own sentence is the best one.
  func meaning(of status: Int) -> String? {
    guard self == .japanese else { return nil }
    return switch status {
    case 400: "リクエストを解釈できませんでした。"
    case 401: "ユーザー名とパスワードが必要です。"
    case 403: "この操作は許可されていません。"
    case 404: "見つかりません。削除された可能性があります。"
    case 405, 501: "この操作には対応していません。"
    case 409: "すでに存在するか、空ではありません。"
    case 412: "その間に変更されました。"
    case 413: "サイズが大きすぎます。"
    case 414: "名前が長すぎます。"
    case 502: "S3 が処理できなかったか、接続できません。LocalStack が動いているか確認してください。"
    case 503, 504: "S3 が応答しません。LocalStack が動いているか確認してください。"
    case 507: "空き容量がありません。"
    default: "エラーが発生しました。"
    }
  }
}
