extension MediaType {
  /// The common types. They are the same on every machine, and win over the system's table where it is old or means
  /// something else (`ts` is seldom a Qt translation). IANA's names where there are any.
  static let common = """
    # Text
    text/plain                     txt text log conf cfg ini env properties lock diff patch rst adoc tex srt
    text/html                      html htm
    text/css                       css scss sass less
    text/javascript                js mjs cjs
    text/markdown                  md markdown
    text/csv                       csv
    text/tab-separated-values      tsv
    text/calendar                  ics
    text/vcard                     vcf
    text/vtt                       vtt
    # Code
    text/x-typescript              ts tsx mts cts
    text/jsx                       jsx
    text/x-vue                     vue
    text/x-csrc                    c
    text/x-chdr                    h
    text/x-c++src                  cpp cc cxx
    text/x-c++hdr                  hpp hh hxx
    text/x-csharp                  cs
    text/x-go                      go
    text/x-java                    java
    text/x-kotlin                  kt kts
    text/x-lua                     lua
    text/x-perl                    pl pm
    text/x-php                     php
    text/x-python                  py pyi
    text/x-ruby                    rb
    text/x-rust                    rs
    text/x-scala                   scala
    text/x-shellscript             sh bash zsh fish
    text/x-swift                   swift
    text/x-terraform               tf tfvars hcl
    text/x-dockerfile              dockerfile
    text/x-protobuf                proto
    application/sql                sql
    application/graphql            graphql gql
    application/wasm               wasm
    application/x-ipynb+json       ipynb
    # Data
    application/json               json map
    application/x-ndjson           ndjson jsonl
    application/geo+json           geojson
    application/ld+json            jsonld
    application/manifest+json      webmanifest
    application/yaml               yaml yml
    application/toml               toml
    application/xml                xml xsd xsl
    application/vnd.apache.parquet parquet
    application/vnd.apache.arrow.file arrow feather
    application/avro               avro
    application/x-orc              orc
    application/vnd.sqlite3        sqlite sqlite3 db
    application/x-hdf5             h5 hdf5
    application/x-pem-file         pem
    application/pkix-cert          cer crt
    # Images
    image/png                      png
    image/jpeg                     jpg jpeg
    image/gif                      gif
    image/webp                     webp
    image/avif                     avif
    image/heic                     heic
    image/svg+xml                  svg
    image/bmp                      bmp
    image/tiff                     tif tiff
    image/vnd.microsoft.icon       ico
    image/vnd.adobe.photoshop      psd
    # Audio and video
    audio/mpeg                     mp3
    audio/mp4                      m4a
    audio/aac                      aac
    audio/flac                     flac
    audio/ogg                      oga ogg opus
    audio/wav                      wav
    audio/midi                     mid midi
    video/mp4                      mp4 m4v
    video/webm                     webm
    video/x-matroska               mkv
    video/quicktime                mov
    video/x-msvideo                avi
    video/mpeg                     mpg mpeg
    video/mp2t                     m2ts
    video/ogg                      ogv
    application/vnd.apple.mpegurl  m3u8
    application/dash+xml           mpd
    # Fonts
    font/ttf                       ttf
    font/otf                       otf
    font/woff                      woff
    font/woff2                     woff2
    # Archives and packages
    application/zip                zip
    application/gzip               gz tgz
    application/x-bzip2            bz2
    application/x-xz               xz
    application/zstd               zst
    application/x-7z-compressed    7z
    application/vnd.rar            rar
    application/x-tar              tar
    application/java-archive       jar war
    application/vnd.debian.binary-package deb
    application/x-rpm              rpm
    application/vnd.android.package-archive apk
    application/x-iso9660-image    iso
    # Documents
    application/pdf                pdf
    application/rtf                rtf
    application/epub+zip           epub
    application/postscript         ps eps
    application/msword             doc
    application/vnd.ms-excel       xls
    application/vnd.ms-powerpoint  ppt
    application/vnd.openxmlformats-officedocument.wordprocessingml.document   docx
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet         xlsx
    application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
    application/vnd.oasis.opendocument.text         odt
    application/vnd.oasis.opendocument.spreadsheet  ods
    application/vnd.oasis.opendocument.presentation odp
    """
}
