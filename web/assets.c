// The page's files, embedded as they are (C23 #embed), so that the command is one binary.
#include "CWebAssets.h"

static const unsigned char indexHtml[] = {
#embed "index.html"
};
static const unsigned char appCss[] = {
#embed "app.css"
};
static const unsigned char panelCss[] = {
#embed "panel.css"
};
static const unsigned char appJs[] = {
#embed "app.js"
};
static const unsigned char actionsJs[] = {
#embed "actions.js"
};
static const unsigned char apiJs[] = {
#embed "api.js"
};
static const unsigned char bytesJs[] = {
#embed "bytes.js"
};
static const unsigned char contentsJs[] = {
#embed "contents.js"
};
static const unsigned char copyasJs[] = {
#embed "copyas.js"
};
static const unsigned char csvJs[] = {
#embed "csv.js"
};
static const unsigned char dialogsJs[] = {
#embed "dialogs.js"
};
static const unsigned char diffJs[] = {
#embed "diff.js"
};
static const unsigned char domJs[] = {
#embed "dom.js"
};
static const unsigned char dropJs[] = {
#embed "drop.js"
};
static const unsigned char editorJs[] = {
#embed "editor.js"
};
static const unsigned char emptinessJs[] = {
#embed "emptiness.js"
};
static const unsigned char formatJs[] = {
#embed "format.js"
};
static const unsigned char helpJs[] = {
#embed "help.js"
};
static const unsigned char hexJs[] = {
#embed "hex.js"
};
static const unsigned char i18nJs[] = {
#embed "i18n.js"
};
static const unsigned char jsonJs[] = {
#embed "json.js"
};
static const unsigned char listingJs[] = {
#embed "listing.js"
};
static const unsigned char liveJs[] = {
#embed "live.js"
};
static const unsigned char markdownJs[] = {
#embed "markdown.js"
};
static const unsigned char mediaJs[] = {
#embed "media.js"
};
static const unsigned char menuJs[] = {
#embed "menu.js"
};
static const unsigned char messagesJs[] = {
#embed "messages.js"
};
static const unsigned char panelJs[] = {
#embed "panel.js"
};
static const unsigned char pathsJs[] = {
#embed "paths.js"
};
static const unsigned char previewJs[] = {
#embed "preview.js"
};
static const unsigned char propertiesJs[] = {
#embed "properties.js"
};
static const unsigned char selectionJs[] = {
#embed "selection.js"
};
static const unsigned char settingsJs[] = {
#embed "settings.js"
};
static const unsigned char tableJs[] = {
#embed "table.js"
};
static const unsigned char textJs[] = {
#embed "text.js"
};
static const unsigned char toolbarJs[] = {
#embed "toolbar.js"
};
static const unsigned char transfersJs[] = {
#embed "transfers.js"
};
static const unsigned char unsavedJs[] = {
#embed "unsaved.js"
};
static const unsigned char uploadsJs[] = {
#embed "uploads.js"
};
static const unsigned char versionsJs[] = {
#embed "versions.js"
};
static const unsigned char openapiJson[] = {
#embed "openapi.json"
};

#define FILE(name, bytes) {name, bytes, sizeof bytes}

static const struct CWebAsset files[] = {
    FILE("index.html", indexHtml),
    FILE("app.css", appCss),
    FILE("panel.css", panelCss),
    FILE("app.js", appJs),
    FILE("actions.js", actionsJs),
    FILE("api.js", apiJs),
    FILE("bytes.js", bytesJs),
    FILE("contents.js", contentsJs),
    FILE("copyas.js", copyasJs),
    FILE("csv.js", csvJs),
    FILE("dialogs.js", dialogsJs),
    FILE("diff.js", diffJs),
    FILE("dom.js", domJs),
    FILE("drop.js", dropJs),
    FILE("editor.js", editorJs),
    FILE("emptiness.js", emptinessJs),
    FILE("format.js", formatJs),
    FILE("help.js", helpJs),
    FILE("hex.js", hexJs),
    FILE("i18n.js", i18nJs),
    FILE("json.js", jsonJs),
    FILE("listing.js", listingJs),
    FILE("live.js", liveJs),
    FILE("markdown.js", markdownJs),
    FILE("media.js", mediaJs),
    FILE("menu.js", menuJs),
    FILE("messages.js", messagesJs),
    FILE("panel.js", panelJs),
    FILE("paths.js", pathsJs),
    FILE("preview.js", previewJs),
    FILE("properties.js", propertiesJs),
    FILE("selection.js", selectionJs),
    FILE("settings.js", settingsJs),
    FILE("table.js", tableJs),
    FILE("text.js", textJs),
    FILE("toolbar.js", toolbarJs),
    FILE("transfers.js", transfersJs),
    FILE("unsaved.js", unsavedJs),
    FILE("uploads.js", uploadsJs),
    FILE("versions.js", versionsJs),
    FILE("openapi.json", openapiJson),
};

const size_t cWebAssetCount = sizeof files / sizeof files[0];

struct CWebAsset cWebAsset(size_t index) { return files[index]; }
