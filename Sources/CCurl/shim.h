// The one header through which Swift sees this library.
#pragma once
#include <curl/curl.h>

// Swift cannot call variadic C functions. Each wrapper below names the one it replaces and fixes the argument's type.
// The parentheses around the function's name keep curl's type-checking macros out: the option is not a constant here.

// curl_easy_setopt, for options that take a long.
static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
  return (curl_easy_setopt)(handle, option, value);
}

// curl_easy_setopt, for options that take a curl_off_t.
static inline CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
  return (curl_easy_setopt)(handle, option, value);
}

// curl_easy_setopt, for options that take a string (copied by libcurl; NULL resets the option).
static inline CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value) {
  return (curl_easy_setopt)(handle, option, value);
}

// curl_easy_setopt, for options that take a pointer handed back to a callback.
static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return (curl_easy_setopt)(handle, option, value);
}

// curl_easy_setopt, for CURLOPT_HTTPHEADER (the list must live as long as the transfer).
static inline CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return (curl_easy_setopt)(handle, option, value);
}

typedef size_t (*ccurl_data_callback)(char *data, size_t size, size_t count, void *context);

// curl_easy_setopt, for CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION and CURLOPT_READFUNCTION.
static inline CURLcode ccurl_set_data_callback(CURL *handle, CURLoption option, ccurl_data_callback callback) {
  return (curl_easy_setopt)(handle, option, callback);
}

// curl_easy_setopt, for CURLOPT_SEEKFUNCTION.
static inline CURLcode ccurl_set_seek_callback(CURL *handle, curl_seek_callback callback) {
  return (curl_easy_setopt)(handle, CURLOPT_SEEKFUNCTION, callback);
}

// curl_easy_setopt, for CURLOPT_PREREQFUNCTION.
static inline CURLcode ccurl_set_request_callback(CURL *handle, curl_prereq_callback callback) {
  return (curl_easy_setopt)(handle, CURLOPT_PREREQFUNCTION, callback);
}

// curl_multi_setopt, for options that take a long.
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return (curl_multi_setopt)(multi, option, value);
}

// The result inside a CURLMsg, whose union Swift would show without names.
static inline CURLcode ccurl_message_result(const CURLMsg *message) { return message->data.result; }
