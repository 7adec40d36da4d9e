# The sample bucket that scripts/run puts into an empty LocalStack. Sourced after common.sh.
# shellcheck shell=bash

sample_bucket=sample-bucket

# s3 METHOD PATH [curl options]: one signed request to LocalStack at $endpoint; PATH is percent-encoded.
s3() {
  local method=$1 path=$2
  shift 2
  curl -fsS --max-time 10 -o /dev/null --aws-sigv4 aws:amz:us-east-1:s3 --user test:test \
    -X "$method" "$@" "$endpoint$path"
}

percent_encoded() {
  local LC_ALL=C text=$1 index character
  for ((index = 0; index < ${#text}; index++)); do
    character=${text:index:1}
    case $character in
      [a-zA-Z0-9/._~-]) printf '%s' "$character" ;;
      *) printf '%%%02X' "'$character" ;;
    esac
  done
}

content_type_of() {
  case $1 in
    *.json) echo application/json ;;
    *.csv) echo text/csv ;;
    *.svg) echo image/svg+xml ;;
    *.ndjson) echo application/x-ndjson ;;
    *) echo "text/plain; charset=utf-8" ;;
  esac
}

put_sample_bucket() {
  local directory=$root/scripts/sample-bucket file
  ! s3 HEAD "/$sample_bucket" -I 2>/dev/null || return 0
  s3 PUT "/$sample_bucket"
  while IFS= read -r -d '' file; do
    s3 PUT "/$sample_bucket/$(percent_encoded "$file")" \
      -H "Content-Type: $(content_type_of "$file")" --data-binary "@$directory/$file"
  done < <(cd "$directory" && find . -type f -printf '%P\0')
}
