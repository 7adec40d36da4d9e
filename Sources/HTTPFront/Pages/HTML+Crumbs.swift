import Core

extension HTML {
  /// The path above a page: links to a place and to all that it is in.
  /// `query` is added to each link.
  static func crumbs(to place: ObjectPath, _ language: PageLanguage = .english, query: String = "") -> HTML {
    let label = language("Path", "パス")
    var list: HTML = "<header class=\"top\"><nav aria-label=\"\(label)\"><ol class=\"crumbs\">"
    var chain: [ObjectPath] = []
    var step = place
    while !step.isRoot {
      chain.append(step)
      step = step.parent
    }
    list += "<li><a href=\"\(ObjectPath.root.urlPath)\(query)\">\(language("Buckets", "バケット"))</a></li>"
    for (index, step) in chain.reversed().enumerated() {
      let mark: HTML = index == chain.count - 1 ? " aria-current=\"page\"" : ""
      list += "<li><a href=\"\(step.urlPath)\(query)\"\(mark)>\(step.name)</a></li>"
    }
    list += "</ol></nav></header>"
    return list
  }
}
