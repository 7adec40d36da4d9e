import Core

/// The page without scripts: everything by links and forms. Each deletion requires a confirmation, in an element that
/// unfolds.
struct PlainListing {
  let page: ListingPage
  private var say: PageLanguage { page.language }

  var markup: HTML {
    let summary = page.summary
    return """
      <main class="plain"><h1>\(page.title)</h1>\(bar)
      \(table)
      <p class="soft">\(summary)</p></main>
      """
  }

  private var bar: HTML {
    let url = page.directory.urlPath
    var bar: HTML = "<div class=\"bar\">"
    if !page.isReadOnly {
      if !page.directory.isRoot {
        bar += """
          <form id="upload" method="post" action="\(url)" enctype="multipart/form-data">\
          <input type="file" name="file" multiple required aria-label="\(say("Files to upload", "アップロードするファイル"))">\
          <button class="main">\(say("Upload", "アップロード"))</button></form>
          """
      }
      let what = page.directory.isRoot ? say("New bucket", "新しいバケット") : say("New folder", "新しいフォルダー")
      bar += """
        <form method="post" action="\(url)?mkdir"><input type="text" name="name" required size="14" \
        placeholder="\(what)" aria-label="\(what)" autocomplete="off"><button>\(say("Create", "作成"))</button></form>
        """
    }
    let search = say("Search names below", "配下の名前を検索")
    bar += """
      <form class="grow" method="get" action="\(url)" role="search"><input type="hidden" name="plain" value="">\
      <input type="search" name="q" value="\(page.search ?? "")" placeholder="\(search)" aria-label="\(search)">\
      <button>\(say("Search", "検索"))</button></form></div>
      """
    return bar
  }

  private var table: HTML {
    guard !page.entries.isEmpty else {
      let text =
        page.search != nil
        ? say("Nothing found.", "見つかりませんでした。")
        : page.directory.isRoot
          ? say("No buckets yet. Create one above.", "バケットはまだありません。上の欄で作成できます。") : say("Empty.", "空です。")
      return "<p class=\"empty\">\(text)</p>"
    }
    var table: HTML = """
      <table><thead><tr><th class="name" scope="col">\(say("Name", "名前"))</th>\
      <th class="size" scope="col">\(say("Size", "サイズ"))</th>\
      <th class="when" scope="col">\(say("Modified (UTC)", "更新日時 (UTC)"))</th>
      """
    if !page.isReadOnly {
      table += "<th class=\"act\" scope=\"col\"><span class=\"unseen\">\(say("Actions", "操作"))</span></th>"
    }
    table += "</tr></thead><tbody>\n"
    for entry in page.entries { table += row(entry) }
    table += "</tbody></table>\n"
    // One form for all rows: each button names what it deletes.
    return page.isReadOnly ? table : "<form method=\"post\">\(table)</form>"
  }

  private func row(_ entry: ListedEntry) -> HTML {
    let isObject = entry.kind == .object
    let kind = isObject ? "object" : entry.kind == .bucket ? "bucket" : "directory"
    let shown = page.shownName(of: entry)
    let url = entry.path.urlPath
    var row: HTML = """
      <tr class="\(kind)"><td class="name"><a href="\(url)\(isObject ? "" : "?plain")">\(shown)\(isObject ? "" : "/")</a>\
      </td><td class="size">\(isObject ? ByteCount.text(entry.size) : "")</td><td class="when">
      """
    if let modified = entry.modified {
      row += "<time datetime=\"\(HTTPDate.formatISO(modified))\">\(HTTPDate.formatShort(modified))</time>"
    }
    row += "</td>"
    if !page.isReadOnly {
      let act = say("Delete", "削除")
      let label = say("Delete \(entry.name)", "\(entry.name) を削除")
      let question = say("Really delete?", "本当に削除")
      row += """
        <td class="act"><details><summary aria-label="\(label)">\(act)</summary>\
        <button class="danger" formaction="\(url)?delete" aria-label="\(label)">\(question)</button></details></td>
        """
    }
    row += "</tr>\n"
    return row
  }
}
