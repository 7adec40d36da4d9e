// The page's files, embedded as they are (C23 #embed), so that the command is one binary. Those in angle brackets are
// libraries of Debian packages, found where the packages install them (--embed-dir in Package.swift).
#include "CWebAssets.h"

static const unsigned char indexHtml[] = {
#embed "index.html"
};
static const unsigned char iconSvg[] = {
#embed "icon.svg"
};
static const unsigned char themeJs[] = {
#embed "theme.js"
};
static const unsigned char stylesBaseCss[] = {
#embed "styles/base.css"
};
static const unsigned char stylesListCss[] = {
#embed "styles/list.css"
};
static const unsigned char stylesPanelCss[] = {
#embed "styles/panel.css"
};
static const unsigned char stylesViewsCss[] = {
#embed "styles/views.css"
};
static const unsigned char stylesDialogsCss[] = {
#embed "styles/dialogs.css"
};
static const unsigned char stylesSnapshotsCss[] = {
#embed "styles/snapshots.css"
};
static const unsigned char stylesPlainCss[] = {
#embed "styles/plain.css"
};
static const unsigned char appJs[] = {
#embed "app.js"
};
static const unsigned char coreApiJs[] = {
#embed "core/api.js"
};
static const unsigned char coreAwaitedJs[] = {
#embed "core/awaited.js"
};
static const unsigned char coreClicksJs[] = {
#embed "core/clicks.js"
};
static const unsigned char coreDialogsJs[] = {
#embed "core/dialogs.js"
};
static const unsigned char coreDomJs[] = {
#embed "core/dom.js"
};
static const unsigned char coreFormatJs[] = {
#embed "core/format.js"
};
static const unsigned char coreI18nJs[] = {
#embed "core/i18n.js"
};
static const unsigned char coreIconsJs[] = {
#embed "core/icons.js"
};
static const unsigned char coreJobsJs[] = {
#embed "core/jobs.js"
};
static const unsigned char coreKeyboardJs[] = {
#embed "core/keyboard.js"
};
static const unsigned char coreLiveJs[] = {
#embed "core/live.js"
};
static const unsigned char coreMenuJs[] = {
#embed "core/menu.js"
};
static const unsigned char coreMessagesJs[] = {
#embed "core/messages.js"
};
static const unsigned char coreNotesJs[] = {
#embed "core/notes.js"
};
static const unsigned char corePageDataJs[] = {
#embed "core/page-data.js"
};
static const unsigned char corePathsJs[] = {
#embed "core/paths.js"
};
static const unsigned char coreSeenJs[] = {
#embed "core/seen.js"
};
static const unsigned char coreStoreJs[] = {
#embed "core/store.js"
};
static const unsigned char coreUnsavedJs[] = {
#embed "core/unsaved.js"
};
static const unsigned char listActionsJs[] = {
#embed "list/actions.js"
};
static const unsigned char listCommandsJs[] = {
#embed "list/commands.js"
};
static const unsigned char listDeletionPreviewJs[] = {
#embed "list/deletion-preview.js"
};
static const unsigned char listDownloadJs[] = {
#embed "list/download.js"
};
static const unsigned char listDragJs[] = {
#embed "list/drag.js"
};
static const unsigned char listEmptyStateJs[] = {
#embed "list/empty-state.js"
};
static const unsigned char listListingJs[] = {
#embed "list/listing.js"
};
static const unsigned char listPlacesJs[] = {
#embed "list/places.js"
};
static const unsigned char listRelocateJs[] = {
#embed "list/relocate.js"
};
static const unsigned char listRowJs[] = {
#embed "list/row.js"
};
static const unsigned char listSelectionJs[] = {
#embed "list/selection.js"
};
static const unsigned char listStatusBarJs[] = {
#embed "list/status-bar.js"
};
static const unsigned char listTableJs[] = {
#embed "list/table.js"
};
static const unsigned char listTagsJs[] = {
#embed "list/tags.js"
};
static const unsigned char listTargetsJs[] = {
#embed "list/targets.js"
};
static const unsigned char listToolbarJs[] = {
#embed "list/toolbar.js"
};
static const unsigned char panelBucketJs[] = {
#embed "panel/bucket.js"
};
static const unsigned char panelCompareJs[] = {
#embed "panel/compare.js"
};
static const unsigned char panelCopyAsJs[] = {
#embed "panel/copy-as.js"
};
static const unsigned char panelDeletedJs[] = {
#embed "panel/deleted.js"
};
static const unsigned char panelEditorJs[] = {
#embed "panel/editor.js"
};
static const unsigned char panelFolderJs[] = {
#embed "panel/folder.js"
};
static const unsigned char panelFrameJs[] = {
#embed "panel/frame.js"
};
static const unsigned char panelMessagesJs[] = {
#embed "panel/messages.js"
};
static const unsigned char panelPanelJs[] = {
#embed "panel/panel.js"
};
static const unsigned char panelPropertiesJs[] = {
#embed "panel/properties.js"
};
static const unsigned char panelVersionsJs[] = {
#embed "panel/versions.js"
};
static const unsigned char snapshotsDifferenceJs[] = {
#embed "snapshots/difference.js"
};
static const unsigned char snapshotsMessagesJs[] = {
#embed "snapshots/messages.js"
};
static const unsigned char snapshotsRestoreJs[] = {
#embed "snapshots/restore.js"
};
static const unsigned char snapshotsViewJs[] = {
#embed "snapshots/view.js"
};
static const unsigned char uploadDropJs[] = {
#embed "upload/drop.js"
};
static const unsigned char uploadTrayJs[] = {
#embed "upload/tray.js"
};
static const unsigned char uploadUploadsJs[] = {
#embed "upload/uploads.js"
};
static const unsigned char viewsArchiveJs[] = {
#embed "views/archive.js"
};
static const unsigned char viewsCodeJs[] = {
#embed "views/code.js"
};
static const unsigned char viewsCsvJs[] = {
#embed "views/csv.js"
};
static const unsigned char viewsDiffJs[] = {
#embed "views/diff.js"
};
static const unsigned char viewsFindJs[] = {
#embed "views/find.js"
};
static const unsigned char viewsHexJs[] = {
#embed "views/hex.js"
};
static const unsigned char viewsJsonTextJs[] = {
#embed "views/json-text.js"
};
static const unsigned char viewsJsonJs[] = {
#embed "views/json.js"
};
static const unsigned char viewsLibrariesJs[] = {
#embed "views/libraries.js"
};
static const unsigned char viewsMarkdownJs[] = {
#embed "views/markdown.js"
};
static const unsigned char viewsMediaJs[] = {
#embed "views/media.js"
};
static const unsigned char viewsObjectReaderJs[] = {
#embed "views/object-reader.js"
};
static const unsigned char viewsPreviewJs[] = {
#embed "views/preview.js"
};
static const unsigned char viewsTextJs[] = {
#embed "views/text.js"
};
static const unsigned char viewsWorkerJs[] = {
#embed "views/worker.js"
};
static const unsigned char vendorCodemirrorJs[] = {
#embed <codemirror/lib/codemirror.js>
};
static const unsigned char vendorCodemirrorCss[] = {
#embed <codemirror/lib/codemirror.css>
};
static const unsigned char vendorSearchcursorJs[] = {
#embed <codemirror/addon/search/searchcursor.js>
};
static const unsigned char vendorSimpleJs[] = {
#embed <codemirror/addon/mode/simple.js>
};
static const unsigned char vendorModeClikeJs[] = {
#embed <codemirror/mode/clike/clike.js>
};
static const unsigned char vendorModeCssJs[] = {
#embed <codemirror/mode/css/css.js>
};
static const unsigned char vendorModeDiffJs[] = {
#embed <codemirror/mode/diff/diff.js>
};
static const unsigned char vendorModeDockerfileJs[] = {
#embed <codemirror/mode/dockerfile/dockerfile.js>
};
static const unsigned char vendorModeGoJs[] = {
#embed <codemirror/mode/go/go.js>
};
static const unsigned char vendorModeHtmlmixedJs[] = {
#embed <codemirror/mode/htmlmixed/htmlmixed.js>
};
static const unsigned char vendorModeJavascriptJs[] = {
#embed <codemirror/mode/javascript/javascript.js>
};
static const unsigned char vendorModeMarkdownJs[] = {
#embed <codemirror/mode/markdown/markdown.js>
};
static const unsigned char vendorModePropertiesJs[] = {
#embed <codemirror/mode/properties/properties.js>
};
static const unsigned char vendorModePythonJs[] = {
#embed <codemirror/mode/python/python.js>
};
static const unsigned char vendorModeRubyJs[] = {
#embed <codemirror/mode/ruby/ruby.js>
};
static const unsigned char vendorModeRustJs[] = {
#embed <codemirror/mode/rust/rust.js>
};
static const unsigned char vendorModeShellJs[] = {
#embed <codemirror/mode/shell/shell.js>
};
static const unsigned char vendorModeSqlJs[] = {
#embed <codemirror/mode/sql/sql.js>
};
static const unsigned char vendorModeSwiftJs[] = {
#embed <codemirror/mode/swift/swift.js>
};
static const unsigned char vendorModeTomlJs[] = {
#embed <codemirror/mode/toml/toml.js>
};
static const unsigned char vendorModeXmlJs[] = {
#embed <codemirror/mode/xml/xml.js>
};
static const unsigned char vendorModeYamlJs[] = {
#embed <codemirror/mode/yaml/yaml.js>
};
static const unsigned char vendorMarkdownItJs[] = {
#embed <markdown-it/markdown-it.js>
};
static const unsigned char vendorDiffJs[] = {
#embed <../nodejs/diff/dist/diff.js>
};
static const unsigned char openapiJson[] = {
#embed "openapi.json"
};

