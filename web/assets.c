// The page's files, embedded as they are (C23 #embed), so that the command is one binary.
#include "CWebAssets.h"

static const unsigned char indexHTML[] = {
#embed "index.html"
};
static const unsigned char appCSS[] = {
#embed "app.css"
};
static const unsigned char appJS[] = {
#embed "app.js"
};

const struct CWebAsset cWebAssetIndexHTML = {indexHTML, sizeof indexHTML};
const struct CWebAsset cWebAssetAppCSS = {appCSS, sizeof appCSS};
const struct CWebAsset cWebAssetAppJS = {appJS, sizeof appJS};