#define FILE(name, bytes) {name, bytes, sizeof bytes}

static const struct CWebAsset files[] = {
    FILE("index.html", indexHtml),
    FILE("icon.svg", iconSvg),
    FILE("theme.js", themeJs),
    FILE("vendor/codemirror.css", vendorCodemirrorCss),
    FILE("styles/base.css", stylesBaseCss),
    FILE("styles/list.css", stylesListCss),
    FILE("styles/panel.css", stylesPanelCss),
    FILE("styles/views.css", stylesViewsCss),
    FILE("styles/dialogs.css", stylesDialogsCss),
    FILE("styles/snapshots.css", stylesSnapshotsCss),
    FILE("styles/plain.css", stylesPlainCss),
    FILE("app.js", appJs),
    FILE("core/api.js", coreApiJs),
    FILE("core/awaited.js", coreAwaitedJs),
    FILE("core/clicks.js", coreClicksJs),
    FILE("core/dialogs.js", coreDialogsJs),
    FILE("core/dom.js", coreDomJs),
    FILE("core/format.js", coreFormatJs),
    FILE("core/i18n.js", coreI18nJs),
    FILE("core/icons.js", coreIconsJs),
    FILE("core/jobs.js", coreJobsJs),
    FILE("core/keyboard.js", coreKeyboardJs),
    FILE("core/live.js", coreLiveJs),
    FILE("core/menu.js", coreMenuJs),
    FILE("core/messages.js", coreMessagesJs),
    FILE("core/notes.js", coreNotesJs),
    FILE("core/page-data.js", corePageDataJs),
    FILE("core/paths.js", corePathsJs),
    FILE("core/seen.js", coreSeenJs),
    FILE("core/store.js", coreStoreJs),
    FILE("core/unsaved.js", coreUnsavedJs),
    FILE("list/actions.js", listActionsJs),
    FILE("list/commands.js", listCommandsJs),
    FILE("list/deletion-preview.js", listDeletionPreviewJs),
    FILE("list/download.js", listDownloadJs),
    FILE("list/drag.js", listDragJs),
    FILE("list/empty-state.js", listEmptyStateJs),
    FILE("list/listing.js", listListingJs),
    FILE("list/places.js", listPlacesJs),
    FILE("list/relocate.js", listRelocateJs),
    FILE("list/row.js", listRowJs),
    FILE("list/selection.js", listSelectionJs),
    FILE("list/status-bar.js", listStatusBarJs),
    FILE("list/table.js", listTableJs),
    FILE("list/tags.js", listTagsJs),
    FILE("list/targets.js", listTargetsJs),
    FILE("list/toolbar.js", listToolbarJs),
    FILE("panel/bucket.js", panelBucketJs),
    FILE("panel/compare.js", panelCompareJs),
    FILE("panel/copy-as.js", panelCopyAsJs),
    FILE("panel/deleted.js", panelDeletedJs),
    FILE("panel/editor.js", panelEditorJs),
    FILE("panel/folder.js", panelFolderJs),
    FILE("panel/frame.js", panelFrameJs),
    FILE("panel/messages.js", panelMessagesJs),
    FILE("panel/panel.js", panelPanelJs),
    FILE("panel/properties.js", panelPropertiesJs),
    FILE("panel/versions.js", panelVersionsJs),
    FILE("snapshots/difference.js", snapshotsDifferenceJs),
    FILE("snapshots/messages.js", snapshotsMessagesJs),
    FILE("snapshots/restore.js", snapshotsRestoreJs),
    FILE("snapshots/view.js", snapshotsViewJs),
    FILE("upload/drop.js", uploadDropJs),
    FILE("upload/tray.js", uploadTrayJs),
    FILE("upload/uploads.js", uploadUploadsJs),
    FILE("views/archive.js", viewsArchiveJs),
    FILE("views/code.js", viewsCodeJs),
    FILE("views/csv.js", viewsCsvJs),
    FILE("views/diff.js", viewsDiffJs),
    FILE("views/find.js", viewsFindJs),
    FILE("views/hex.js", viewsHexJs),
    FILE("views/json-text.js", viewsJsonTextJs),
    FILE("views/json.js", viewsJsonJs),
    FILE("views/libraries.js", viewsLibrariesJs),
    FILE("views/markdown.js", viewsMarkdownJs),
    FILE("views/media.js", viewsMediaJs),
    FILE("views/object-reader.js", viewsObjectReaderJs),
    FILE("views/preview.js", viewsPreviewJs),
    FILE("views/text.js", viewsTextJs),
    FILE("views/worker.js", viewsWorkerJs),
    FILE("vendor/codemirror.js", vendorCodemirrorJs),
    FILE("vendor/searchcursor.js", vendorSearchcursorJs),
    FILE("vendor/simple.js", vendorSimpleJs),
    FILE("vendor/mode/clike.js", vendorModeClikeJs),
    FILE("vendor/mode/css.js", vendorModeCssJs),
    FILE("vendor/mode/diff.js", vendorModeDiffJs),
    FILE("vendor/mode/dockerfile.js", vendorModeDockerfileJs),
    FILE("vendor/mode/go.js", vendorModeGoJs),
    FILE("vendor/mode/htmlmixed.js", vendorModeHtmlmixedJs),
    FILE("vendor/mode/javascript.js", vendorModeJavascriptJs),
    FILE("vendor/mode/markdown.js", vendorModeMarkdownJs),
    FILE("vendor/mode/properties.js", vendorModePropertiesJs),
    FILE("vendor/mode/python.js", vendorModePythonJs),
    FILE("vendor/mode/ruby.js", vendorModeRubyJs),
    FILE("vendor/mode/rust.js", vendorModeRustJs),
    FILE("vendor/mode/shell.js", vendorModeShellJs),
    FILE("vendor/mode/sql.js", vendorModeSqlJs),
    FILE("vendor/mode/swift.js", vendorModeSwiftJs),
    FILE("vendor/mode/toml.js", vendorModeTomlJs),
    FILE("vendor/mode/xml.js", vendorModeXmlJs),
    FILE("vendor/mode/yaml.js", vendorModeYamlJs),
    FILE("vendor/markdown-it.js", vendorMarkdownItJs),
    FILE("vendor/diff.js", vendorDiffJs),
    FILE("openapi.json", openapiJson),
};

const size_t cWebAssetCount = sizeof files / sizeof files[0];

struct CWebAsset cWebAsset(size_t index) { return files[index]; }
